"""What has changed in a source folder since its last completed pass, so that the rest need not be listed again.

Asked for is what CONDSTORE tells (RFC 7162 3.1.4.1): flags changed since then, and messages from the UIDNEXT of
then on. What the ledger knows of the others makes the inventory whole, but only where counting proves that it
is: every message of then has its row and none is gone. Else the folder is listed as if nothing were known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from trasloco.engine.diff import BROUGHT
from trasloco.engine.inventory import ITEMS, PLAIN, Inventory, Lister
from trasloco.engine.ledger import FolderRecord, Known, Ledger
from trasloco.imap.values import Fetched, Status


@dataclass(frozen=True, slots=True)
class Since:
    """The source's STATUS of the last completed pass, as far as it is asked for again."""

    uidvalidity: int
    uidnext: int
    messages: int
    modseq: int

    def fetches(self, items: Sequence[str] = ITEMS) -> Sequence[tuple[str, Sequence[str], int | None]]:
        """(set, items, changed since) of what is to be asked for, in this order: the first set is closed, so that
        no answer to the second is taken for one to it."""
        return (f"1:{self.uidnext - 1}", ("UID", "FLAGS"), self.modseq), (f"{self.uidnext}:*", items, None)


def since_last_pass(record: FolderRecord, status: Status | None) -> Since | None:
    """None where nothing is known, or nothing to be spared. The mod-sequences are the caller's to believe."""
    marks = (record.source_uidvalidity, record.source_uidnext, record.source_messages, record.source_modseq)
    if status is None or not status.highest_modseq or None in marks or record.source_uidvalidity != status.uidvalidity:
        return None
    uidvalidity, uidnext, messages, modseq = marks
    if (status.uidnext or 0) < (uidnext or 0) or status.highest_modseq < (modseq or 0):
        return None  # the server has gone back behind what was known: restored from a backup
    return Since(uidvalidity or 0, uidnext or 1, messages or 0, modseq or 0) if (uidnext or 0) > 1 and messages and modseq else None


@dataclass(slots=True)
class Changes:
    """Takes the answers to ``Since.fetches``. rows: all of the ledger's, where ``whole`` has read them and one page holds them."""

    since: Since
    lister: Lister = PLAIN
    flags: dict[int, frozenset[str]] = field(default_factory=dict)
    new: dict[int, Fetched] = field(default_factory=dict)
    rows: Sequence[Known] | None = None

    def take(self, item: Fetched) -> None:
        if item.uid is None:
            return
        if item.uid >= self.since.uidnext and item.size is not None:
            self.new[item.uid] = item
        elif item.flags is not None:
            self.flags[item.uid] = item.flags

    async def whole(self, ledger: Ledger, folder_id: int, exists: int) -> Inventory | None:
        """The inventory of the folder, in which ``exists`` messages are; sizes and dates of what was brought before
        are not in it. None when it cannot be proven to be whole."""
        inventory = self.lister.make()
        pages: list[Sequence[Known]] = []  # the first two at the most
        async for rows in ledger.known(folder_id):
            pages = [*pages[:1], rows]
            before = [row for row in rows if row.source_uid < self.since.uidnext]
            if any([row.fate not in BROUGHT for row in before]):  # noqa: C419 - once a message: a generator costs more
                return None  # it is tried again, with its size and its date
            inventory.add_known(before)
        if len(inventory) != self.since.messages or len(inventory) + len(self.new) != exists:
            return None
        for uid, flags in self.flags.items():
            if (position := inventory.position(uid)) is not None:
                inventory.set_flags(position, flags)
        for uid in sorted(self.new):
            item = self.new[uid]
            item.flags = self.flags.get(uid, item.flags)
            inventory.add(item)
        self.rows = pages[0] if len(pages) == 1 else None
        return inventory
