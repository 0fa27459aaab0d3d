"""Messages that were brought and are no longer where the ledger saw them on the source: who may have moved.

They are looked for before the folders are gone through (``find_departures``), and again when a folder has
messages that came after the run began (``look_again``): what left a folder that is done already and came into
one that is not is one message. Whether a new message is one of them is decided by its bytes, in ``moves``.
"""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import TypeAlias, cast

from trasloco.engine.classify import blame, busy, explain
from trasloco.engine.diff import BROUGHT
from trasloco.engine.exact_digests import exact_digests
from trasloco.engine.failure import Retry, Scope, TransferError
from trasloco.engine.fate import Fate
from trasloco.engine.identity import Place
from trasloco.engine.latecomers import quiet
from trasloco.engine.ledger import FolderRecord, Intent, Known, Ledger, MessageRow
from trasloco.engine.listed_uids import listed_uids
from trasloco.engine.uid_set import UidSet
from trasloco.imap.errors import CommandFailed
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Status
from trasloco.sentence import sentence as _

View: TypeAlias = Callable[[Place, FolderRecord], Awaitable[Set[int] | None]]
"""Tells which UIDs of a source folder are its messages now. Raises TransferError."""


@dataclass(slots=True, eq=False)
class Departure:
    """One message that left.

    folder_id: the pair whose row it has; relic: its id among the relics; both None for a message whose batch was
    never settled. destination_name, destination_uidvalidity: where ``row.destination_uid`` is valid.
    counted: as what this run has counted it already in the folder it left, None when it has not.
    left_as_is: when it is no longer where it was on the destination, its user has moved or deleted it there, and it is not brought
    again. Not so of who may have left before an earlier run's last pass: it was deleted on both sides, for all that is known, and a
    message of the same bytes is another one.
    """

    source_name: bytes
    destination_name: bytes
    destination_uidvalidity: int
    row: MessageRow
    folder_id: int | None = None
    relic: int | None = None
    counted: Fate | None = None
    left_as_is: bool = True
    given: bool = False

    @property
    def unsettled(self) -> bool:
        """Only its place on the destination is known, neither its digest nor its flags."""
        return self.folder_id is None and self.relic is None

    @property
    def place(self) -> tuple[int | None, bytes, int]:
        """The pair of folders, and where its UID is valid: what belongs together when messages are moved."""
        return self.folder_id, self.destination_name, self.destination_uidvalidity


@dataclass(slots=True)
class Memory:
    """What an account's run remembers of departures from one attempt to the next.

    seen: (folder, source UID) that were gone before their folder's pass, so that the pass did not count them.
    uncounted: by source folder and fate, messages counted there that were moved on and are counted where they are now.
    left: source folders that messages have moved out of in this run: what was listed of them before says nothing any more.
    closed: whether a source folder was listed and could not be looked into.
    """

    seen: set[tuple[int, int]] = field(default_factory=set)
    uncounted: Counter[tuple[bytes, Fate]] = field(default_factory=Counter)
    left: set[bytes] = field(default_factory=set)
    closed: bool = False

    def recount(self, source_name: bytes) -> None:
        """This folder is gone through once more, and counted as it is then."""
        for key in [key for key in self.uncounted if key[0] == source_name]:
            del self.uncounted[key]


class Departures:
    """Who left, by size and digest; each is given away once.

    run: the present one. done: has this run gone through the source folder of that name?
    views: by name, source folders that are made of a part of what they show, and who tells their UIDs (None: not to be told).
    """

    def __init__(self, run: int, memory: Memory, done: Callable[[bytes], bool]) -> None:
        self.run, self.memory, self.done = run, memory, done
        self._found: set[tuple[int | None, int]] = set()
        self._by_digest: defaultdict[bytes, list[Departure]] = defaultdict(list)
        self._by_identity: defaultdict[int, list[Departure]] = defaultdict(list)
        self._undigested: defaultdict[int, list[Departure]] = defaultdict(list)
        self._by_place: dict[tuple[bytes, int, int], Departure] = {}
        self._sizes: set[int] = set()
        self.views: Mapping[bytes, View] = {}

    def __bool__(self) -> bool:
        return bool(self._sizes or self._by_identity)

    def add_row(self, record: FolderRecord, row: MessageRow, *, long_ago: bool = False) -> None:
        """A row of the ledger whose message is no longer in its folder; a second time is once. long_ago: it left before the last
        completed pass of an earlier run."""
        key = (record.id, row.source_uid)
        counted = None
        if self.done(record.source_name) and key not in self.memory.seen:
            counted = row.fate if row.run == self.run else Fate.ADOPTED
        else:
            self.memory.seen.add(key)
        if key not in self._found:
            self._found.add(key)
            validity = record.destination_uidvalidity or 0
            place = record.source_name, record.destination_name, validity
            self._add(Departure(*place, row, record.id, counted=counted, left_as_is=not long_ago))

    async def add_relics(self, ledger: Ledger) -> None:
        """What is known of folders that were renumbered or replaced. Raises LedgerUnavailable."""
        async for relics in ledger.relics():
            for relic in relics:
                if (None, relic.id) not in self._found:
                    self._found.add((None, relic.id))
                    place = relic.destination_name, relic.destination_uidvalidity
                    self._add(Departure(relic.source_name, *place, relic.row, relic=relic.id))

    def add_unsettled(self, record: FolderRecord, rows: Iterable[MessageRow]) -> None:
        """Messages on the destination that may be those of an interrupted batch."""
        for row in rows:
            validity = record.destination_uidvalidity or 0
            self._add(Departure(record.source_name, record.destination_name, validity, row, left_as_is=False))

    def _add(self, departure: Departure) -> None:
        row = departure.row
        if row.destination_uid is not None:
            self._by_place[departure.destination_name, departure.destination_uidvalidity, row.destination_uid] = departure
        elif row.digest is None:
            return  # nothing can tell it from others
        if row.identity is not None:
            self._by_identity[row.identity].append(departure)
            return  # its size says nothing: it need not be read to be told from others
        if row.digest is not None:
            self._by_digest[row.digest].append(departure)
        else:
            self._undigested[row.listed_size].append(departure)
        self._sizes.add(row.listed_size)

    def may_be(self, size: int) -> bool:
        """Did any message of this size leave? Bytes, as the source lists them."""
        return size in self._sizes

    def waiting(self, sizes: Collection[int]) -> dict[tuple[bytes, int], list[Departure]]:
        """Those of these sizes that are on the destination and not given away, by folder and UIDVALIDITY there."""
        found: defaultdict[tuple[bytes, int], list[Departure]] = defaultdict(list)
        for departure in self._by_place.values():
            if not departure.given and departure.row.listed_size in sizes:
                found[departure.destination_name, departure.destination_uidvalidity].append(departure)
        return found

    def claim(self, digest: bytes, destination_name: bytes) -> Departure | None:
        """The one that has these bytes, taken out; None when there is none (any more). One that is in this folder
        of the destination already goes first."""
        return self._take_out(self._by_digest.get(digest, ()), destination_name)

    def claim_identity(self, identity: int, destination_name: bytes) -> Departure | None:
        """The same of the one that the source knows by this number."""
        return self._take_out(self._by_identity.get(identity, ()), destination_name)

    @staticmethod
    def _take_out(departures: Iterable[Departure], destination_name: bytes) -> Departure | None:
        waiting = [departure for departure in departures if not departure.given]
        if not waiting:
            return None
        # Of several copies the one that its user is most likely to have put away himself: out of the inbox.
        last = next((departure for departure in waiting if departure.source_name.upper() == b"INBOX"), waiting[-1])
        found = next((departure for departure in waiting if departure.destination_name == destination_name), last)
        found.given = True
        return found

    def at(self, destination_name: bytes, uidvalidity: int | None, uid: int) -> Departure | None:
        """Who is in this place on the destination, and not given away."""
        departure = self._by_place.get((destination_name, uidvalidity or 0, uid))
        return None if departure is None or departure.given else departure

    def stay(self, destination_name: bytes, uidvalidity: int | None, uids: Iterable[int]) -> None:
        """These turned out to be messages that are where they were: nobody else is to take them for one that left."""
        for uid in uids:
            departure = self._by_place.get((destination_name, uidvalidity or 0, uid))
            if departure is not None and departure.unsettled:
                departure.given = True

    def took(self, departures: Iterable[Departure]) -> None:
        """They have their rows where they are now: the folders they left do not count them any more."""
        for departure in departures:
            departure.given = True
            self.memory.left.add(departure.source_name)
            if departure.counted is not None:
                self.memory.uncounted[departure.source_name, departure.counted] += 1
                departure.counted = None

    async def read_digests(self, destination: Place, sizes: Iterable[int]) -> bool:
        """What was adopted never passed through our hands: its digest is taken from the destination's copy, of those
        that have one of these sizes. Whether a folder of the destination was opened for it. Raises TransferError."""
        unread: defaultdict[tuple[bytes, int], list[Departure]] = defaultdict(list)
        for size in set(sizes):
            for departure in self._undigested.pop(size, ()):
                if not departure.given:
                    unread[departure.destination_name, departure.destination_uidvalidity].append(departure)
        for (name, uidvalidity), departures in unread.items():
            place = replace(destination, folder=decode_name(name))
            if await open_folder(place, name) != uidvalidity:
                continue
            uids = sorted(departure.row.destination_uid for departure in departures if departure.row.destination_uid is not None)
            found = await exact_digests(place, uids, "reading messages that may have moved")
            for departure in departures:
                digest = found.get(departure.row.destination_uid or 0)
                if digest is not None:
                    departure.row.digest = digest
                    self._by_digest[digest].append(departure)
        return bool(unread)


async def find_departures(
    departures: Departures,
    source: Place,
    destination: Place,
    ledger: Ledger,
    records: Sequence[FolderRecord],
    statuses: Mapping[bytes, Status | None],
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    """Look into the folders that may have lost messages, if anything new is anywhere. Raises TransferError.

    source, destination: the two clients, with whatever folder open. records: every pair the ledger knows.
    statuses: the source's folders as listed now.
    """
    if not any(_may_bring(record, statuses.get(record.source_name)) for record in records):
        return
    await departures.add_relics(ledger)
    for record in records:
        # Half done, or completed by this run before it was stopped: then its marks say nothing about what left.
        resumed = record.run is None or record.run >= departures.run
        if not record.source_uidvalidity or (resumed and not await _has_anything(ledger, record)):
            continue
        if resumed or record.departed or record.source_name not in statuses or _may_have_lost(record, statuses[record.source_name]):
            here = await _look(departures, source, ledger, record, listed=record.source_name in statuses)
            if here is not None:
                await _look_for_unsettled(departures, destination, ledger, record, here, sleep)


async def look_again(departures: Departures, source: Place, ledger: Ledger, present: bytes) -> None:
    """The same while the run is on, for all folders but ``present``. Their folders are opened on the source, so that
    the one which was open must be opened again. Raises TransferError."""
    records = [record for record in await ledger.folders() if record.source_name != present and record.source_uidvalidity]
    records = [record for record in records if record.destination_name]
    await departures.add_relics(ledger)
    with blame(source.side, "looking for messages that moved"):
        statuses = await source.client.statuses([record.source_name for record in records])
    for record in records:
        status = statuses[record.source_name]
        if not isinstance(status, Status) or record.departed or _may_have_lost(record, status):
            await _look(departures, source, ledger, record, listed=isinstance(status, Status))


async def _look(departures: Departures, source: Place, ledger: Ledger, record: FolderRecord, *, listed: bool) -> Set[int] | None:
    """Whose message is not in its folder any more; the UIDs that are, None when that cannot be told."""
    view = departures.views.get(record.source_name)
    here = await (_uids(source, record, departures.memory, listed=listed) if view is None else view(source, record))
    if here is None:
        return None
    gone = [row async for rows in ledger.rows(record.id) for row in rows if row.fate in BROUGHT and row.source_uid not in here]
    # As many as the last pass did not find: the same ones. Where others have left since, nobody can tell which they are.
    known = sum(row.destination_uid is not None for row in gone)
    long_ago = 0 < known <= record.departed and (record.run or 0) < departures.run
    for row in gone:
        departures.add_row(record, row, long_ago=long_ago)
    return here


async def _look_for_unsettled(
    departures: Departures,
    destination: Place,
    ledger: Ledger,
    record: FolderRecord,
    here: Set[int],
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    """A batch that was on its way when the process ended, of which messages have left their folder since: what is
    bound to nothing in the destination's folder may be those, when no more of them are to be expected."""
    intents = [intent for intent in await ledger.intents(record.id) if _has_lost(intent, here)]
    if not intents:
        return
    place = replace(destination, folder=decode_name(record.destination_name))
    if not record.destination_uidvalidity or await open_folder(place, record.destination_name) != record.destination_uidvalidity:
        return
    await quiet(place, sleep)
    first = min(intent.destination_uidnext for intent in intents)
    bound: set[int] = set()
    async for known in ledger.known(record.id):
        bound.update(row.destination_uid for row in known if row.destination_uid is not None and row.destination_uid >= first)
    rows = []
    with blame(place.side, "listing messages", place.folder):
        async for item in place.client.fetch(f"{first}:*", ("UID", "RFC822.SIZE")):
            if item.uid is not None and item.uid >= first and item.uid not in bound:
                rows.append(MessageRow(0, Fate.COPIED, departures.run, item.uid, item.size or 0))
    departures.add_unsettled(record, rows)


async def _has_anything(ledger: Ledger, record: FolderRecord) -> bool:
    """Whether any message of this folder was ever on its way."""
    if await ledger.intents(record.id):
        return True
    async with contextlib.aclosing(cast(AsyncGenerator[Sequence[Known]], ledger.known(record.id))) as chunks:
        async for rows in chunks:
            return bool(rows)
    return False


def _has_lost(intent: Intent, here: Set[int]) -> bool:
    return intent.origin is None and any(uid not in here for uid in intent.source_uids)


async def open_folder(place: Place, name: bytes) -> int | None:
    """UIDVALIDITY of the folder; None when it cannot be opened (any more): then nothing can be moved out of it."""
    try:
        with blame(place.side, "opening the folder", place.folder, refusals=True):
            return (await place.client.select(name, read_only=False)).uidvalidity
    except CommandFailed as error:
        if busy(error.status):
            raise TransferError(explain(error, place.side, "opening the folder", folder=place.folder)) from error
        return None


async def _uids(source: Place, record: FolderRecord, memory: Memory, *, listed: bool) -> UidSet | None:
    """The UIDs that are there now: none when the folder is gone; None when it cannot be told.

    A folder that is only missing from the list may still be there: it is gone when it cannot be opened. One that is listed and cannot
    be opened has most likely been renamed or deleted since: TransferError is raised once, so that the list is read again. Else what
    has left it would be brought a second time.
    """
    folder = decode_name(record.source_name)
    try:
        with blame(source.side, "looking for messages that moved", folder, Scope.FOLDER, refusals=True):
            selected = await source.client.select(record.source_name, read_only=True)
            if selected.uidvalidity != record.source_uidvalidity:
                return None
            return await listed_uids(source.client) if selected.exists else UidSet()
    except CommandFailed as error:
        if busy(error.status):
            raise TransferError(explain(error, source.side, "looking for messages that moved", folder=folder)) from error
        if listed and not memory.closed:
            memory.closed = True
            failure = explain(error, source.side, "looking for messages that moved", folder=folder)
            words = _("%(clause)s It may have been renamed or deleted just now, so Trasloco lists the folders again.", clause=failure.words)
            raise TransferError(replace(failure, retry=Retry.NOW, words=words)) from error
        return None if listed else UidSet()


def _may_bring(record: FolderRecord, status: Status | None) -> bool:
    """Whether any message of the folder may be brought now: a new one, or one that was not, which is tried again."""
    tally = record.tally
    return may_have_gained(record, status) or (tally is not None and tally.refused + tally.skipped + tally.vanished > 0)


def may_have_gained(record: FolderRecord, status: Status | None) -> bool:
    """Unless UIDNEXT proves that nothing came since the last completed pass."""
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
