"""Messages that moved between folders on the source are moved on the destination, not copied again.

A message that left a folder and one of the same bytes that appeared in another are one message that
moved. Who left is known by ``departures``; whether one that is new here came from there is decided by the number the source
knows it by in every folder, or else by SHA-256, read again from the source, so nothing is guessed. A move has an intent
of its own in the ledger: a server without MOVE can be left between COPY and EXPUNGE, and whoever goes on finishes it (``finish_move``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from typing import TypeAlias

from trasloco.engine.claims import Claims, Pairs
from trasloco.engine.classify import blame, busy, explain, over_quota
from trasloco.engine.departures import Departure, Departures, open_folder
from trasloco.engine.exact_digests import exact_digests
from trasloco.engine.failure import Scope, TransferError
from trasloco.engine.fate import Fate
from trasloco.engine.identity import Place, made_anew, pair
from trasloco.engine.job import Job
from trasloco.engine.ledger import Intent, MessageRow, Origin
from trasloco.engine.ownership import Ownership
from trasloco.engine.reflags import Reflag
from trasloco.engine.repair import REPAIRED
from trasloco.imap.errors import CommandFailed
from trasloco.imap.utf7 import decode_name
from trasloco.plan.clauses import in_a_row
from trasloco.sentence import sentence as _

Moved: TypeAlias = tuple[list[MessageRow], list[Reflag]]
"""Rows that were written, and the flag changes that came with the moves."""


async def bring_moved(job: Job, departures: Departures, new: Iterable[int]) -> Moved:
    """Of the messages new in this folder (positions), move those that came from another one.

    The destination folder is selected at the end as it was. Raises TransferError, Fenced, LedgerUnavailable.
    """
    named = _by_identity(job, departures, new)
    candidates = [position for position in new if position not in named and departures.may_be(job.inventory.sizes[position])]
    if not candidates and not named:
        return [], []
    elsewhere = await departures.read_digests(job.destination, (job.inventory.sizes[position] for position in candidates))
    uids = [job.inventory.uids[position] for position in candidates]
    found = await exact_digests(job.source, uids, "reading messages that may have moved") if uids else {}
    claims = Claims(departures, job, named, found)
    unlike: list[int] = []
    for position in sorted([*candidates, *named]):
        departure = named.get(position) or claims.another(position)
        if departure is not None:
            claims.add(position, departure)
        elif job.inventory.uids[position] in found:
            unlike.append(position)
    if unlike and made_anew(job.source):
        elsewhere = True
        for position, departure in await _alike(job, departures, unlike):
            claims.add(position, departure)
    elsewhere = elsewhere or bool(claims)
    rows: list[MessageRow] = []
    while claims:
        missing: list[tuple[int, Departure]] = []
        for (_number, name, uidvalidity), pairs in claims.take():
            await select_again(job)
            there, absent = await (_recognise_here(job, pairs) if name == job.name else _move(job, pairs, Origin(name, uidvalidity, ())))
            came = {row.source_uid for row in there}
            departures.took(departure for position, departure in pairs if job.inventory.uids[position] in came)
            rows.extend(there)
            missing.extend(absent)
        claims.try_others(missing)
    rows.extend(await _leave(job, departures, claims.absent(rows)))
    if elsewhere:
        await select_again(job)
    return rows, changed_flags(job, rows)


def _by_identity(job: Job, departures: Departures, new: Iterable[int]) -> dict[int, Departure]:
    """By position, the departures that are known by the source's own number of the message: nothing is read for them."""
    named = {}
    for position in new:
        identity = job.inventory.identity(position)
        departure = departures.claim_identity(identity, job.name) if identity is not None else None
        if departure is not None:
            named[position] = departure
    return named


async def _alike(job: Job, departures: Departures, positions: Sequence[int]) -> list[tuple[int, Departure]]:
    """Where a source makes messages anew at each fetch: who left is compared as it is on the destination. Folders of the
    destination are opened for it."""
    found: list[tuple[int, Departure]] = []
    left = {job.inventory.uids[position]: position for position in positions}
    for (name, uidvalidity), waiting in departures.waiting({job.inventory.sizes[position] for position in positions}).items():
        place = Place(job.destination.side, job.destination.client, decode_name(name))
        there = {departure.row.destination_uid: departure for departure in waiting}
        if not left or await open_folder(place, name) != uidvalidity:
            continue
        pairs = await pair(job.source, place, sorted(left), [uid for uid in there if uid is not None], certain=True, refused={})
        for uid, theirs in pairs.items():
            there[theirs].given = True
            found.append((left.pop(uid), there[theirs]))
    return found


async def finish_move(job: Job, intent: Intent, wanted: Set[int], unknown: Set[int], departures: Departures) -> Moved:
    """A move that was begun and not settled: what has arrived here is taken away where it was, and has moved.

    unknown: UIDs of the destination's folder, which is selected before and after. Raises as ``bring_moved``.
    """
    origin = intent.origin
    assert origin is not None
    ours = [uid for uid in intent.source_uids if uid in wanted]
    theirs = sorted(uid for uid in unknown if uid >= intent.destination_uidnext)
    arrived = await pair(job.source, job.destination, ours, theirs, certain=True, refused={}) if ours and theirs else {}
    come: list[tuple[int, Departure, int]] = []
    for uid, old, flags in zip(intent.source_uids, origin.uids, intent.flags, strict=True):
        departure = departures.at(origin.name, origin.uidvalidity, old)
        position = job.inventory.position(uid)
        if uid in arrived and departure is not None and position is not None:
            departure.row.flags = flags
            come.append((position, departure, arrived[uid]))
    rows = await _finish(job, origin, come, intent.id)
    departures.took(departure for _, departure, _ in come)
    return rows, changed_flags(job, rows)


async def _finish(job: Job, origin: Origin, come: Sequence[tuple[int, Departure, int]], intent: int) -> list[MessageRow]:
    """Who has come here, under that UID, is taken away where he was; then the intent is settled."""
    if come:
        await _take_away(job, origin, [departure.row.destination_uid or 0 for _, departure, _ in come])
        await select_again(job)
    rows = [_row(job, position, departure, uid, gone=False) for position, departure, uid in come]
    await _write(job, list(zip(rows, [departure for _, departure, _ in come], strict=True)), intent)
    return rows


async def _take_away(job: Job, origin: Origin, uids: Sequence[int]) -> None:
    """The second half of a move on a server that has no MOVE (RFC 6851 3.3). With MOVE nothing is left to take away. What the server
    will not let go stays where it was as well."""
    client = job.destination.client
    place = Place(job.destination.side, client, decode_name(origin.name))
    if await open_folder(place, origin.name) != origin.uidvalidity:
        return
    try:
        with blame(place.side, "moving messages", place.folder, refusals=True):
            there = sorted({item.uid async for item in client.fetch(sorted(uids), ("UID",)) if item.uid is not None}.intersection(uids))
            if there:
                await client.store(there, "+FLAGS", ["\\Deleted"])
            if there and "UIDPLUS" in client.capabilities:
                await client.expunge(there)
    except CommandFailed as error:
        if busy(error.status):
            raise TransferError(explain(error, place.side, "moving messages", folder=place.folder)) from error


async def _move(job: Job, pairs: Pairs, origin: Origin) -> tuple[list[MessageRow], Pairs]:
    """Move what came from one folder; who is not there (any more) is the second that is returned."""
    here = job.destination.client.selected
    assert here is not None
    place = Place(job.destination.side, job.destination.client, decode_name(origin.name))
    selected = await open_folder(place, origin.name)
    if not selected or selected != origin.uidvalidity:
        for _, departure in pairs:
            departure.left_as_is = False  # gone, or the rows' UIDs mean nothing there any more: copied like any new message
        return [], pairs
    wanted = [departure.row.destination_uid for _, departure in pairs if departure.row.destination_uid is not None]
    with blame(place.side, "looking for messages that moved", place.folder):
        found = {item.uid async for item in place.client.fetch(sorted(wanted), ("UID",)) if item.uid is not None} if wanted else set()
    going = [(position, departure) for position, departure in pairs if departure.row.destination_uid in found]
    absent = [(position, departure) for position, departure in pairs if departure.row.destination_uid not in found]
    if not going:
        return [], absent
    begun = Origin(origin.name, origin.uidvalidity, tuple(departure.row.destination_uid or 0 for _, departure in going))
    source_uids = [job.inventory.uids[position] for position, _ in going]
    flags = [departure.row.flags for _, departure in going]
    ownership = Ownership(job.ledger)
    intent = await ownership.heard(job.ledger.begin(job.folder_id, here.uidvalidity, here.uidnext or 1, source_uids, flags, begun))
    await ownership.confirm()  # a move is a copy where there is no MOVE: who was frozen meanwhile must not do it once more
    try:
        with blame(place.side, "moving messages", place.folder, refusals=True):
            told: dict[int, int | None] = dict(await place.client.move(sorted(begun.uids), job.name) or {})
    except CommandFailed as error:
        rows = await _done_all_the_same(job, going, begun, here.uidnext or 1, intent)
        if busy(error.status) or over_quota(error.status):
            raise TransferError(explain(error, place.side, "moving messages", folder=place.folder)) from error
        return rows, absent  # who has not come is copied
    uids = told or dict(zip(begun.uids, await _arrived(job, source_uids, here.uidnext or 1), strict=True))
    rows = [_row(job, position, departure, uids.get(departure.row.destination_uid or 0), gone=False) for position, departure in going]
    await _write(job, list(zip(rows, [departure for _, departure in going], strict=True)), intent)
    return rows, absent


async def _done_all_the_same(job: Job, going: Pairs, origin: Origin, uidnext: int, intent: int) -> list[MessageRow]:
    """After a refusal: a move is several commands where there is no MOVE, and of several sets of UIDs some may have been moved. Who has
    come is taken away where he was, and has moved."""
    arrived = await _arrived(job, [job.inventory.uids[position] for position, _ in going], uidnext)
    come = [(position, departure, uid) for (position, departure), uid in zip(going, arrived, strict=True) if uid is not None]
    return await _finish(job, origin, come, intent)


async def _leave(job: Job, departures: Departures, pairs: Pairs) -> list[MessageRow]:
    """What the user has moved or deleted on the destination himself stays as he left it: rows only."""
    by_folder: defaultdict[int | None, list[tuple[MessageRow, Departure]]] = defaultdict(list)
    for position, departure in pairs:
        by_folder[departure.folder_id].append((_row(job, position, departure, None, gone=True), departure))
    for left in by_folder.values():
        await _write(job, left, None)
        departures.took(departure for _, departure in left)
    return [row for left in by_folder.values() for row, _ in left]


async def _arrived(job: Job, source_uids: Sequence[int], uidnext: int) -> list[int | None]:
    """Without COPYUID: where the messages are that have just come into this folder, None where that is not seen."""
    await select_again(job)
    place = job.destination
    with blame(place.side, "looking for the new messages", place.folder):
        new = {item.uid async for item in place.client.fetch(f"{uidnext}:*", ("UID",)) if item.uid is not None and item.uid >= uidnext}
    pairs = await pair(job.source, place, source_uids, sorted(new), certain=True)
    return [pairs.get(uid) for uid in source_uids]


async def _recognise_here(job: Job, pairs: Pairs) -> tuple[list[MessageRow], Pairs]:
    """What this folder of the destination has had already, under another UID of the source; and who is not there."""
    place = job.destination
    selected = place.client.selected
    assert selected is not None
    wanted = [departure.row.destination_uid for _, departure in pairs if departure.row.destination_uid is not None]
    there: set[int] = set()
    if selected.uidvalidity != pairs[0][1].destination_uidvalidity:
        for _, departure in pairs:
            departure.left_as_is = False  # nothing is known of this folder any more
    elif wanted:
        with blame(place.side, "looking for messages that moved", place.folder):
            there = {item.uid async for item in place.client.fetch(sorted(wanted), ("UID",)) if item.uid is not None}
    known = [(position, departure) for position, departure in pairs if departure.row.destination_uid in there]
    rows = [_row(job, position, departure, departure.row.destination_uid, gone=False) for position, departure in known]
    if rows:
        await _write(job, list(zip(rows, [departure for _, departure in known], strict=True)), None)
    return rows, [(position, departure) for position, departure in pairs if departure.row.destination_uid not in there]


async def _write(job: Job, rows: Sequence[tuple[MessageRow, Departure]], intent: int | None) -> None:
    """The rows where they are now instead of those where they were, all of one folder; and the intent is settled."""
    folder_id = rows[0][1].folder_id if rows else None
    old = [departure.row.source_uid for _, departure in rows if departure.folder_id is not None]
    relics = [departure.relic for _, departure in rows if departure.relic is not None]
    await job.ledger.moved(folder_id, old, job.folder_id, [row for row, _ in rows], relics=relics, intent=intent)


def _row(job: Job, position: int, departure: Departure, uid: int | None, *, gone: bool) -> MessageRow:
    row, size = departure.row, job.inventory.sizes[position]
    reason: str
    reason, fate = _("moved from “%(folder)s”", folder=decode_name(departure.source_name)), Fate.MOVED
    if departure.destination_name == job.name:
        reason, fate = _("known from before the source renumbered this folder"), Fate.ADOPTED
    if gone:
        reason = _("%(clause)s; on the destination it had been moved or deleted there, which is left as it is", clause=reason)
    if row.reason.startswith(REPAIRED):
        reason = in_a_row([row.reason, reason])  # whoever verifies it must know
    # The base stays what the destination has; it becomes the source's when the change has been applied.
    return MessageRow(job.inventory.uids[position], fate, job.run, uid, row.size, row.digest, row.flags, reason, size)


def changed_flags(job: Job, rows: Sequence[MessageRow]) -> list[Reflag]:
    """The source's flags may have changed on the way."""
    changes = []
    for row in rows:
        position = job.inventory.position(row.source_uid)
        now = row.flags if position is None else job.inventory.flags(position)
        if row.destination_uid is not None and row.flags != now:
            changes.append(Reflag(row.source_uid, row.destination_uid, row.flags, now))
    return changes


async def select_again(job: Job) -> None:
    """Open this folder of the destination, unless it is the one that is open."""
    selected = job.destination.client.selected
    if selected is not None and selected.name == job.name and not selected.read_only:
        return
    with blame(job.destination.side, "opening the folder", job.destination.folder, Scope.FOLDER):
        await job.destination.client.select(job.name, read_only=False)
