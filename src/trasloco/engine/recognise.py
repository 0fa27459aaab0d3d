"""Before anything is sent: what of it is on the destination already?

Two reasons lead here. An attempt was killed between sending and settling (its intents are open):
what it brought counts as copied. And the destination holds mail the ledger does not know: of
another tool, of a delivery after the MX change, of a folder whose UIDVALIDITY changed: that is adopted.
"""

from __future__ import annotations

from array import array
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, MutableSet, Sequence
from dataclasses import dataclass, field

from trasloco.engine.classify import blame
from trasloco.engine.departures import Departure, Departures
from trasloco.engine.diff import Work
from trasloco.engine.exact_digests import exact_digests
from trasloco.engine.failure import Scope
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.identity import Refusals, made_anew, pair
from trasloco.engine.job import Job
from trasloco.engine.label_run import finish_copy
from trasloco.engine.latecomers import Latecomers, quiet
from trasloco.engine.ledger import Intent, MessageRow
from trasloco.engine.listed_uids import listed_uids
from trasloco.engine.moves import finish_move
from trasloco.engine.reflags import Reflag, Reflags
from trasloco.engine.uid_set import UidSet
from trasloco.engine.unbound import Unbound
from trasloco.imap.values import fold_flag
from trasloco.sentence import sentence as _

_TOGETHER = 5000  # rows written together


@dataclass(slots=True)
class Recognition:
    """tally: of the rows written to the ledger. refused: those of them that the source would not show.
    found: source UIDs that need no copy. reflag: flags to change.
    unbound: what is left on the destination. late: what to look for when all is brought; None when nothing of an
    interrupted attempt can still arrive."""

    unbound: Unbound
    tally: Tally = field(default_factory=Tally)
    refused: list[MessageRow] = field(default_factory=list)
    found: UidSet = field(default_factory=UidSet)
    reflag: Reflags = field(default_factory=Reflags)
    late: Latecomers | None = None


async def recognise(
    job: Job,
    work: Work,
    exists: int,
    departures: Departures,
    sleep: Callable[[float], Awaitable[None]],
    untouchable: Collection[int] = (),
) -> Recognition:
    """Settle open intents and adopt what is there. ``exists``: messages in the destination folder.
    departures: who left other folders, and who is known of this one from before it was renumbered.
    untouchable: source UIDs that break the line when they are read, so they are not read to be recognised.

    Raises TransferError, Fenced, LedgerUnavailable.
    """
    recognition = Recognition(Unbound(job.destination), found=UidSet.with_room_for(job.inventory.uids))
    intents = () if job.new else await job.ledger.intents(job.folder_id)
    if intents:
        exists = await quiet(job.destination, sleep)
    unknown = await _unknown(job, work) if exists and (work.todo or intents) else UidSet()
    if not intents and not unknown:
        return recognition
    wanted = UidSet(job.inventory.uids[position] for position in work.todo)
    again = any(intent.late for intent in intents) or _sent_again(job, intents, wanted)
    for intent in intents:
        if intent.origin is not None and intent.origin.stays:
            copies = await finish_copy(job, intent, _touchable(wanted, untouchable), unknown)
            _take(copies.rows, wanted, unknown, recognition)
            recognition.reflag.extend(copies.reflag)
        elif intent.origin is None:
            await _close(job, intent, _touchable(wanted, untouchable), unknown, recognition, departures)
        else:
            rows, flags = await finish_move(job, intent, _touchable(wanted, untouchable), unknown, departures)
            _take(rows, wanted, unknown, recognition)
            recognition.reflag.extend(flags)
        wanted -= recognition.found
    if unknown and wanted:
        await _adopt(job, wanted, unknown, departures, recognition)
    begun = {uid for intent in intents if intent.arrives for uid in intent.source_uids}
    recognition.unbound = Unbound(job.destination, unknown, begun)
    late = [intent for intent in (await job.ledger.intents(job.folder_id) if intents else ()) if intent.late]
    if late:
        # What is there and was not recognised now is nobody's of ours, unless it came while somebody before us sent it again.
        recognition.late = Latecomers(tuple(late), UidSet() if again else unknown.copy())
    return recognition


def _touchable(wanted: UidSet, untouchable: Collection[int]) -> UidSet:
    left = wanted.copy()
    for uid in untouchable:
        left.discard(uid)
    return left


def _sent_again(job: Job, intents: Iterable[Intent], wanted: Collection[int]) -> bool:
    """Whether a message may have been sent by more than one of them, or by one that is closed already. wanted: source UIDs that
    are bound to nothing."""
    uids = [uid for intent in intents for uid in intent.source_uids]
    return len(set(uids)) < len(uids) or any(uid not in wanted and job.inventory.position(uid) is not None for uid in uids)


async def _unknown(job: Job, work: Work) -> UidSet:
    """Destination UIDs the ledger does not know."""
    place = job.destination
    with blame(place.side, "listing messages", place.folder, Scope.FOLDER):
        unknown = await listed_uids(place.client)
    unknown.discard_all(work.bound)
    return unknown


async def _close(job: Job, intent: Intent, wanted: UidSet, unknown: UidSet, recognition: Recognition, departures: Departures) -> None:
    """One batch that was begun and not settled: what of it arrived is settled now, the rest is free again, and may arrive
    all the same.

    Bytes are compared: new mail may have been delivered into the same folder meanwhile.
    """
    ours = [uid for uid in intent.source_uids if uid in wanted]
    selected = job.destination.client.selected
    lowest = intent.lowest(selected.uidvalidity if selected is not None else None)
    theirs = array("Q", (uid for uid in unknown if uid >= lowest))
    # What the source will not show just now stays wanted: adoption looks at it next, and refuses it.
    pairs = await pair(job.source, job.destination, ours, theirs, certain=True, refused={}) if ours and theirs else {}
    reason = ""
    if theirs and len(ours) == len(intent.source_uids) == 1 and not pairs and not intent.late:
        # It travelled alone: it may have been on the repair ladder, and is there in another form.
        for ours_uid, (theirs_uid, rungs) in (await Unbound(job.destination, theirs).find_repaired(job, ours)).items():
            pairs[ours_uid] = theirs_uid
            reason = _("repaired (%(rungs)s) before the run was interrupted; recognised byte for byte", rungs=", ".join(rungs))
    rows = [_row(job, ours_uid, theirs_uid, Fate.COPIED) for ours_uid, theirs_uid in sorted(pairs.items())]
    found = await _digests(job, pairs) if pairs else {}
    flags = dict(zip(intent.source_uids, intent.flags, strict=False))
    for row in rows:
        row.digest = found.get(row.source_uid)
        row.reason = reason
        row.flags = flags.get(row.source_uid, "")  # the base until the changes below have been applied
    # What another intent has found, or has been bound since, may be there a second time.
    missing = [uid for uid in intent.source_uids if uid not in pairs]
    if not missing and intent.source_uids:
        await job.ledger.settle(intent.id, rows)
    elif rows or not intent.late:
        await job.ledger.narrow(intent.id, missing, [flags[uid] for uid in missing] if flags else [], rows)
    departures.stay(job.name, selected.uidvalidity if selected is not None else None, pairs.values())
    _take(rows, wanted, unknown, recognition)
    # Flags changed on the source between sending and now would otherwise go unseen.
    recognition.reflag.extend(_changed(job, rows))


async def _digests(job: Job, pairs: Mapping[int, int]) -> dict[int, bytes]:
    """By source UID; what a source would make anew once more is taken from where it arrived."""
    if not made_anew(job.source):
        return await exact_digests(job.source, sorted(pairs), "reading messages again", Scope.FOLDER)
    arrived = await exact_digests(job.destination, sorted(pairs.values()), "reading messages back", Scope.FOLDER)
    return {ours: arrived[theirs] for ours, theirs in pairs.items() if theirs in arrived}


async def _adopt(job: Job, wanted: UidSet, unknown: UidSet, departures: Departures, recognition: Recognition) -> None:
    refused: Refusals = {}
    deleted = await _marked_deleted(job, unknown)
    alive = UidSet(uid for uid in unknown if uid not in deleted) if deleted else unknown
    pairs = await pair(job.source, job.destination, wanted, alive, certain=False, refused=refused)
    # What waits for the next EXPUNGE there is no copy of a mail, unless that one is marked deleted itself.
    also = [uid for uid in wanted if uid not in pairs and uid not in refused and _is_deleted(job, uid)] if deleted else []
    if also:
        pairs.update(await pair(job.source, job.destination, also, deleted, certain=False, refused=refused))
    found = array("Q", sorted(pairs) if also else pairs)
    for start in range(0, len(found), _TOGETHER):
        some = [(uid, pairs.pop(uid)) for uid in found[start : start + _TOGETHER]]
        await _write_adopted(job, some, departures, wanted, unknown, recognition)
    withheld = [_row(job, uid, None, Fate.REFUSED) for uid in sorted(refused)]
    for row in withheld:
        row.reason = _(
            "the source says “%(status)s”, so it is not known whether it is on the destination already",
            status=str(refused[row.source_uid].status),
        )
    if withheld:
        await job.ledger.record(job.folder_id, withheld)
    _take(withheld, wanted, unknown, recognition)


async def _write_adopted(
    job: Job, pairs: Sequence[tuple[int, int]], departures: Departures, wanted: UidSet, unknown: UidSet, recognition: Recognition
) -> None:
    """Rows of some thousand messages that are there already; what was known of them before is so no more."""
    rows = [_row(job, ours, theirs, Fate.ADOPTED) for ours, theirs in pairs]
    known = []
    for row in rows:
        departure = _known(job, departures, row)
        if departure is not None:
            known.append(departure)
        # The base until the changes have been applied: what was brought has the flags it was last known with, other mail its own.
        if departure is not None and not departure.unsettled:
            row.flags = departure.row.flags
        elif job.settings.unite_flags:
            row.flags = ""
    recognition.reflag.extend(_changed(job, rows))
    relics = [departure.relic for departure in known if departure.relic is not None]
    await job.ledger.moved(None, [], job.folder_id, rows, relics=relics)
    departures.took(known)
    _take(rows, wanted, unknown, recognition)


async def _marked_deleted(job: Job, uids: UidSet) -> UidSet:
    place, found = job.destination, array("Q")
    with blame(place.side, "reading flags", place.folder, Scope.FOLDER):
        async for item in place.client.fetch(uids, ("UID", "FLAGS")):
            if item.flags and _has_deleted(item.flags) and item.uid is not None and item.uid in uids:
                found.append(item.uid)
    return UidSet(found)


def _is_deleted(job: Job, uid: int) -> bool:
    position = job.inventory.position(uid)
    return position is not None and _has_deleted(job.inventory.flags(position).split())


def _has_deleted(flags: Iterable[str]) -> bool:
    return any(fold_flag(flag) == "\\deleted" for flag in flags)


def _known(job: Job, departures: Departures, row: MessageRow) -> Departure | None:
    """What is known of an adopted message from before its folder was renumbered: what passed has its digest."""
    selected = job.destination.client.selected
    if selected is None or row.destination_uid is None:
        return None
    departure = departures.at(job.name, selected.uidvalidity, row.destination_uid)
    if departure is not None and departure.row.size == row.size:
        row.digest = departure.row.digest
    return departure


def _changed(job: Job, rows: Iterable[MessageRow]) -> list[Reflag]:
    """The difference between the flags that the rows have for a base and the source's now."""
    found = []
    for row in rows:
        position = job.inventory.position(row.source_uid)
        if position is not None and row.destination_uid is not None and (now := job.inventory.flags(position)) != row.flags:
            found.append(Reflag(row.source_uid, row.destination_uid, row.flags, now))
    return found


def _take(rows: Iterable[MessageRow], wanted: MutableSet[int], unknown: MutableSet[int], recognition: Recognition) -> None:
    for row in rows:
        recognition.tally.add(row.fate)
        if row.fate is Fate.REFUSED:
            recognition.refused.append(row)
        recognition.found.add(row.source_uid)
        wanted.discard(row.source_uid)
        if row.destination_uid is not None:
            unknown.discard(row.destination_uid)


def _row(job: Job, source_uid: int, destination_uid: int | None, fate: Fate) -> MessageRow:
    position = job.inventory.position(source_uid)
    assert position is not None
    size, flags = job.inventory.sizes[position], job.inventory.flags(position)
    return MessageRow(source_uid, fate, job.run, destination_uid, size, flags=flags)
