"""One folder of one account in one run: open, inventory, diff, recognise, relay, flags, account for all.

The order matters. What an interrupted attempt had on its way, and what is on the destination
already, is recognised before anything is sent; every message has a row before the folder is
marked complete.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace

from trasloco.engine.account import FolderResult
from trasloco.engine.at_side import at_side
from trasloco.engine.batches import Batch, cut
from trasloco.engine.changes import Changes
from trasloco.engine.classify import blame
from trasloco.engine.counter import Counter
from trasloco.engine.departures import Departures, Memory, look_again
from trasloco.engine.diff import Diff, Work
from trasloco.engine.failure import Failure, Retry, Scope, SideName, TransferError
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.flag_changes import FlagChanges, changes_of, enforce_flags
from trasloco.engine.folder_pass import FolderPass, result_of, tell_completed, tell_flags_lost
from trasloco.engine.following import Following
from trasloco.engine.identified_ledger import identified
from trasloco.engine.identity import Place
from trasloco.engine.inventory import PLAIN, Inventory, take
from trasloco.engine.job import Job
from trasloco.engine.label_run import copy_known
from trasloco.engine.labels import Labels
from trasloco.engine.ledger import FolderRecord, MessageRow
from trasloco.engine.marks import Marks
from trasloco.engine.missing_dates import find_dates
from trasloco.engine.moves import bring_moved
from trasloco.engine.on_message import on_message
from trasloco.engine.opening import Opening, select
from trasloco.engine.reckoning import reckon
from trasloco.engine.recognise import Recognition, recognise
from trasloco.engine.relay import Relay, over_size
from trasloco.engine.salvage import Salvage
from trasloco.engine.session import Session
from trasloco.engine.setback import begin_anew, destination_went_back, source_went_back
from trasloco.engine.sink import Entry, Level
from trasloco.engine.strikes import SUSPECT_AFTER
from trasloco.engine.uid_set import UidSet
from trasloco.engine.validity import Opened, refuse_exchanged, revalidate, validity
from trasloco.imap import quirks
from trasloco.imap.client import Client
from trasloco.imap.values import Selected, Status
from trasloco.sentence import sentence as _
from trasloco.sentence import sentence_of as ngettext

REFUSED_AFTER = 5
"""Lost connections with the same message on its way before it is given up (see ``strikes``)."""


class FolderRun:
    """``await FolderRun(session, record, names).run()``; raises TransferError, Fenced, LedgerUnavailable.

    tally: what has its fate by now. under_way: messages were being carried when it ended; the connections may still have them on their way.
    newest_first: bring what came last before what came earlier, batch by batch.
    destination_uidvalidity: of the folder that was opened there, 0 before.
    """

    def __init__(
        self,
        session: Session,
        record: FolderRecord,
        shown: str,
        destination_shown: str,
        status: Status | None,
        *,
        newest_first: bool = False,
    ) -> None:
        self._session, self._record, self._labels = session, record, session.labels
        # A view of All Mail changes without its counts: there are no marks by which a later run could pass it over.
        self._archive = session.labels is not None and record.source_name == session.labels.all_mail
        self._lister = PLAIN if session.labels is None else session.labels.lister(record.source_name)
        self._marks = Marks(session, None if self._archive else status)
        self._shown, self._destination_shown = shown, destination_shown
        self._source = Place(session.source_side, session.source, shown)
        self._destination = Place(session.destination_side, session.destination, destination_shown)
        self.under_way, self._newest_first = False, newest_first
        self.destination_uidvalidity = 0
        self.tally = Tally()
        self._trouble: Failure | None = None
        self._number = 0
        self._new = record.source_uidvalidity is None and not record.begun  # never opened: no row can have been written yet
        self._opening: Opening | None = None
        self._listed: Inventory | Changes | None = None
        self._uidnext = 0

    async def run(self, destination_status: Status | None, following: Following | None = None) -> FolderPass:
        """``destination_status``: from the destination's LIST, to see whether the folder is still the same one.
        ``following``: what comes next on these connections."""
        try:
            return await self._run(destination_status, following)
        finally:
            self._session.precedence.done(self._number)
            self._session.reservations.release(self._record.id)

    async def _run(self, destination_status: Status | None, following: Following | None) -> FolderPass:
        session = self._session
        if self._archive:
            await self._wait_for_others()
        session.sink.enter(self._shown)
        unchanged = self._marks.unchanged(self._record, destination_status)
        if unchanged is not None:
            session.sink.advance(unchanged.source, 0)
            session.inbox.unchanged(self._record, self._marks.status)
            return FolderPass(self._result(unchanged))
        source, destination = await self._open()
        await self._check_validity(source, destination)
        inventory = await self._take()
        session.inbox.listed(self._record, source, inventory)
        inventory, work = await self._diff_of_what_holds(inventory, source, destination)
        session.precedence.listed(self._number)
        self.tally = work.tally
        session.sink.advance(work.tally.source, 0)
        job = self._job(inventory)
        recognition = await self._recognise(job, work, destination)
        work.tally.merge(recognition.tally)
        session.sink.advance(recognition.tally.source, 0)
        for row in recognition.refused:
            words = on_message(row.source_uid, self._shown, row.size, row.reason)
            session.sink.write(Entry(Level.ERROR, "message-refused", words, self._shown, row.source_uid))
        await self._leave_out_large(job, work, recognition)
        await self._bring_moved(job, work, recognition)
        await self._find_dates(job, work, recognition)
        changed = len(work.reflag)
        flags = FlagChanges(job, destination, changes_of(work, recognition))
        size = await self._bring_all(job, work, recognition, following)
        if recognition.late is not None:
            await recognition.late.remove(job, session.sink)
        changed += len(work.reflag)
        for changes in (flags, FlagChanges(job, destination, changes_of(work, recognition))):
            await changes.settle()
        changed += await enforce_flags(job, destination)
        if work.todo:
            await reckon(job.ledger, job.folder_id, inventory, work.tally, job.run, self._shown)
        uidnext = max(destination.uidnext or 0, self._uidnext)
        whole, departed = self._trouble is None, work.departed
        await session.ledger.complete(self._marks.kept(self._record, source, work.tally, uidnext, whole=whole, departed=departed))
        tell_completed(session.sink, self._shown, self._destination_shown, work.tally, size)
        return FolderPass(self._result(work.tally), size, changed, self._trouble, self.destination_uidvalidity)

    def open_ahead(self, destination_status: Status | None) -> None:
        """Begin to open the folders; nothing else may use the connections until ``run``."""
        if self._marks.unchanged(self._record, destination_status) is None:
            self._opening = self._begin_to_open()

    def _begin_to_open(self) -> Opening:
        self._session.precedence.done(self._number)
        self._number = self._session.precedence.begin()
        marks = self._marks
        return Opening(self._source, self._destination, self._record, marks.status, marks.since(self._record), self._lister)

    async def close_again(self) -> None:
        """The folder before needs the connections again: begin anew in ``run``. Raises TransferError."""
        opening, self._opening = self._opening, None
        self._session.precedence.done(self._number)
        if opening is not None:
            await opening.undo()

    def give_up(self) -> None:
        """``run`` will not be called."""
        self._session.precedence.done(self._number)
        if self._opening is not None:
            self._opening.give_up()

    async def _open(self) -> tuple[Selected, Selected]:
        """EXAMINE and list here, SELECT there, at the same time; ahead of time or now."""
        opening = self._opening or self._begin_to_open()
        self._opening = None
        source, self._listed, destination = await opening.result()
        if destination.read_only:
            clause = _("“%(folder)s” is open for reading only. Give the user the right to add messages", folder=self._destination_shown)
            words = at_side(SideName.DESTINATION, self._destination.side.endpoint, clause)
            raise TransferError(Failure(SideName.DESTINATION, Scope.FOLDER, Retry.NEVER, "read-only", words))
        return source, destination

    async def _check_validity(self, source: Selected, destination: Selected) -> None:
        record, session = self._record, self._session
        ours = Opened(self._source, source, record.source_uidvalidity, record.source_id)
        theirs = Opened(self._destination, destination, record.destination_uidvalidity, record.destination_id)
        if not session.doubtful:
            refuse_exchanged(record, ours, theirs)
        self._record = await revalidate(record, ours, theirs, session.ledger, session.departures, session.sink)
        self.destination_uidvalidity = theirs.now

    async def _take(self) -> Inventory:
        client = self._session.source
        listed = self._listed
        if isinstance(listed, Changes):
            listed = await listed.whole(self._session.ledger, self._record.id, _counted(client))
        with blame(self._source.side, "listing messages", self._shown, Scope.FOLDER):
            inventory = await take(client, self._lister) if listed is None else listed
            if len(inventory) < _counted(client):
                await client.noop()  # what was expunged meanwhile is told now; then the list must be whole
                inventory = await take(client, self._lister)
        missing = _counted(client) - len(inventory)
        if missing > 0:
            client.note(quirks.SEARCH_WRONG)
            words = _(
                "Source %(server)s: “%(folder)s”: the server counts %(counted)s messages and lists %(listed)s. The others cannot be "
                "copied; a further run asks again. Look at this folder with a mail program on the old server.",
                server=str(self._source.side.endpoint),
                folder=self._shown,
                counted=str(_counted(client)),
                listed=str(len(inventory)),
            )
            self._trouble = Failure(SideName.SOURCE, Scope.FOLDER, Retry.LATER, "messages-not-listed", words)
        return inventory if self._labels is None else await self._read_labels(self._labels, inventory)

    async def _read_labels(self, labels: Labels, inventory: Inventory) -> Inventory:
        if self._archive:
            inventory = await labels.at_rest(inventory, self._session.ledger)
        with blame(self._source.side, "asking for categories", self._shown, Scope.FOLDER):
            await labels.mark_categories(self._session.source, inventory)
        return inventory

    async def _diff_of_what_holds(self, inventory: Inventory, source: Selected, destination: Selected) -> tuple[Inventory, Work]:
        """The difference to the ledger, whose rows are begun anew where a server has gone back behind them; then the
        inventory must be one that was not taken from these rows."""
        work, session = await self._diff(inventory), self._session
        there = await destination_went_back(self._record, work, destination, self._destination)
        if not there and not source_went_back(inventory, work, source):
            return inventory, work
        await begin_anew(self._record, session.ledger, session.departures, session.sink, destination, source_only=not there)
        self._record = replace(self._record, destination_uidnext=None)
        if isinstance(self._listed, Changes):
            self._listed = None
            inventory = await self._take()
        return inventory, await self._diff(inventory)

    async def _diff(self, inventory: Inventory) -> Work:
        diff = Diff(inventory, self._session.run)
        if isinstance(self._listed, Changes) and self._listed.rows is not None:
            diff.take(self._listed.rows)
        elif not self._new:
            async for rows in self._session.ledger.known(self._record.id):
                diff.take(rows)
        return diff.work()

    def _job(self, inventory: Inventory) -> Job:
        session, record, here, there = self._session, self._record, self._source, self._destination
        name = record.destination_name
        ledger = session.ledger if self._labels is None else identified(session.ledger, inventory)
        return Job(here, there, name, inventory, ledger, record.id, session.settings, session.run, self._new, session.pace)

    async def _recognise(self, job: Job, work: Work, destination: Selected) -> Recognition:
        """What was under way alone is read again to be recognised: if that breaks the line, it counts against it too."""
        strikes = self._session.strikes.of(job.folder_id)
        try:
            sleep, untouchable = self._session.sleep, strikes.struck(REFUSED_AFTER)
            departures, exists = self._session.departures, destination.exists
            recognition = await recognise(job, work, exists, departures, sleep, untouchable)
        except TransferError as error:
            if error.failure.suspicious:
                intents = await job.ledger.intents(job.folder_id)
                alone = [intent.source_uids[0] for intent in intents if len(intent.source_uids) == 1 and not intent.late]
                strikes.add(alone)
            raise
        if recognition.tally.copied:
            strikes.carried()  # it had arrived when the line broke
        return recognition

    async def _leave_out_large(self, job: Job, work: Work, recognition: Recognition) -> None:
        """Messages over the limit are listed before anything is read."""
        inventory, limit = job.inventory, self._session.settings.max_size
        rows = [
            MessageRow(
                inventory.uids[position],
                Fate.SKIPPED,
                self._session.run,
                size=inventory.sizes[position],
                flags=inventory.flags(position),
                reason=over_size(inventory.sizes[position], limit),
            )
            for position in work.todo
            if inventory.sizes[position] > limit and inventory.uids[position] not in recognition.found
        ]
        if rows:
            await job.ledger.record(job.folder_id, rows)
            recognition.found.update(row.source_uid for row in rows)
            self._add(work.tally, rows)
            words = ngettext(
                "“%(folder)s”: %(n)s message left out, larger than %(limit)s bytes.",
                "“%(folder)s”: %(n)s messages left out, larger than %(limit)s bytes.",
                len(rows),
                folder=self._shown,
                limit=str(limit),
            )
            self._session.sink.write(Entry(Level.WARNING, "messages-skipped", words, self._shown))

    async def _bring_moved(self, job: Job, work: Work, recognition: Recognition) -> None:
        """What came here from another folder of the source comes from there on the destination too."""
        new = _left(job, work, recognition)
        if new:
            await self._see_who_came_meanwhile(job.inventory.uids[new[-1]])
        if not new or not self._session.departures:
            return
        self._go_alone()
        rows, flags = await bring_moved(job, self._session.departures, new)
        self._add(work.tally, rows)
        recognition.found.update(row.source_uid for row in rows)
        work.reflag.extend(flags)
        moved = sum(row.fate is Fate.MOVED for row in rows)
        work.departed = max(0, work.departed - sum(row.fate is Fate.ADOPTED for row in rows))  # back here under another UID
        if moved:
            words = ngettext(
                "“%(folder)s”: %(n)s message had moved here on the source and was moved on the destination.",
                "“%(folder)s”: %(n)s messages had moved here on the source and were moved on the destination.",
                moved,
                folder=self._shown,
            )
            self._session.sink.write(Entry(Level.INFO, "messages-moved", words, self._shown))

    async def _copy_known(self, job: Job, work: Work, recognition: Recognition) -> None:
        """What another folder of labels has brought already is copied from there."""
        new = _left(job, work, recognition) if self._labels is not None else []
        if not new:
            return
        count = 0
        async for copies in copy_known(job, new, self._session.sink):
            self._add(work.tally, copies.rows)
            recognition.found.update(row.source_uid for row in copies.rows)
            work.reflag.extend(copies.reflag)
            count += len(copies.rows)
        if count:
            words = ngettext(
                "“%(folder)s”: %(n)s message that other folders have too was copied on the destination, not fetched.",
                "“%(folder)s”: %(n)s messages that other folders have too were copied on the destination, not fetched.",
                count,
                folder=self._shown,
            )
            self._session.sink.write(Entry(Level.INFO, "labels-copied", words, self._shown))

    async def _see_who_came_meanwhile(self, last_uid: int) -> None:
        """Messages that came after the folders were listed may have come from folders that are done already. Those are
        looked at after this folder's list was read, so whoever is on the list has left them."""
        status, record = self._marks.status, self._record
        if not self._archive and (status is None or status.uidnext is None or last_uid < status.uidnext):
            return
        session = self._session
        await session.precedence.wait_for_earlier(self._number)
        # Beside others it is only asked whether anybody has left: what they are doing is counted by nobody twice.
        departures = Departures(session.run, Memory(), lambda name: False) if session.several else session.departures
        departures.views = session.departures.views
        await look_again(departures, self._source, session.ledger, record.source_name)
        if departures:
            self._go_alone()
        selected = await select(self._source, record.source_name, read_only=True)
        if validity(selected) != record.source_uidvalidity:
            clause = _("“%(folder)s” was renumbered while it was read. Trasloco looks again", folder=self._shown)
            words = at_side(SideName.SOURCE, self._source.side.endpoint, clause)
            raise TransferError(Failure(SideName.SOURCE, Scope.ACCOUNT, Retry.NOW, "uidvalidity-changed", words))

    def _go_alone(self) -> None:
        """A move takes a message out of a folder of the destination that another lane may be matching just now."""
        if self._session.several:
            words = _("Messages were moved or renumbered while several folders were brought at a time. Trasloco goes on folder by folder.")
            raise TransferError(Failure(SideName.OURS, Scope.ACCOUNT, Retry.NOW, "moved-meanwhile", words))

    async def _find_dates(self, job: Job, work: Work, recognition: Recognition) -> None:
        """A date that cannot be read is no reason to send none."""
        new = (position for position in work.todo if job.inventory.uids[position] not in recognition.found)
        found = await find_dates(self._source, job.inventory, new)
        if found is not None:
            self._source.client.note(quirks.INVALID_INTERNAL_DATE)
            words = _(
                "“%(folder)s”: messages without a readable date were dated %(received)s by their Received field, %(date)s by their Date, "
                "%(none)s go without.",
                folder=self._shown,
                received=str(found.received),
                date=str(found.date),
                none=str(found.none),
            )
            self._session.sink.write(Entry(Level.WARNING, "dates-found", words, self._shown))

    async def _wait_for_others(self) -> None:
        """What is in no folder is known when the lists of all folders have been read."""
        precedence = self._session.precedence
        if self._opening is None:
            self._number = precedence.begin()
        precedence.listed(self._number)
        await precedence.wait_for_earlier(self._number)

    async def _bring_all(self, job: Job, work: Work, recognition: Recognition, following: Following | None) -> int:
        """Copy what other folders of labels have brought, relay the rest. Returns the bytes relayed.

        What another folder is bringing just now is left aside until it has. What is ours to bring is looked up once it is:
        then nobody can have brought it since.
        """
        reservations, size = self._session.reservations, 0
        while True:
            elsewhere = reservations.take(job.folder_id, _identities(job, work, recognition)) if self._session.several else set()
            await self._copy_known(job, work, recognition)
            left = _left(job, work, recognition)
            if not elsewhere:
                return size + await self._bring(job, left, work, recognition, following)
            mine = [position for position in left if job.inventory.identity(position) not in elsewhere]
            size += await self._bring(job, mine, work, recognition, None)
            recognition.found.update(job.inventory.uids[position] for position in mine)
            reservations.release(job.folder_id)
            await reservations.wait_for(elsewhere)

    async def _bring(self, job: Job, todo: Sequence[int], work: Work, recognition: Recognition, following: Following | None) -> int:
        """Relay these; returns the bytes copied."""
        relay = Relay(job)
        salvage = Salvage(job, relay, self._session.sink, recognition.unbound)
        strikes = self._session.strikes.of(job.folder_id)
        uids = job.inventory.uids
        todo = array("Q", reversed(todo)) if self._newest_first else todo
        if strikes:
            given_up = strikes.convicted(REFUSED_AFTER, UidSet(uids[position] for position in todo))
            await self._give_up(job, [position for position in todo if uids[position] in given_up], work)
            todo = strikes.suspects_last((position for position in todo if uids[position] not in given_up), uids)
        counter = Counter(self._session.sink, relay, work.tally, strikes)
        self.under_way = True
        try:
            on_sent = following.begin if following is not None and self._ends_with_messages(work, recognition) else None
            leftovers = await relay.carry(counter.watch(self._cut(job, todo)), on_sent)
            counter.count()
            if relay.left and following is not None and (leftovers.absent or leftovers.refused):
                await following.take_back()
                await self._open_again()
                relay.left = False
            await salvage.work_off(leftovers)
            relay.raise_if_cut_short()
        except TransferError as error:
            if error.failure.suspicious:
                strikes.add(relay.in_flight)
            raise
        finally:
            counter.count()
        self.under_way = False
        self._uidnext = relay.uidnext
        self._add(work.tally, salvage.rows)
        tell_flags_lost(self._session.sink, self._shown, relay.permitted.lost)
        return counter.size

    def _ends_with_messages(self, work: Work, recognition: Recognition) -> bool:
        """Whether nothing is left to be done in these folders when the messages have arrived."""
        return recognition.late is None and not (work.reflag or recognition.reflag or self._session.settings.source_flags_win)

    async def _open_again(self) -> None:
        """Something is left after all. Raises TransferError, also when the folders are others by now."""
        source, _listed, destination = await Opening(self._source, self._destination, self._record, None).result()
        if (validity(source), validity(destination)) != (self._record.source_uidvalidity, self._record.destination_uidvalidity):
            words = _(
                "“%(folder)s” was renumbered while its messages were brought. Trasloco looks again what is there.", folder=self._shown
            )
            side = self._source.side.name if validity(source) != self._record.source_uidvalidity else self._destination.side.name
            raise TransferError(Failure(side, Scope.ACCOUNT, Retry.NOW, "uidvalidity-changed", words))

    def _cut(self, job: Job, todo: Sequence[int]) -> Iterator[Batch]:
        settings = job.settings
        alone = frozenset(self._session.strikes.of(job.folder_id).struck(SUSPECT_AFTER))
        batches = cut(job.inventory, todo, messages=settings.batch_messages, size=settings.batch_bytes, alone=alone)
        return (batch.ascending() for batch in batches) if self._newest_first else batches

    async def _give_up(self, job: Job, positions: Sequence[int], work: Work) -> None:
        rows = []
        for position in positions:
            uid, size = job.inventory.uids[position], job.inventory.sizes[position]
            reason = _("the connection broke %(times)s times with this message on its way, the last times alone", times=REFUSED_AFTER)
            rows.append(MessageRow(uid, Fate.REFUSED, job.run, size=size, flags=job.inventory.flags(position), reason=reason))
            words = on_message(uid, self._shown, size, reason)
            self._session.sink.write(Entry(Level.ERROR, "message-refused", words, self._shown, uid))
        if rows:
            await job.ledger.record(job.folder_id, rows)
            self._add(work.tally, rows)

    def _add(self, tally: Tally, rows: Sequence[MessageRow]) -> None:
        for row in rows:
            tally.add(row.fate)
        self._session.sink.advance(len(rows), 0)

    def _result(self, tally: Tally) -> FolderResult:
        return result_of(self._record, self._shown, self._destination_shown, tally)


def _left(job: Job, work: Work, recognition: Recognition) -> array[int]:
    """Positions of what is still to be brought."""
    if not recognition.found:
        return work.todo
    return array("Q", (position for position in work.todo if job.inventory.uids[position] not in recognition.found))


def _identities(job: Job, work: Work, recognition: Recognition) -> Iterator[int]:
    return (identity for position in _left(job, work, recognition) if (identity := job.inventory.identity(position)) is not None)


def _counted(client: Client) -> int:
    return client.selected.exists if client.selected is not None else 0
