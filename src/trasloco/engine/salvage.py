"""What a plain pass could not bring: found by halving, so that one bad message never stops the rest."""

from __future__ import annotations

from collections.abc import Sequence

from trasloco.engine.batches import Batch
from trasloco.engine.classify import blame
from trasloco.engine.fate import Fate
from trasloco.engine.ladder import Ladder, Parking
from trasloco.engine.ledger import MessageRow
from trasloco.engine.relay import Job, Leftovers, Relay
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.imap.errors import CommandFailed


class Salvage:
    """Works off leftovers until every message of them has a fate."""

    def __init__(self, job: Job, relay: Relay, sink: Sink, parking: Parking | None) -> None:
        self._job, self._relay, self._sink = job, relay, sink
        self._ladder = Ladder(job, relay.permitted, parking)
        self.rows: list[MessageRow] = []

    async def work_off(self, leftovers: Leftovers) -> None:
        """Raises TransferError as ``Relay.carry`` does. ``rows`` then holds the fates given here."""
        absent = await self._refused(leftovers)
        await self._absent(absent)
        if self.rows:
            await self._job.ledger.record(self._job.folder_id, self.rows)

    async def _refused(self, leftovers: Leftovers) -> list[int]:
        """Halve refused batches until the messages that are refused stand alone; returns absent UIDs."""
        absent = list(leftovers.absent)
        while leftovers.refused:
            again: list[Batch] = []
            for batch, refusal in leftovers.refused:
                if len(batch.uids) > 1:
                    again.extend(batch.halves())
                else:
                    await self._climb(batch.uids[0], refusal)
            leftovers = await self._relay.carry(again)
            absent.extend(leftovers.absent)
        return absent

    async def _absent(self, uids: Sequence[int]) -> None:
        """The source sent nothing for these: gone, or listed and not to be had."""
        if not uids:
            return
        listed = await self._still_listed(uids)
        for uid in uids:
            if uid not in listed:
                self._give(uid, Fate.VANISHED, "gone from the source before it could be read")
        inventory = self._job.inventory
        again = [position for uid in sorted(listed) if (position := inventory.position(uid)) is not None]
        singles = [Batch((position,), (inventory.uids[position],), inventory.sizes[position], alone=True) for position in again]
        leftovers = await self._relay.carry(singles)
        for batch, refusal in leftovers.refused:
            await self._climb(batch.uids[0], refusal)
        for uid in leftovers.absent:
            self._withheld(uid)

    async def _still_listed(self, uids: Sequence[int]) -> set[int]:
        place = self._job.source
        wanted = set(uids)
        with blame(place.side, "looking for messages again", place.folder):
            await place.client.noop()  # lets the server tell what was expunged meanwhile
            return {item.uid async for item in place.client.fetch(uids, ("UID", "FLAGS")) if item.uid in wanted and item.uid is not None}

    def _withheld(self, uid: int) -> None:
        position = self._job.inventory.position(uid)
        empty = position is not None and self._job.inventory.sizes[position] == 0
        why = "the message is empty: it has no byte to copy" if empty else "the source lists the message and does not send it"
        self._give(uid, Fate.REFUSED, why, Level.ERROR)

    async def _climb(self, uid: int, refusal: CommandFailed) -> None:
        """One message the destination refuses: up the repair ladder, to a fate."""
        if not self._job.settings.repair:
            self._give(uid, Fate.REFUSED, f"the destination says “{refusal.status}”", Level.ERROR)
            return
        self._relay.in_flight.add(uid)  # so that a line which breaks meanwhile is held against it
        row = await self._ladder.climb(uid, refusal.status)
        self._relay.in_flight.discard(uid)
        if row is None:
            self._give(uid, Fate.VANISHED, "gone from the source before it could be read again")
            return
        action = "message-repaired" if row.fate is Fate.COPIED else "message-refused"
        self._tell(row, action, Level.WARNING if row.fate is Fate.COPIED else Level.ERROR)

    def _give(self, uid: int, fate: Fate, reason: str, level: Level = Level.WARNING) -> None:
        job = self._job
        position = job.inventory.position(uid)
        size = 0 if position is None else job.inventory.sizes[position]
        flags = "" if position is None else job.inventory.flags(position)
        self._tell(MessageRow(uid, fate, job.run, size=size, flags=flags, reason=reason), f"message-{fate.value}", level)

    def _tell(self, row: MessageRow, action: str, level: Level) -> None:
        self.rows.append(row)
        folder = self._job.source.folder
        words = f"Message UID {row.source_uid} in “{folder}” ({row.size} bytes): {row.reason}."
        self._sink.write(Entry(level, action, words, folder, row.source_uid))
