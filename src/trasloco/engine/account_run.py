"""One account in one run, from both logins to the last folder: attempts, back-off, and the outcome.

An attempt opens both sides and goes through all folders. When a line breaks the next attempt goes
on where the ledger says; folders that were completed in this run are not opened again.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from trasloco.engine.account import FolderResult, Outcome, RunStatus, Settings, Side
from trasloco.engine.at_side import at_side
from trasloco.engine.brought import Brought
from trasloco.engine.census import Census, Stay
from trasloco.engine.classify import blame, storage
from trasloco.engine.departures import Departures, Memory, find_departures, may_have_gained
from trasloco.engine.early_lists import EarlyLists
from trasloco.engine.failure import Failure, Retry, SideName, TransferError
from trasloco.engine.fate import Fate
from trasloco.engine.folder_pass import FolderPass
from trasloco.engine.identity import Place
from trasloco.engine.inbox_look import InboxLook
from trasloco.engine.label_remarks import label_remarks
from trasloco.engine.labels import Labels, speaks_labels
from trasloco.engine.lane import Lane, goes_together, groups_of
from trasloco.engine.lanes import FAR, Lanes, Pair, compression_pays, lanes_wanted
from trasloco.engine.last_look import LastLook, once_more
from trasloco.engine.ledger import FolderRecord, Ledger, LedgerUnavailable
from trasloco.engine.oddities import tell_all
from trasloco.engine.opener import close, open_side
from trasloco.engine.pace import RESTS, AccountPace
from trasloco.engine.room import append_limit, ask_quota, judge_room
from trasloco.engine.session import Session
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.engine.small_folder import MOST_MESSAGES
from trasloco.engine.standstill import unless_stuck
from trasloco.engine.strikes import Strikes
from trasloco.engine.tree import Listing, Tree, list_side
from trasloco.engine.watching import Watching
from trasloco.imap.client import Client
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.endpoint import Speech
from trasloco.imap.values import Quota
from trasloco.pop3.mailbox import PopMailbox
from trasloco.sentence import sentence as _

ATTEMPTS = 6
"""Tries in a row without a single message of progress before the transfer is given back."""

LONGEST_PAUSE = 30.0
"""Seconds; the pauses between attempts double up to here, each with jitter. Where a server names a longer one
the transfer is given back for that time."""

FEWEST = 4
"""Messages of a batch, after attempts that brought none."""

PATIENCE = 300.0
"""Seconds that a transfer sits out, without a message of progress, what a server (or our database) says
will pass; then it is given back, so that the next account has its place."""

POP3_NOTE = _(
    "this source speaks POP3, which knows INBOX only and no flags: other folders of the mailbox, if there are any, are not copied, "
    "and all messages arrive as unread. Some servers mark what was fetched as read on the old side"
)

_NO_CONNECTION = frozenset({"connection-refused", "connection-timeout", "host-unreachable", "unknown-host"})

_NEVER_REACHED = frozenset({"connection-lost", "protocol-violation", "limit-exceeded"})
"""After all attempts these are final too, of a server that never answered in this run."""


async def run_account(
    source: Side,
    destination: Side,
    ledger: Ledger,
    settings: Settings,
    number: int,
    sink: Sink,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    deadlines: Deadlines | None = None,
    pace: AccountPace | None = None,
) -> Outcome:
    """Move one account as far as it goes. Failures are in the outcome.

    number: of the run, from 1.
    sleep: seconds; replaced by tests. deadlines: how long a server may be silent. pace: how fast, and until when; None = as fast
    as it goes; whoever gave it closes it. Raises Fenced when another worker has taken the transfer over, and whatever is a
    mistake of ours.
    """
    return await AccountRun(source, destination, ledger, settings, number, sink, sleep, deadlines, pace).run()


class AccountRun:
    """The state that outlives an attempt: what is completed, who is suspected, which pins were seen."""

    def __init__(
        self,
        source: Side,
        destination: Side,
        ledger: Ledger,
        settings: Settings,
        number: int,
        sink: Sink,
        sleep: Callable[[float], Awaitable[None]],
        deadlines: Deadlines | None,
        pace: AccountPace | None = None,
    ) -> None:
        self._source, self._destination = source, destination
        self._ledger, self._settings, self._number, self._sink = ledger, settings, number, sink
        self._sleep, self._deadlines, self._pace = sleep, deadlines, pace
        self._strikes = Strikes()
        self._met: set[SideName] = set()
        self._brought = Brought()
        self._facts: dict[str, str] = {}
        self._gone = Memory()
        self._last_look = LastLook()
        self._flags_changed = 0  # by passes that were made again
        self._doubtful = False
        self._progress = Watching(sink)
        self._clients: list[Client] = []  # of the present attempt
        self._opened: list[tuple[Side, Client]] = []  # the same, each with its side
        self._told: set[str] = set()
        self._compressing = False
        self._together = True  # small new folders, until an attempt has failed
        self._said: set[str] = set()

    async def run(self) -> Outcome:
        started = time.monotonic()
        failure = await self._attempts()
        self._count_the_moved_once()
        brought = (*(done.result for done in self._brought.passes.values()), *self._brought.cut_short, *self._brought.left_out.values())
        results = tuple(self._noted(result) for result in brought)
        size = self._progress.size
        changed = self._flags_changed + sum(done.flags_changed for done in self._brought.passes.values())
        status = self._status(failure, results)
        return Outcome(status, failure or self._folder_failure(), time.monotonic() - started, size, results, changed, self._facts)

    def _noted(self, result: FolderResult) -> FolderResult:
        """What a person must know of a folder that came by POP3."""
        return result if result.note or self._source.endpoint.speech is not Speech.POP3 else replace(result, note=POP3_NOTE)

    def _count_the_moved_once(self) -> None:
        """What was moved on by this run, out of a folder it had gone through already, is counted where it is now."""
        for (name, fate), count in self._gone.uncounted.items():
            done = self._brought.passes.get(name)
            if done is not None and name not in self._brought.failed:
                tally = replace(done.result.tally)
                tally.add(fate, -min(count, getattr(tally, fate.value)))
                self._brought.passes[name] = replace(done, result=replace(done.result, tally=tally))

    def _status(self, failure: Failure | None, results: tuple[FolderResult, ...]) -> RunStatus:
        if failure is not None:
            return RunStatus.FAILED
        refused = any(result.tally.refused for result in results)
        return RunStatus.COMPLETED_WITH_ERRORS if refused or self._folder_failure() is not None else RunStatus.COMPLETED

    def _folder_failure(self) -> Failure | None:
        """Of the first folder that failed, or has not come to a good end."""
        troubles = (done.trouble for done in self._brought.passes.values() if done.trouble is not None)
        return next(iter(self._brought.failed.values()), None) or next(troubles, None)

    async def _attempts(self) -> Failure | None:
        """Attempt until all is done or a failure says that trying again is of no use; returns it."""
        fruitless, waited = 0, 0.0
        while True:
            failure = await self._attempt()
            tell_all(self._opened, self._told, self._sink)
            if failure is None:
                return None
            if self._pace is not None:
                self._pace.hear(failure)
            if self._halted is not None:
                return self._halted
            if failure.retry is Retry.NEVER or failure.code in RESTS:
                return failure
            if failure.after is not None and failure.after > LONGEST_PAUSE:
                self._sink.write(Entry(Level.WARNING, failure.code, failure.words))
                return replace(failure, retry=Retry.LATER)  # others can have our place until the server wants us again
            # A server that never answered in this run is more likely to be written wrongly than to be busy;
            # silence alone is asked about twice.
            if failure.side not in self._met and (failure.code in _NO_CONNECTION or (failure.code == "silent" and fruitless)):
                return replace(failure, retry=Retry.NEVER)
            if failure.code == "limit-exceeded" and fruitless:
                return replace(failure, retry=Retry.LATER if failure.side in self._met else Retry.NEVER)
            fruitless, waited = (0, 0.0) if self._progress.further() else (fruitless + 1, waited)
            if fruitless:
                # The line may never live as long as a whole batch takes: then less of it at a time is settled at least.
                self._settings = replace(self._settings, batch_messages=max(FEWEST, self._settings.batch_messages // 8))
            pause = _pause(failure, fruitless)
            waited += pause
            if waited > PATIENCE if failure.retry is Retry.LATER else fruitless >= ATTEMPTS:
                # A server that was never once reached is not waited for through the night.
                never = failure.code in _NEVER_REACHED and failure.side not in self._met
                return replace(failure, retry=Retry.NEVER if never else Retry.LATER)
            self._sink.write(Entry(Level.WARNING, failure.code, failure.words))
            await self._sleep(pause)

    @property
    def _halted(self) -> Failure | None:
        """Why this account is to rest, whatever else there is."""
        return self._pace.halted if self._pace is not None else None

    async def _attempt(self) -> Failure | None:
        """One go through everything; the failure that ended it, or None."""
        clients = self._clients = []
        self._opened.clear()
        try:
            await unless_stuck(self._go_through(), self._progress, (self._deadlines or Deadlines()).standstill)
        except TransferError as error:
            self._together = False
            if error.failure.code == "late-uid":
                self._settings = replace(self._settings, batch_messages=1)
            if len(clients) > 2 or error.failure.code == "moved-meanwhile":
                # It may be that the server does not like so many connections of one mailbox.
                self._settings = replace(self._settings, connections=1)
            self._doubtful = self._doubtful or error.failure.code == "folder-exchanged"
            _drop(clients)
            return self._known_to_be_there(error.failure)
        except LedgerUnavailable as error:
            _drop(clients)
            return storage(error)
        except BaseException:
            _drop(clients)
            raise
        await asyncio.gather(*(close(client) for client in clients))
        return None

    async def _go_through(self) -> None:
        source, destination = await self._open_pair()
        self._remember(source, destination)
        self._tell_doubts()
        await self._folders(source, destination)

    async def _open_pair(self) -> tuple[Client, Client]:
        """Both sides at the same time, each to its end, so that no connection is forgotten. Raises TransferError."""
        ours, theirs = await asyncio.gather(self._open(SideName.SOURCE), self._open(SideName.DESTINATION), return_exceptions=True)
        if isinstance(ours, BaseException):
            raise ours
        if isinstance(theirs, BaseException):
            raise theirs
        await self._compress(ours, theirs)
        return ours, theirs

    async def _compress(self, source: Client, destination: Client) -> None:
        """Where it pays: both at the same time, each to its end."""
        if not self._compressing:
            return

        async def agree(side: Side, client: Client) -> None:
            with blame(side, "agreeing on compression"):
                await client.compress()

        done = await asyncio.gather(agree(self._source, source), agree(self._destination, destination), return_exceptions=True)
        for error in done:
            if error is not None:
                raise error

    async def _open(self, name: SideName) -> Client:
        """A signed-in client, kept among those of this attempt."""
        client, side = await open_side(self._source if name is SideName.SOURCE else self._destination, self._deadlines)
        self._clients.append(client)
        self._opened.append((side, client))
        if isinstance(client, PopMailbox):
            await self._begin_pop3(side, client)
        self._met.add(name)
        if name is SideName.SOURCE:
            self._source = side
            if self._pace is not None:
                self._pace.meet(client)
        else:
            self._destination = side
        return client

    async def _begin_pop3(self, side: Side, client: PopMailbox) -> None:
        """Its messages get the numbers they have in the ledger; and what POP3 does not know is said once."""
        self._settings = replace(self._settings, connections=1)  # the server lets one session in at a time
        with blame(side, "listing messages"):
            await client.number(self._ledger.numbers)
        if "pop3" not in self._told:
            self._told.add("pop3")
            self._sink.write(Entry(Level.WARNING, "pop3-source", at_side(side.name, side.endpoint, POP3_NOTE)))

    def _known_to_be_there(self, failure: Failure) -> Failure:
        """A port that was open in this run and is closed now belongs to a server that is being restarted."""
        if failure.code not in _NO_CONNECTION or failure.side not in self._met:
            return failure
        words = _("%(clause)s It did answer before in this run, so Trasloco waits for it to come back.", clause=failure.words)
        return replace(failure, retry=Retry.LATER, words=words)

    def _remember(self, source: Client, destination: Client) -> None:
        for side, client in ((self._source, source), (self._destination, destination)):
            if client.fingerprint:
                self._facts[f"{side.name}_fingerprint"] = client.fingerprint

    def _tell_doubts(self) -> None:
        """What could not be proved of a mailbox that was opened: said once, and kept with the result."""
        for side in (self._source, self._destination):
            if side.doubt and self._facts.setdefault(f"{side.name}_doubt", "") != side.doubt:
                self._facts[f"{side.name}_doubt"] = side.doubt
                self._sink.write(Entry(Level.WARNING, "master-not-proved", side.doubt))

    async def _folders(self, source: Client, destination: Client) -> None:
        """The tree first, then folder by folder; one folder's trouble does not stop the others."""
        session = Session(
            self._source,
            source,
            self._destination,
            destination,
            self._ledger,
            self._settings,
            self._number,
            self._progress,
            self._strikes,
            Departures(self._number, self._gone, lambda name: name in self._brought.passes and name not in self._brought.failed),
            self._sleep,
            self._doubtful,
            pace=self._pace,
            inbox=InboxLook(self._facts, by_pop3=self._source.endpoint.speech is Speech.POP3),
        )
        ours, theirs, quotas, known = await asyncio.gather(
            list_side(self._source, source), list_side(self._destination, destination), self._quotas(destination), self._ledger.folders()
        )
        tree = Tree(ours, theirs, self._ledger, self._settings, self._progress, known, doubtful=self._doubtful)
        self._compressing = compression_pays(session.distance, tree.source_statuses().values())
        await self._compress(source, destination)
        lanes: Lanes[Sequence[FolderRecord]] = Lanes((source, destination), self._open_pair)
        early: EarlyLists | None = None
        try:
            if not known:
                counts = [mailbox.status.messages for mailbox in ours.tree if mailbox.status is not None and mailbox.status.messages]
                if sum(counts) > MOST_MESSAGES or not self._together or not goes_together(session):
                    lanes.open_ahead(self._lanes_wanted(session, counts, None))
                elif source.round_trip >= FAR and len(counts) > 1:
                    early = EarlyLists(session, ours.tree)
            await tree.prepare()
            self._begin_again(tree)
            self._brought.left_out = await tree.leave_out()
            labels = await self._learn_labels(source, destination, ours, tree)
            session.departures.views = {} if labels is None else labels.views
            self._sink.expect(*tree.expectation(labels))
            self._check_room(destination, tree, quotas, labels)
            if known:
                here, there = Place(self._source, source, ""), Place(self._destination, destination, "")
                pairs = [*tree.records, *tree.departed]
                await find_departures(session.departures, here, there, self._ledger, pairs, tree.source_statuses(), self._sleep)
            session = replace(session, settings=self._settings, labels=labels)
            await self._spread(session, tree, lanes, early)
        finally:
            if early is not None:
                early.drop()
            lanes.give_up()
        if self._halted is not None and any(record.source_name not in self._brought.passes for record in tree.records):
            raise TransferError(self._halted)
        for failed in tree.failed:
            if failed.source_name not in self._brought.passes:
                self._brought.fail(failed.source_name, failed.failure, self._sink)
                self._brought.passes[failed.source_name] = FolderPass(failed.result)
        if self._brought.failed:
            await self._look_back(destination, tree)  # one that comes back gets its messages, not rows that say they were refused
        await self._count_who_stays(source, tree, labels)
        await self._look_back(destination, tree)

    async def _learn_labels(self, source: Client, destination: Client, ours: Listing, tree: Tree) -> Labels | None:
        """What Gmail tells of labels, None of any other server. What a person should know of it is said once."""
        carried = [record.source_name for record in tree.records]
        labels = Labels(ours.tree, carried, "categories" in self._settings.gmail) if speaks_labels(source) else None
        if labels is not None:
            await labels.read(Place(self._source, source, ""))
        for entry in label_remarks(labels, ours.tree, destination):
            if entry.action not in self._said:
                self._said.add(entry.action)
                self._sink.write(entry)
        return labels

    def _begin_again(self, tree: Tree) -> None:
        """What has come since into folders that an earlier attempt has done may have left one whose pass was interrupted:
        then they are gone through once more, for a later run would not know any more who had left."""
        for record in tree.records:
            name = record.source_name
            done = self._brought.passes.get(name)
            if done is None or done.trouble is not None or name in self._brought.failed:
                continue
            if may_have_gained(record, tree.source_status(record)):
                self._go_through_again(name)

    def _go_through_again(self, name: bytes) -> None:
        self._flags_changed += self._brought.passes.pop(name).flags_changed
        self._brought.failed.pop(name, None)
        self._gone.recount(name)

    async def _look_back(self, destination: Client, tree: Tree) -> None:
        """What was brought is to be there still. Raises TransferError when folders must be gone through once more."""
        place = Place(self._destination, destination, "")
        again = await self._last_look.take(place, tree.records, self._brought.passes, self._brought.failed)
        for name in again:
            self._go_through_again(name)
        if again:
            raise once_more(place, tree.records, again)
        for name, failure in self._last_look.restless.items():
            if name not in self._brought.failed:
                self._brought.passes[name] = replace(self._brought.passes[name], trouble=failure)
                self._sink.write(Entry(Level.ERROR, failure.code, failure.words, self._brought.passes[name].result.source))

    async def _count_who_stays(self, source: Client, tree: Tree, labels: Labels | None) -> None:
        """Last, so that nobody waits for it: the messages that do not go over get their rows too.

        A folder that cannot be opened keeps the count the server gave of it.
        """
        census = Census(self._source, source, self._ledger, self._number)
        for stay in tree.stays():
            tally = await census.take(stay)
            if tally is not None and stay.source_name in self._brought.left_out:
                self._brought.left_out[stay.source_name] = replace(self._brought.left_out[stay.source_name], tally=tally)
                await self._ledger.left_out(stay.source_name, stay.reason, tally)
        for name, failure in self._brought.failed.items():
            only = labels.archived_before() if labels is not None and name == labels.all_mail else None
            tally = await census.take(Stay(name, tree.source_statuses().get(name), Fate.REFUSED, failure.words, only))
            if tally is not None:
                done = self._brought.passes[name]
                self._brought.passes[name] = replace(done, result=replace(done.result, tally=tally))

    def _lanes_wanted(self, session: Session, messages: Sequence[int], size: int | None) -> int:
        distance = session.distance
        # A message that moved is looked for in folders whose turn may be now: then one after the other.
        most = 1 if session.departures else self._settings.connections
        return lanes_wanted(distance, messages, size, most)

    async def _spread(self, session: Session, tree: Tree, lanes: Lanes[Sequence[FolderRecord]], early: EarlyLists | None) -> None:
        """Folder by folder, or many small ones together, over as many connections as distance and size ask for."""
        waiting = [record for record in tree.records if record.source_name not in self._brought.passes]
        groups = groups_of(session, tree, waiting) if self._together else []
        grouped = {record.id for group in groups for record in group}
        items = [*([record] for record in waiting if record.id not in grouped), *groups]
        counts = {record.id: status.messages or 0 for record in waiting if (status := tree.source_status(record)) is not None}
        if session.distance < FAR:  # folders to be looked at take no time here, only messages to be brought do
            counts = {record.id: counts.get(record.id, 0) for record in waiting if record.run is None}
        busy = [messages for item in items if (messages := sum(counts.get(r.id, 0) for r in item if not tree.unchanged(r)))]
        wanted = self._lanes_wanted(session, busy, tree.expectation(session.labels)[1] if busy else None)
        lanes.open_ahead(wanted)
        if wanted > 1:  # the longest first, so that none is alone at the end; groups last, as nobody looks ahead over one
            items.sort(key=lambda item: (len(item) > 1, -sum(counts.get(record.id, 0) for record in item)))
        if self._settings.newest_first:
            items.sort(key=lambda item: tree.foremost(item[0]))
        items.sort(key=lambda item: session.labels is not None and item[0].source_name == session.labels.all_mail)  # the rest, last
        session = replace(session, several=lanes.several)
        if early is not None and not (len(items) == len(groups) == 1):
            early.drop()  # others go first: what was listed of these is too old then

        def lane(pair: Pair) -> Lane:
            return Lane(replace(session, source=pair[0], destination=pair[1]), tree, self._brought, self._progress, early)

        subscribing = asyncio.ensure_future(tree.subscribe())
        try:
            await lanes.run(items, lambda pair, take: lane(pair).run(take))
            await subscribing
        finally:
            subscribing.cancel()
            await asyncio.wait([subscribing])
        if lanes.refused is not None:
            self._settings = replace(self._settings, connections=1)

    async def _quotas(self, destination: Client) -> Sequence[Quota]:
        with blame(self._destination, "asking for the quota"):
            return await ask_quota(destination)

    def _check_room(self, destination: Client, tree: Tree, quotas: Sequence[Quota], labels: Labels | None) -> None:
        """Said before anything is sent: a mailbox that cannot fit, messages the destination never takes."""
        largest = append_limit(destination)
        if largest is not None and largest < self._settings.max_size:
            self._settings = replace(self._settings, max_size=largest)
            words = _(
                "The destination takes messages of at most %(size)s bytes (APPENDLIMIT); larger ones are left out and listed.",
                size=str(largest),
            )
            self._sink.write(Entry(Level.INFO, "append-limit", words))
        sizes = None if labels is None else labels.sizes()
        judge_room(self._destination, quotas, tree.expectation()[1] if sizes is None else sizes[1], self._sink)


def _pause(failure: Failure, fruitless: int) -> float:
    """Seconds before the next attempt: exactly as the server said, else doubling."""
    if failure.after is not None:
        return failure.after
    if failure.retry is Retry.LATER:
        return min(LONGEST_PAUSE, math.ldexp(2.0, fruitless)) * random.uniform(0.5, 1.0)
    # Full jitter, so that a hundred accounts cut off together do not come back together.
    return min(LONGEST_PAUSE, math.ldexp(0.5, fruitless)) * random.random()


def _drop(clients: list[Client]) -> None:
    """Cut the lines: an APPEND may be open, and a LOGOUT must not become part of a message."""
    for client in clients:
        client.abort()
