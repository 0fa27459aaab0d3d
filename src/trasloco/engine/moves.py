"""Messages that moved between folders on the source are moved on the destination, not copied again.

A message that left a folder and one of the same bytes that appeared in another are one message that
moved. Who left is found before the folders are gone through (``find_departures``); whether one that
is new here came from there is decided by SHA-256, read again from the source, so nothing is guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from trasloco.engine.classify import blame, busy, explain, over_quota
from trasloco.engine.diff import BROUGHT, Reflag
from trasloco.engine.exact_digests import exact_digests
from trasloco.engine.failure import Scope, TransferError
from trasloco.engine.fate import Fate
from trasloco.engine.identity import Place
from trasloco.engine.job import Job
from trasloco.engine.ledger import FolderRecord, Ledger, MessageRow
from trasloco.imap.errors import CommandFailed
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Status


@dataclass(frozen=True, slots=True)
class Departure:
    """A message of the ledger that is no longer in its folder on the source."""

    record: FolderRecord
    row: MessageRow


class Departures:
    """Who left, by size and digest; each is given away once."""

    def __init__(self) -> None:
        self._by_digest: defaultdict[bytes, list[Departure]] = defaultdict(list)
        self._sizes: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._by_digest)

    def add(self, departure: Departure) -> None:
        if departure.row.digest is not None:
            self._by_digest[departure.row.digest].append(departure)
            self._sizes.add(departure.row.size)

    def may_be(self, size: int) -> bool:
        """Did any message of this size leave? Sizes are those of the literals."""
        return size in self._sizes

    def claim(self, digest: bytes) -> Departure | None:
        """The one that has these bytes, taken out; None when there is none (any more)."""
        waiting = self._by_digest.get(digest)
        if not waiting:
            return None
        departure = waiting.pop()
        if not waiting:
            del self._by_digest[digest]
        return departure


async def find_departures(
    source: Place, destination: Place, ledger: Ledger, records: Sequence[FolderRecord], statuses: Mapping[bytes, Status | None], run: int
) -> Departures:
    """Look into the folders that may have lost messages, if anything new is anywhere. Raises TransferError.

    source, destination: the two clients, with whatever folder open. records: every pair the ledger knows.
    statuses: the source's folders as listed now. run: the present one.
    """
    departures = Departures()
    if not any(_may_have_gained(record, statuses.get(record.source_name)) for record in records):
        return departures
    for record in records:
        if record.run is None:
            continue  # no run has seen it whole: what left it was never ours to move
        resumed = record.run >= run  # completed by this run before it was stopped: its marks say nothing about what left
        listed = record.source_name in statuses
        if listed and not resumed and not _may_have_lost(record, statuses[record.source_name]):
            continue
        here = await _uids(source, record, listed=listed)
        if here is None:
            continue
        gone = [
            row
            async for rows in ledger.rows(record.id)
            for row in rows
            if row.run < run and row.fate in BROUGHT and row.destination_uid is not None and row.source_uid not in here
        ]
        await _fill_in_digests(destination, record, gone)
        for row in gone:
            departures.add(Departure(record, row))
    return departures


async def _fill_in_digests(destination: Place, record: FolderRecord, rows: Sequence[MessageRow]) -> None:
    """What was adopted never passed through our hands: its digest is taken from the destination's copy."""
    unread = {row.destination_uid: row for row in rows if row.digest is None and row.destination_uid is not None}
    if not unread:
        return
    place = replace(destination, folder=decode_name(record.destination_name))
    if await _select(place, record.destination_name) != record.destination_uidvalidity:
        return
    found = await exact_digests(place, sorted(unread), "reading messages that may have moved")
    for uid, digest in found.items():
        unread[uid].digest = digest


async def bring_moved(job: Job, departures: Departures, new: Iterable[int]) -> tuple[list[MessageRow], list[Reflag]]:
    """Of the messages new in this folder (positions), move those that came from another one.

    The destination folder is selected again at the end. Returns the rows written and the flag changes
    that came with the move. Raises TransferError, Fenced, LedgerUnavailable.
    """
    candidates = [position for position in new if departures.may_be(job.inventory.sizes[position])]
    if not candidates:
        return [], []
    uids = [job.inventory.uids[position] for position in candidates]
    found = await exact_digests(job.source, uids, "reading messages that may have moved")
    claimed: defaultdict[int, list[tuple[int, Departure]]] = defaultdict(list)
    for position in candidates:
        digest = found.get(job.inventory.uids[position])
        departure = departures.claim(digest) if digest is not None else None
        if departure is not None:
            claimed[departure.record.id].append((position, departure))
    rows: list[MessageRow] = []
    flags: list[Reflag] = []
    for pairs in claimed.values():
        moved = await _move(job, pairs)
        rows.extend(moved)
        now = {job.inventory.uids[position]: job.inventory.flags(position) for position, _ in pairs}
        flags.extend(
            Reflag(row.source_uid, row.destination_uid, row.flags, now[row.source_uid])
            for row in moved
            if row.destination_uid is not None and row.flags != now[row.source_uid]
        )
    if claimed:
        with blame(job.destination.side, "opening the folder", job.destination.folder, Scope.FOLDER):
            await job.destination.client.select(job.name, read_only=False)
    return rows, flags


async def _move(job: Job, pairs: Sequence[tuple[int, Departure]]) -> list[MessageRow]:
    """Move what came from one folder. What the user has moved or deleted himself stays as he left it."""
    record = pairs[0][1].record
    place = Place(job.destination.side, job.destination.client, decode_name(record.destination_name))
    selected = await _select(place, record.destination_name)
    if not selected or selected != record.destination_uidvalidity:
        return []  # gone, or the rows' UIDs mean nothing there any more: copied like any new message
    wanted = [departure.row.destination_uid for _, departure in pairs if departure.row.destination_uid is not None]
    try:
        with blame(place.side, "moving messages", place.folder, refusals=True):
            there = {item.uid async for item in place.client.fetch(wanted, ("UID",)) if item.uid is not None}
            uids = await place.client.move(sorted(there), job.name) if there else {}
    except CommandFailed as error:
        if busy(error.status) or over_quota(error.status):
            raise TransferError(explain(error, place.side, "moving messages", folder=place.folder)) from error
        return []  # it may not be moved: then it is copied
    rows = []
    for position, departure in pairs:
        old = departure.row.destination_uid
        new = (uids or {}).get(old) if old in there and old is not None else None
        rows.append(_row(job, position, departure, new, gone=old not in there))
    await job.ledger.moved(record.id, [departure.row.source_uid for _, departure in pairs], job.folder_id, rows)
    return rows


def _row(job: Job, position: int, departure: Departure, uid: int | None, *, gone: bool) -> MessageRow:
    row, where = departure.row, decode_name(departure.record.source_name)
    reason = f"moved from “{where}”"
    if gone:
        reason += "; on the destination it had been moved or deleted there, which is left as it is"
    # The base stays what the destination has; it becomes the source's when the change has been applied.
    return MessageRow(job.inventory.uids[position], Fate.MOVED, job.run, uid, row.size, row.digest, row.flags, reason)


async def _select(place: Place, name: bytes) -> int | None:
    """UIDVALIDITY of the folder; None when it cannot be opened (any more): then nothing can be moved out of it."""
    try:
        with blame(place.side, "opening the folder", place.folder, refusals=True):
            return (await place.client.select(name, read_only=False)).uidvalidity
    except CommandFailed as error:
        if busy(error.status):
            raise TransferError(explain(error, place.side, "opening the folder", folder=place.folder)) from error
        return None


async def _uids(source: Place, record: FolderRecord, *, listed: bool) -> set[int] | None:
    """The UIDs that are there now: none when the folder is gone; None when it cannot be told.

    A folder that is only missing from the list may still be there: it is gone when it cannot be opened.
    """
    folder = decode_name(record.source_name)
    try:
        with blame(source.side, "looking for messages that moved", folder, refusals=True):
            selected = await source.client.select(record.source_name, read_only=True)
            if selected.uidvalidity != record.source_uidvalidity:
                return None
            if not selected.exists:
                return set()
            return {item.uid async for item in source.client.fetch("1:*", ("UID",)) if item.uid is not None}
    except CommandFailed as error:
        if busy(error.status):
            raise TransferError(explain(error, source.side, "looking for messages that moved", folder=folder)) from error
        return None if listed else set()


def _may_have_gained(record: FolderRecord, status: Status | None) -> bool:
    if status is None:
        return False
    return record.source_uidnext is None or status.uidnext is None or status.uidnext != record.source_uidnext


def _may_have_lost(record: FolderRecord, status: Status | None) -> bool:
    """Unless the counts prove that everything from before is still there."""
    if status is None or not record.source_uidvalidity or record.source_uidvalidity != status.uidvalidity:
        return False  # not to be compared: matched anew when the folder's turn comes
    if None in (record.source_messages, record.source_uidnext, status.messages, status.uidnext):
        return True
    assert record.source_messages is not None
    assert record.source_uidnext is not None
    assert status.messages is not None
    assert status.uidnext is not None
    return status.messages - record.source_messages != status.uidnext - record.source_uidnext
