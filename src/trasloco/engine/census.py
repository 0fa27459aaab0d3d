"""Messages that do not go to the destination, listed one by one, so that each of them has its fate.

A folder that a rule leaves out, or that failed, is opened once at the end of an account's run, after
all that is to be copied: UID and size of its messages become rows like any other. A folder whose
STATUS has not changed since it was listed is not opened again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from trasloco.engine.account import Side
from trasloco.engine.classify import blame
from trasloco.engine.diff import BROUGHT
from trasloco.engine.failure import Scope, TransferError
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.inventory import Inventory, Lister, take
from trasloco.engine.ledger import FolderRecord, Ledger, MessageRow
from trasloco.engine.uid_set import UidSet
from trasloco.imap.client import Client
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Selected, Status

_SLIM = Lister(("UID", "RFC822.SIZE"))
_CHUNK = 5000  # rows recorded together


@dataclass(frozen=True, slots=True)
class Stay:
    """A folder whose messages stay behind. status: as listed, None when the server did not tell.

    fate: SKIPPED or REFUSED. reason: the rule, or the server's words. only: UIDs of those that count here, None for all.
    """

    source_name: bytes
    status: Status | None
    fate: Fate
    reason: str
    only: Collection[int] | None = None


class Census:
    """Lists folders of one source. The client's selected folder is another one afterwards."""

    def __init__(self, side: Side, client: Client, ledger: Ledger, run: int) -> None:
        self._side, self._client, self._ledger, self._run = side, client, ledger, run
        self._known: dict[bytes, FolderRecord] | None = None

    async def take(self, stay: Stay) -> Tally | None:
        """Give every message of the folder its row; how they fare, None when the folder cannot be opened.

        What an earlier run brought keeps its row. Raises TransferError when the connection is the
        trouble, Fenced, LedgerUnavailable.
        """
        if stay.status is not None and stay.status.messages == 0:
            return Tally()
        record = await self._record(stay)
        if self._unchanged(record, stay) and record.tally is not None:
            return record.tally if record.run == self._run else record.tally.carried()
        try:
            selected, inventory = await self._look(stay.source_name)
        except TransferError as error:
            if error.failure.scope is not Scope.FOLDER:
                raise
            return None
        if stay.only is not None:
            inventory = inventory.only([position for position, uid in enumerate(inventory.uids) if uid in stay.only])
        record = await self._valid(record, selected)
        tally = await self._write(record, inventory, stay)
        await self._complete(record, selected, stay, tally)
        return tally

    async def _record(self, stay: Stay) -> FolderRecord:
        if self._known is None:
            self._known = {record.source_name: record for record in await self._ledger.folders()}
        found = self._known.get(stay.source_name)
        return found or await self._ledger.bind(stay.source_name, b"", stay.reason)

    def _unchanged(self, record: FolderRecord, stay: Stay) -> bool:
        """Nothing came, nothing went, and the rule is the one the rows name."""
        status = stay.status
        if status is None or None in (status.uidvalidity, status.uidnext, status.messages):
            return False
        if record.destination_name or record.renamed != stay.reason or stay.fate is not Fate.SKIPPED:
            return False
        then = (record.source_uidvalidity, record.source_uidnext, record.source_messages)
        return then == (status.uidvalidity, status.uidnext, status.messages)

    async def _look(self, name: bytes) -> tuple[Selected, Inventory]:
        shown = decode_name(name)
        with blame(self._side, "opening a folder that is left out", shown, Scope.FOLDER):
            selected = await self._client.select(name, read_only=True)
        with blame(self._side, "listing messages that are left out", shown, Scope.FOLDER):
            return selected, await take(self._client, _SLIM)

    async def _valid(self, record: FolderRecord, selected: Selected) -> FolderRecord:
        """Rows are of one UIDVALIDITY; those of another one speak of other messages."""
        now, theirs = selected.uidvalidity or 0, record.destination_uidvalidity or 0
        if record.source_uidvalidity is None:
            await self._ledger.revalidate(record.id, now, theirs)
        elif record.source_uidvalidity != now:
            await self._ledger.forget(record.id, now, theirs)
        return replace(record, source_uidvalidity=now, destination_uidvalidity=theirs)

    async def _write(self, record: FolderRecord, inventory: Inventory, stay: Stay) -> Tally:
        """A row for every message that has none, and again for those whose reason may be another now."""
        tally = Tally()
        again = stay.fate is Fate.REFUSED or record.renamed != stay.reason
        settled = UidSet.with_room_for(inventory.uids)
        async for rows in self._ledger.known(record.id):
            for row in rows:
                if inventory.position(row.source_uid) is None:
                    continue
                if row.fate in BROUGHT:
                    tally.add(row.fate if row.run == self._run else Fate.ADOPTED)
                    settled.add(row.source_uid)
                elif row.run == self._run or (row.fate is stay.fate and not again):
                    tally.add(row.fate)
                    settled.add(row.source_uid)
        for batch in self._rows(inventory, settled, stay):
            await self._ledger.record(record.id, batch)
            tally.add(stay.fate, len(batch))
        return tally

    def _rows(self, inventory: Inventory, settled: UidSet, stay: Stay) -> Iterator[list[MessageRow]]:
        rows: list[MessageRow] = []
        for uid, size in zip(inventory.uids, inventory.sizes, strict=True):
            if uid not in settled:
                rows.append(MessageRow(uid, stay.fate, self._run, size=size, reason=stay.reason))
            if len(rows) == _CHUNK:
                yield rows
                rows = []
        if rows:
            yield rows

    async def _complete(self, record: FolderRecord, selected: Selected, stay: Stay, tally: Tally) -> None:
        """Keep the marks by which the next run sees that nothing changed; not those of a folder that has a
        place on the destination: there they would say that its messages were brought."""
        if record.destination_name:
            return
        uidnext = selected.uidnext if stay.status is None else stay.status.uidnext
        marks = replace(record, renamed=stay.reason, source_uidnext=uidnext, source_messages=tally.source)
        await self._ledger.complete(replace(marks, source_modseq=None, run=self._run, tally=tally))
