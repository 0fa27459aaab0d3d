"""At the end of an attempt: are the destination's folders still those that took the messages?

APPEND goes by name, and other clients are at work: a folder may be deleted, renamed or made anew while we are in the next
one, and everything that was reported as brought into it is then elsewhere or nowhere. One STATUS for each folder that was
opened, all in one round trip, tells. What is found is gone through once more in a further attempt: it follows a renaming,
recognises what is there, and brings what is not.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

from trasloco.engine.classify import blame, busy, explain
from trasloco.engine.departures import open_folder
from trasloco.engine.failure import Failure, Retry, Scope, SideName, TransferError
from trasloco.engine.folder_pass import FolderPass
from trasloco.engine.identity import Place
from trasloco.engine.ledger import FolderRecord
from trasloco.imap.errors import CommandFailed
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Status
from trasloco.sentence import sentence as _

TIMES = 3
"""So often one folder is gone through once more in a run: whoever deletes it without end must not keep us for ever."""

_NAMED = 3  # folders named to people
_DOING = "looking whether the folders are still there"


class LastLook:
    """Lives as long as an account's run, to count.

    restless: folders that went away each time, with the failure of each, by source name.
    """

    def __init__(self) -> None:
        self._times: Counter[bytes] = Counter()
        self.restless: dict[bytes, Failure] = {}

    async def take(
        self, place: Place, records: Sequence[FolderRecord], passes: Mapping[bytes, FolderPass], failed: Mapping[bytes, Failure]
    ) -> list[bytes]:
        """Source names of the folders to be gone through once more.

        place: the destination, whatever folder is open. records: the pairs by their names as of now. passes, failed: of
        this run, by source name. Raises TransferError when the connection is the trouble.
        """
        asked = [record for record in records if _wanted(record, passes, failed)]
        if not asked:
            return []
        statuses = await _statuses(place, [record.destination_name for record in asked])
        again = []
        for record in asked:
            name, status = record.source_name, statuses[record.destination_name]
            number = passes[name].destination_uidvalidity
            if await self._same(place, record, status, number, failed=name in failed):
                continue
            self._times[name] += TIMES if name in failed else 1
            if self._times[name] <= TIMES:
                again.append(name)
            elif name not in failed:
                self.restless[name] = _restless(record)
        return again

    async def _same(self, place: Place, record: FolderRecord, status: Status | CommandFailed, number: int, *, failed: bool) -> bool:
        """Whether there is no more to be had from the folder than its pass brought. number: its UIDVALIDITY then."""
        told = status.uidvalidity if isinstance(status, Status) else None
        if told == number or (told is None and isinstance(status, Status) and not failed):
            return True
        if told is not None and not failed:
            return False
        # Some servers refuse STATUS of a folder that can be opened all the same; and one that failed may fail again.
        now = await open_folder(place, record.destination_name)
        return now == number if now is not None else failed and isinstance(status, Status)


async def _statuses(place: Place, names: Sequence[bytes]) -> dict[bytes, Status | CommandFailed]:
    """All in one round trip. Of the folder that is open Dovecot tells what it knows, be it deleted: that one is opened anew."""
    client = place.client
    found: dict[bytes, Status | CommandFailed] = {}
    with blame(place.side, _DOING):
        at_hand = client.selected.name if client.selected is not None else b""
        asking = [client.statuses([name for name in names if name != at_hand])]
        if at_hand in names:
            asking.insert(0, _opened(place, at_hand))
        for answer in await asyncio.gather(*asking, return_exceptions=True):
            if isinstance(answer, BaseException):
                raise answer
            found |= answer
    for status in found.values():
        if isinstance(status, CommandFailed) and busy(status.status):
            raise TransferError(explain(status, place.side, _DOING))
    return found


async def _opened(place: Place, name: bytes) -> dict[bytes, Status | CommandFailed]:
    try:
        return {name: Status(uidvalidity=(await place.client.select(name, read_only=True)).uidvalidity)}
    except CommandFailed as error:
        return {name: error}


def _wanted(record: FolderRecord, passes: Mapping[bytes, FolderPass], failed: Mapping[bytes, Failure]) -> bool:
    """Opened by this run, or not to be opened because it may have gone away between its creation and its turn. INBOX is
    always there: it cannot be deleted, and what is renamed is its mail (RFC 9051 6.3.5, 6.3.6)."""
    name = record.source_name
    if record.destination_name.upper() == b"INBOX":
        return False
    if name in failed:
        return failed[name].side is SideName.DESTINATION
    return name in passes and bool(passes[name].destination_uidvalidity)


def once_more(place: Place, records: Sequence[FolderRecord], names: Sequence[bytes]) -> TransferError:
    """To be raised for the folders that are gone through once more."""
    shown = [decode_name(record.destination_name) for record in records if record.source_name in names]
    named = ", ".join(f"“{name}”" for name in shown[:_NAMED]) + (", …" if len(shown) > _NAMED else "")
    words = _(
        "Folders were deleted, renamed or made anew on the destination while mail was brought: %(folders)s. Trasloco looks again.",
        folders=named,
    )
    return TransferError(Failure(place.side.name, Scope.ACCOUNT, Retry.NOW, "uidvalidity-changed", words))


def _restless(record: FolderRecord) -> Failure:
    shown = decode_name(record.destination_name)
    words = _(
        "The destination's folder “%(folder)s” was deleted, renamed or made anew %(times)s times while mail was brought into it. "
        "Its messages may be missing there. Find out who does that, then start the run again.",
        folder=shown,
        times=TIMES + 1,
    )
    return Failure(SideName.DESTINATION, Scope.FOLDER, Retry.LATER, "uidvalidity-changed", words)
