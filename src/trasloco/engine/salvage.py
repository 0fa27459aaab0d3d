"""What a plain pass could not bring: found by halving, so that one bad message never stops the rest."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import replace

from trasloco.engine.arrivals import may_be_stored
from trasloco.engine.batches import Batch, cut
from trasloco.engine.classify import blame
from trasloco.engine.exact_digests import exact_digests
from trasloco.engine.fate import Fate
from trasloco.engine.identity import pair
from trasloco.engine.job import Job
from trasloco.engine.ladder import Ladder
from trasloco.engine.ledger import MessageRow
from trasloco.engine.on_message import on_message
from trasloco.engine.relay import Absence, Leftovers, Refused, Relay
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.engine.unbound import Unbound
from trasloco.imap import quirks
from trasloco.imap.errors import CommandFailed
from trasloco.sentence import sentence as _
from trasloco.sentence import sentence_of as ngettext


class Salvage:
    """Works off leftovers until every message of them has a fate."""

    def __init__(self, job: Job, relay: Relay, sink: Sink, unbound: Unbound) -> None:
        self._job, self._relay, self._sink = job, relay, sink
        self._ladder = Ladder(job, relay, unbound)
        self.rows: list[MessageRow] = []

    async def work_off(self, leftovers: Leftovers) -> None:
        """Raises TransferError as ``Relay.carry`` does. ``rows`` then holds the fates given here."""
        absences = await self._refused(leftovers)
        await self._absent([uid for absence in absences for uid in absence.uids])
        if self.rows:
            await self._job.ledger.record(self._job.folder_id, self.rows)

    async def _refused(self, leftovers: Leftovers) -> list[Absence]:
        """Halve refused batches until the messages that are refused stand alone; returns what was absent."""
        absent = list(leftovers.absent)
        while leftovers.refused:
            again: list[Batch] = []
            stored = await self._stored_all_the_same(leftovers.refused)
            for refused in leftovers.refused:
                left = tuple(uid for uid in refused.batch.uids if uid not in stored)
                if len(left) > 1 and len(left) < len(refused.batch.uids):
                    again.extend(self._batches(left))
                elif len(left) > 1:
                    again.extend(refused.batch.halves())
                elif left:
                    await self._climb(left[0], refused.answer)
            leftovers = await self._relay.carry(again)
            absent.extend(leftovers.absent)
        return absent

    async def _stored_all_the_same(self, refused: Sequence[Refused]) -> MutableMapping[int, int]:
        """Some servers say NO and have stored the message: looked for before it is sent again, byte for byte.
        {source UID: destination UID}."""
        job = self._job
        doubtful = [item for item in refused if may_be_stored(item.answer)]
        new = await self._relay.arrivals.since(min(item.uidnext for item in doubtful)) if doubtful else []
        if not new:
            return {}
        uids = [uid for item in doubtful for uid in item.batch.uids]
        stored = await pair(job.source, job.destination, uids, new, certain=True, refused={})
        digests = await exact_digests(job.source, sorted(stored), "reading messages again") if stored else {}
        for uid, theirs in stored.items():
            row = self._row(uid, Fate.COPIED, "")
            row.destination_uid, row.digest = theirs, digests.get(uid)
            self.rows.append(row)
        self._relay.arrivals.ours(sorted(stored.values()))
        if stored:
            folder = job.source.folder
            words = ngettext(
                "“%(folder)s”: the destination refused %(n)s message (“%(status)s”) and stored it all the same.",
                "“%(folder)s”: the destination refused %(n)s messages (“%(status)s”) and stored them all the same.",
                len(stored),
                folder=folder,
                status=str(doubtful[0].answer.status),
            )
            self._sink.write(Entry(Level.WARNING, "refused-and-stored", words, folder))
        return stored

    async def _absent(self, uids: Sequence[int]) -> None:
        """The source sent nothing for these: gone, or listed and not to be had."""
        if not uids:
            return
        listed = await self._still_listed(uids)
        for uid in uids:
            if uid not in listed:
                self._give(uid, Fate.VANISHED, _("gone from the source before it could be read"))
        waiting = self._batches(sorted(listed))
        silent: list[int] = []
        while waiting:
            absences = await self._refused(await self._relay.carry(waiting))
            waiting = []
            for absence in absences:
                if absence.refusal is not None and len(absence.uids) > 1:
                    middle = len(absence.uids) // 2
                    waiting += self._batches(absence.uids[:middle]) + self._batches(absence.uids[middle:])
                else:
                    silent += [uid for uid in absence.uids if not self._withheld(uid, absence)]
        self._tell_silent(silent)

    def _batches(self, uids: Sequence[int]) -> list[Batch]:
        """Each asked for by itself, so that a NO concerns these and no others."""
        inventory, settings = self._job.inventory, self._job.settings
        positions = [position for uid in uids if (position := inventory.position(uid)) is not None]
        batches = cut(inventory, positions, messages=settings.batch_messages, size=settings.batch_bytes)
        return [replace(batch, alone=True) for batch in batches]

    async def _still_listed(self, uids: Sequence[int]) -> set[int]:
        place = self._job.source
        wanted = set(uids)
        with blame(place.side, "looking for messages again", place.folder):
            await place.client.noop()  # lets the server tell what was expunged meanwhile
            return {item.uid async for item in place.client.fetch(uids, ("UID", "FLAGS")) if item.uid in wanted and item.uid is not None}

    def _withheld(self, uid: int, absence: Absence) -> bool:
        """The source said that it does not send it, or sent it without a byte; false when it said nothing."""
        position = self._job.inventory.position(uid)
        if absence.refusal is not None:
            why = _("the source says “%(status)s” instead of sending it", status=str(absence.refusal.status))
        elif uid not in absence.empty:
            return False
        elif position is not None and self._job.inventory.sizes[position] == 0:
            why = _("the message is empty: it has no byte to copy")
        else:
            why = _("the source lists the message and sends it empty")
        self._give(uid, Fate.REFUSED, why, Level.ERROR)
        return True

    def _tell_silent(self, uids: Sequence[int]) -> None:
        """Listed, and twice no answer: iCloud has them by the ten thousand, so they are told once for the folder."""
        if not uids:
            return
        self._job.source.client.note(quirks.FETCH_WITHOUT_ANSWER)
        reason = _("the source lists it, but there is no message behind it")
        for uid in uids:
            self.rows.append(self._row(uid, Fate.VANISHED, reason))
        folder = self._job.source.folder
        words = ngettext(
            "“%(folder)s”: %(n)s message is listed, but the source has nothing to send for it (UID %(uid)s).",
            "“%(folder)s”: %(n)s messages are listed, but the source has nothing to send for them (the first is UID %(uid)s).",
            len(uids),
            folder=folder,
            uid=str(min(uids)),
        )
        self._sink.write(Entry(Level.WARNING, "messages-without-content", words, folder))

    async def _climb(self, uid: int, refusal: CommandFailed) -> None:
        """One message the destination refuses: up the repair ladder, to a fate."""
        self._relay.in_flight.add(uid)  # so that a line which breaks meanwhile is held against it
        row = await self._ladder.climb(uid, refusal.status)
        self._relay.in_flight.discard(uid)
        if row is None:
            self._give(uid, Fate.VANISHED, _("gone from the source before it could be read again"))
            return
        refused = row.fate is Fate.REFUSED
        self._tell(row, "message-refused" if refused else "message-repaired", Level.ERROR if refused else Level.WARNING)

    def _give(self, uid: int, fate: Fate, reason: str, level: Level = Level.WARNING) -> None:
        self._tell(self._row(uid, fate, reason), f"message-{fate.value}", level)

    def _row(self, uid: int, fate: Fate, reason: str) -> MessageRow:
        job = self._job
        position = job.inventory.position(uid)
        size = 0 if position is None else job.inventory.sizes[position]
        flags = "" if position is None else job.inventory.flags(position)
        return MessageRow(uid, fate, job.run, size=size, flags=flags, reason=reason)

    def _tell(self, row: MessageRow, action: str, level: Level) -> None:
        self.rows.append(row)
        folder = self._job.source.folder
        words = on_message(row.source_uid, folder, row.size, row.reason)
        self._sink.write(Entry(level, action, words, folder, row.source_uid))
