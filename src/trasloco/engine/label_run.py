"""What a folder of labels shows and another folder has brought already: copied on the destination, not fetched again.

The message is found by its identity in the ledger, and must still be where the ledger says. The copies have an intent of
their own that says where they come from; whoever finds it compares what has arrived, byte by byte and on the destination
alone (``finish_copy``). What the destination does not copy is left over, to be fetched like any other message.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from trasloco.engine.classify import blame, busy, explain
from trasloco.engine.departures import open_folder
from trasloco.engine.diff import BROUGHT
from trasloco.engine.exact_digests import exact_digests
from trasloco.engine.failure import Failure, Retry, Scope, TransferError
from trasloco.engine.fate import Fate
from trasloco.engine.identity import Place
from trasloco.engine.job import Job
from trasloco.engine.ledger import FolderRecord, Intent, MessageRow, Origin, Twin
from trasloco.engine.moves import changed_flags, select_again
from trasloco.engine.ownership import Ownership
from trasloco.engine.reflags import Reflag
from trasloco.engine.repair import REPAIRED
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.imap.errors import CommandFailed
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import fold_flag
from trasloco.sentence import sentence as _

TOGETHER = 1000
"""Messages looked up, and at most copied, together."""


@dataclass(slots=True)
class Copies:
    """rows: written to the ledger. reflag: the source's flags that differ from those the copies came with."""

    rows: list[MessageRow] = field(default_factory=list)
    reflag: list[Reflag] = field(default_factory=list)


async def copy_known(job: Job, new: Sequence[int], sink: Sink) -> AsyncIterator[Copies]:
    """Of the messages new in this folder (positions), copy those that the destination has in another one, some at a time.

    The destination folder is selected at the end as it was. Raises TransferError, Fenced, LedgerUnavailable.
    """
    if "UIDPLUS" not in job.destination.client.capabilities:
        return  # where a copy has arrived could only be guessed
    run = _Run(job, {record.id: record for record in await job.ledger.folders()}, sink)
    for start in range(0, len(new), TOGETHER):
        rows = await run.copy(new[start : start + TOGETHER])
        if rows:
            yield Copies(rows, changed_flags(job, rows))
        if run.refused:
            break
    await select_again(job)


async def finish_copy(job: Job, intent: Intent, wanted: Set[int], unknown: Set[int]) -> Copies:
    """Copies that were begun and not settled: what has arrived is settled now, the rest is free again, and may arrive all the same.

    unknown: UIDs of the destination's folder, which is selected before and after. Raises as ``copy_known``.
    """
    origin = intent.origin
    assert origin is not None
    theirs = sorted(uid for uid in unknown if uid >= intent.destination_uidnext)
    going = [
        (uid, old, flags) for uid, old, flags in zip(intent.source_uids, origin.uids, intent.flags, strict=True) if uid in wanted and theirs
    ]
    rows: list[MessageRow] = []
    if going:
        arrived = await _arrived(job, origin, [old for _, old, _ in going], theirs)
        known = await _origin_rows(job, origin, [uid for uid, _, _ in going])
        for uid, old, flags in going:
            if old in arrived:
                rows.append(_row(job, uid, arrived[old], known.get(old, MessageRow(uid, Fate.COPIED, job.run, flags=flags))))
                rows[-1].flags = flags
    found = {row.source_uid for row in rows}
    missing = [(uid, flags) for uid, flags in zip(intent.source_uids, intent.flags, strict=True) if uid not in found]
    if missing:
        await job.ledger.narrow(intent.id, [uid for uid, _ in missing], [flags for _, flags in missing], rows)
    else:
        await job.ledger.settle(intent.id, rows)
    return Copies(rows, changed_flags(job, rows))


class _Run:
    """Copies into one folder. refused: the destination would not copy."""

    def __init__(self, job: Job, folders: Mapping[int, FolderRecord], sink: Sink) -> None:
        self._job, self._folders, self._sink = job, folders, sink
        self.refused = False

    async def copy(self, positions: Iterable[int]) -> list[MessageRow]:
        """At most TOGETHER of them; the rows that were written."""
        waiting = await self._places(positions)
        rows = await self._back_again(waiting)
        while waiting and not self.refused:
            # The folder that has most of them first: every folder costs its opening.
            (best, _), *_ = Counter(twin.folder_id for twins in waiting.values() for twin in twins).most_common(1)
            pairs = [(uid, twin.row) for uid, twins in waiting.items() for twin in twins if twin.folder_id == best]
            copied = await self._copy_from(self._folders[best], pairs)
            rows += copied
            done = {row.source_uid for row in copied}
            waiting = {uid: left for uid, twins in waiting.items() if uid not in done and (left := _others(twins, best))}
        return rows

    async def _places(self, positions: Iterable[int]) -> dict[int, list[Twin]]:
        """Where each message is on the destination, by its source UID here; without those that are nowhere."""
        inventory = self._job.inventory
        asked = {identity: inventory.uids[position] for position in positions if (identity := inventory.identity(position)) is not None}
        found: defaultdict[int, list[Twin]] = defaultdict(list)
        for twin in await self._job.ledger.twins(list(asked)):
            row, folder = twin.row, self._folders.get(twin.folder_id)
            if row.fate in BROUGHT and row.destination_uid is not None and folder is not None:
                found[asked[row.identity or 0]].append(twin)
        return dict(found)

    async def _back_again(self, waiting: dict[int, list[Twin]]) -> list[MessageRow]:
        """What this folder has had already: the label was off for a while, and the copy is still here. Taken out of ``waiting``."""
        job = self._job
        here = {
            uid: twin.row
            for uid, twins in waiting.items()
            for twin in twins
            if twin.folder_id == job.folder_id and job.inventory.position(twin.row.source_uid) is None
        }
        for uid in waiting:
            waiting[uid] = _others(waiting[uid], job.folder_id)
        kept = await _kept(job.destination, [row.destination_uid for row in here.values() if row.destination_uid]) if here else set()
        rows, old = [], []
        for uid, known in here.items():
            if known.destination_uid in kept:
                rows.append(_row(job, uid, known.destination_uid or 0, known))
                rows[-1].fate, rows[-1].reason = Fate.ADOPTED, known.reason
                old.append(known.source_uid)
                del waiting[uid]
        if rows:
            await job.ledger.moved(job.folder_id, old, job.folder_id, rows)
        for uid in [uid for uid, twins in waiting.items() if not twins]:
            del waiting[uid]
        return rows

    async def _copy_from(self, folder: FolderRecord, pairs: Sequence[tuple[int, MessageRow]]) -> list[MessageRow]:
        """Copy what is still in that folder of the destination; the rows that were written."""
        job = self._job
        await select_again(job)
        here = job.destination.client.selected
        assert here is not None
        place = Place(job.destination.side, job.destination.client, decode_name(folder.destination_name))
        opened = await open_folder(place, folder.destination_name)
        if not opened or opened != folder.destination_uidvalidity or folder.destination_name == job.name:
            return []
        there = await _kept(place, [row.destination_uid for _, row in pairs if row.destination_uid is not None])
        going = [(uid, row) for uid, row in pairs if row.destination_uid in there]
        if not going:
            return []
        origin = Origin(folder.destination_name, opened, tuple(row.destination_uid or 0 for _, row in going), stays=True)
        uids = [uid for uid, _ in going]
        uidnext = here.uidnext or 1
        ownership = Ownership(job.ledger)
        begun = job.ledger.begin(job.folder_id, here.uidvalidity, uidnext, uids, [row.flags for _, row in going], origin)
        intent_id = await ownership.heard(begun)
        await ownership.confirm()  # who was frozen meanwhile must not copy what another one has copied by now
        told = await self._ask(place, origin)
        await self._select_again(here.uidvalidity)
        if told is None:
            theirs = await _listed_from(job, uidnext)
            told = await _arrived(job, origin, origin.uids, sorted(theirs))
        rows = [_row(job, uid, told[row.destination_uid or 0], row) for uid, row in going if row.destination_uid in told]
        await job.ledger.settle(intent_id, rows)
        return rows

    async def _ask(self, place: Place, origin: Origin) -> dict[int, int] | None:
        """New UIDs by old ones; None when it must be looked what has arrived, after a refusal too."""
        job = self._job
        try:
            with blame(place.side, "copying messages", place.folder, refusals=True):
                return await place.client.copy(sorted(origin.uids), job.name)
        except CommandFailed as error:
            if busy(error.status):
                raise TransferError(explain(error, place.side, "copying messages", folder=place.folder)) from error
            self.refused = True
            words = _(
                "“%(folder)s”: the destination does not copy messages from “%(other)s” and says “%(status)s”; "
                "they are fetched from the source once more instead.",
                folder=job.source.folder,
                other=place.folder,
                status=str(error.status),
            )
            self._sink.write(Entry(Level.WARNING, "labels-not-copied", words, job.source.folder))
            return None

    async def _select_again(self, uidvalidity: int | None) -> None:
        """COPY goes by name: what was opened and what has taken the copies must be one folder."""
        job = self._job
        await select_again(job)
        selected = job.destination.client.selected
        if selected is not None and selected.uidvalidity != uidvalidity:
            words = _(
                "The destination's folder “%(folder)s” was made anew while messages were copied to it. Trasloco looks again.",
                folder=job.destination.folder,
            )
            raise TransferError(Failure(job.destination.side.name, Scope.ACCOUNT, Retry.NOW, "uidvalidity-changed", words))


def _others(twins: Iterable[Twin], folder_id: int) -> list[Twin]:
    return [twin for twin in twins if twin.folder_id != folder_id]


async def _kept(place: Place, uids: Sequence[int]) -> set[int]:
    """Those that are in the open folder, and are not about to go: what its user deletes there is not spread."""
    with blame(place.side, "looking for messages to copy", place.folder):
        answers = place.client.fetch(sorted(uids), ("UID", "FLAGS"))
        return {item.uid async for item in answers if item.uid is not None and not _deleted(item.flags)}.intersection(uids)


def _deleted(flags: frozenset[str] | None) -> bool:
    return any(fold_flag(flag) == "\\deleted" for flag in flags or ())


async def _listed_from(job: Job, uidnext: int) -> set[int]:
    place = job.destination
    with blame(place.side, "looking for the new messages", place.folder):
        answers = place.client.fetch(f"{uidnext}:*", ("UID",))
        return {item.uid async for item in answers if item.uid is not None and item.uid >= uidnext}


async def _arrived(job: Job, origin: Origin, olds: Sequence[int], theirs: Sequence[int]) -> dict[int, int]:
    """{old UID: new UID} of copies, by the bytes the destination shows in both places. This folder is open before and after."""
    if not theirs:
        return {}
    here = await exact_digests(job.destination, theirs, "reading copies again")
    place = replace(job.destination, folder=decode_name(origin.name))
    there: dict[int, bytes] = {}
    if await open_folder(place, origin.name) == origin.uidvalidity:
        there = await exact_digests(place, sorted(olds), "reading messages that were copied")
    await select_again(job)
    free: defaultdict[bytes, list[int]] = defaultdict(list)
    for uid in sorted(here, reverse=True):
        free[here[uid]].append(uid)
    return {old: free[there[old]].pop() for old in olds if old in there and free[there[old]]}


async def _origin_rows(job: Job, origin: Origin, uids: Sequence[int]) -> dict[int, MessageRow]:
    """By destination UID, what the ledger knows of the messages that were copied."""
    positions = [position for uid in uids if (position := job.inventory.position(uid)) is not None]
    identities = [identity for position in positions if (identity := job.inventory.identity(position)) is not None]
    folders = {record.id for record in await job.ledger.folders() if record.destination_name == origin.name}
    twins = await job.ledger.twins(identities)
    return {twin.row.destination_uid: twin.row for twin in twins if twin.folder_id in folders and twin.row.destination_uid is not None}


def _row(job: Job, uid: int, destination_uid: int, known: MessageRow) -> MessageRow:
    """The copy's row. Its flags are those its original has for a base, until the changes since have been applied."""
    position = job.inventory.position(uid)
    listed = known.size if position is None else job.inventory.sizes[position]
    reason = known.reason if known.reason.startswith(REPAIRED) else ""
    return MessageRow(uid, Fate.COPIED, job.run, destination_uid, known.size or listed, known.digest, known.flags, reason, listed)
