"""When mail last arrived in the source's INBOX, as far as a run can know: kept with its outcome, put together by ``records.quiet``.

Every message that is added takes the next UID (RFC 9051 2.3.1.1), so UIDNEXT tells of arrivals that nobody sees any more.
The date of the last one is that of the message with the UID before it, if that is still there; INTERNALDATE is by the
server's own clock.
"""

from __future__ import annotations

import time

from trasloco.engine.inventory import Inventory
from trasloco.engine.ledger import FolderRecord
from trasloco.imap.values import Selected, Status


class InboxLook:
    """Of one attempt; make it before the folders are listed. facts: where it is noted, for ``Outcome.facts``. by_pop3: nothing is:
    a message that somebody else took away before we looked leaves no trace there.

    inbox_looked: since when what was seen is true at least; inbox_newest: nothing arrived after it until then. Both in
    seconds since 1970. inbox_uidvalidity, inbox_uidnext: to be compared with another run's.
    """

    def __init__(self, facts: dict[str, str] | None = None, *, by_pop3: bool = False) -> None:
        self._begun = time.time()
        self._facts, self._by_pop3 = {} if facts is None else facts, by_pop3

    def unchanged(self, record: FolderRecord, status: Status | None) -> None:
        """The folder was passed over: nothing has happened to it since the last pass."""
        if _inbox(record) and status is not None:
            self._note(status.uidvalidity, status.uidnext, time.time())

    def listed(self, record: FolderRecord, selected: Selected, inventory: Inventory) -> None:
        """The folder was opened and its messages listed. record: as it was before."""
        if not _inbox(record) or not selected.uidnext:
            return
        last = inventory.uids[-1] if len(inventory) else 0
        uidnext, now = max(selected.uidnext, last + 1), time.time()
        newest = inventory.newest(record.source_uidnext or 0) if last == uidnext - 1 else None
        self._note(selected.uidvalidity, uidnext, now if newest is None else min(newest, now))

    def _note(self, uidvalidity: int | None, uidnext: int | None, newest: float) -> None:
        if not uidvalidity or not uidnext or self._by_pop3:
            return
        self._facts |= {
            "inbox_looked": str(int(self._begun)),
            "inbox_newest": str(int(newest)),
            "inbox_uidvalidity": str(uidvalidity),
            "inbox_uidnext": str(uidnext),
        }


def _inbox(record: FolderRecord) -> bool:
    return record.source_name.upper() == b"INBOX"
