"""One folder among those that go together (see ``together``): its steps, each begun for all before the next one.

look -> seen -> [ask -> begin -> carry -> hear -> finish]; the steps in brackets only while it is ``plain``.
"""

from __future__ import annotations

import asyncio

from trasloco.engine.all_to_their_end import all_to_their_end
from trasloco.engine.batches import Batch, cut
from trasloco.engine.classify import blame
from trasloco.engine.counter import Counter
from trasloco.engine.early_lists import EarlyLists
from trasloco.engine.failure import Failure, Retry, Scope, SideName, TransferError
from trasloco.engine.fate import Tally
from trasloco.engine.folder_pass import FolderPass, result_of, tell_completed, tell_flags_lost
from trasloco.engine.identity import Place
from trasloco.engine.inventory import Inventory
from trasloco.engine.job import Job
from trasloco.engine.ledger import FolderRecord
from trasloco.engine.marks import Marks
from trasloco.engine.opening import Opening
from trasloco.engine.outgoing import Sending
from trasloco.engine.reckoning import reckon
from trasloco.engine.relay import Leftovers, Relay
from trasloco.engine.session import Session
from trasloco.engine.validity import Opened, revalidate, validity
from trasloco.imap.body_stream import BodyStream
from trasloco.imap.errors import CommandFailed
from trasloco.imap.pending_selection import PendingSelection
from trasloco.imap.values import Selected, Status
from trasloco.sentence import sentence as _

MOST_MESSAGES = 2000
MOST_BYTES = 16 * 1024 * 1024
"""What goes together at the most: lists are kept until their folder's turn, and what a broken line leaves is looked for."""


class SmallFolder:
    """record: as the ledger has it by now. plain: still on its way. done: what its pass brought, None when it is left.

    early: lists that were asked for before.
    """

    def __init__(
        self,
        session: Session,
        record: FolderRecord,
        shown: str,
        destination_shown: str,
        status: Status | None,
        early: EarlyLists | None = None,
    ) -> None:
        self._early = early
        self._session, self.record, self._shown, self._destination_shown = session, record, shown, destination_shown
        self._marks = Marks(session, status)
        self._source = Place(session.source_side, session.source, shown)
        self._destination = Place(session.destination_side, session.destination, destination_shown)
        self.plain = False
        self.done: FolderPass | None = None
        self._number = 0
        self._opening: Opening | None = None
        self._inventory = Inventory()
        self._tally = Tally()
        self._batches: list[Batch] = []
        self._examined: PendingSelection | None = None
        self._streams: list[BodyStream] = []
        self._sendings: list[Sending] = []
        self._unheard: TransferError | None = None

    def look(self) -> None:
        """Ask for the list of the one and the state of the other."""
        early = self._early.take(self.record.source_name) if self._early is not None else None
        self._turn = asyncio.Event()
        self._number, ours = (self._session.precedence.begin(), None) if early is None else early
        self._opening = Opening(self._source, self._destination, self.record, self._marks.status, early=ours, turn=self._turn)

    async def seen(self) -> None:
        """Take what they say. A folder that cannot be opened is left: ``folder_run`` says why."""
        opening, self._opening = self._opening, None
        assert opening is not None, "look comes first"
        self._turn.set()
        try:
            self._selected, listed, self._selected_there = await opening.result()
        except TransferError as error:
            if error.failure.scope is not Scope.FOLDER:
                raise
            return
        if isinstance(listed, Inventory):
            self._inventory = listed
        self._session.precedence.listed(self._number)
        self._session.inbox.listed(self.record, self._selected, self._inventory)
        self.plain = self._is_plain(self._selected, self._selected_there)

    def _is_plain(self, source: Selected, destination: Selected) -> bool:
        inventory, status, settings = self._inventory, self._marks.status, self._session.settings
        if not validity(source) or not validity(destination) or destination.read_only or destination.exists:
            return False
        if status is None or status.uidvalidity != source.uidvalidity or len(inventory) != source.exists:
            return False
        if len(inventory) > MOST_MESSAGES or sum(inventory.sizes) > settings.batch_bytes:
            return False  # the FETCHes of one folder may be answered mixed: what comes early is kept
        if len(inventory) and inventory.uids[-1] >= (status.uidnext or 0):
            return False  # it came meanwhile: perhaps out of another folder
        positions = range(len(inventory))
        return all(0 < inventory.sizes[at] <= settings.max_size and inventory.date(at) is not None for at in positions)

    def ask(self) -> None:
        """Open it once more and ask for all of its messages, in one breath."""
        settings, inventory = self._session.settings, self._inventory
        self._batches = list(cut(inventory, range(len(inventory)), messages=settings.batch_messages, size=settings.batch_bytes))
        if self._batches:
            with blame(self._source.side, "asking for messages", self._shown):
                asked = self._session.source.examine_and_bodies(self.record.source_name, [batch.uids for batch in self._batches])
                self._examined, self._streams = asked

    async def begin(self) -> None:
        """Validities and intents, committed before a byte goes to the destination."""
        session = self._session
        ours = Opened(self._source, self._selected, None, "")
        theirs = Opened(self._destination, self._selected_there, None, "")
        self.record = await revalidate(self.record, ours, theirs, session.ledger, session.departures, session.sink)
        name, folder_id = self.record.destination_name, self.record.id
        job = Job(self._source, self._destination, name, self._inventory, session.ledger, folder_id, session.settings, session.run, True)
        self._relay = Relay(job, self._selected_there)
        self._relay.left = True  # no other folder's numbers are to be taken for this one's
        begun = [self._relay.begin(batch, stream) for batch, stream in zip(self._batches, self._streams, strict=True)]
        self._sendings = await all_to_their_end(begun)

    async def carry(self) -> None:
        """Hand its messages on as they come; all that were asked for before have come by now."""
        session = self._session
        session.sink.enter(self._shown)
        if self._examined is None:
            return
        try:
            with blame(self._source.side, "opening the folder", self._shown, Scope.FOLDER, refusals=True):
                now = await self._examined
        except CommandFailed:
            now = None  # its messages are not coming either
        if now is not None and validity(now) != self.record.source_uidvalidity:
            words = _(
                "“%(folder)s” was renumbered while its messages were asked for. Trasloco looks again what is there.", folder=self._shown
            )
            raise TransferError(Failure(SideName.SOURCE, Scope.ACCOUNT, Retry.NOW, "uidvalidity-changed", words))
        try:
            for sending in self._sendings:
                await self._relay.relay(sending)
        except TransferError as error:
            if error.failure.suspicious:
                session.strikes.of(self.record.id).add(self._relay.in_flight)
            raise

    async def hear(self) -> None:
        """The destination's answers; if they do not come, ``finish`` says why."""
        try:
            for sending in self._sendings:
                await self._relay.hear(sending)
        except TransferError as error:
            self._unheard = error

    async def finish(self) -> None:
        """The rows of what was heard of, the sums, the marks. Raises what ``hear`` met."""
        session, leftovers = self._session, Leftovers()
        counter = Counter(session.sink, self._relay, self._tally, session.strikes.of(self.record.id))
        failed = await self._settle(leftovers)
        session.sink.enter(self._shown)
        counter.count()
        if failed is not None and failed.failure.scope is not Scope.FOLDER:
            raise failed
        if failed is not None or leftovers.absent or leftovers.refused:
            session.sink.advance(-self._tally.source, 0)  # it is gone through once more, from the ledger; ``folder_run`` says why
            return
        if len(self._inventory):
            await reckon(session.ledger, self.record.id, self._inventory, self._tally, session.run, self._shown)
        uidnext = max(self._selected_there.uidnext or 0, self._relay.uidnext)
        await session.ledger.complete(self._marks.kept(self.record, self._selected, self._tally, uidnext, whole=True))
        tell_flags_lost(session.sink, self._shown, self._relay.permitted.lost)
        tell_completed(session.sink, self._shown, self._destination_shown, self._tally, counter.size)
        result = result_of(self.record, self._shown, self._destination_shown, self._tally)
        self.done = FolderPass(result, counter.size, destination_uidvalidity=validity(self._selected_there))

    async def _settle(self, leftovers: Leftovers) -> TransferError | None:
        """The rows of all batches that the destination has answered; why not of all, if so."""
        heard = [sending for sending in self._sendings if not sending.commands]
        try:
            await all_to_their_end(self._relay.settle(sending, leftovers) for sending in heard)
        except TransferError as error:
            return error
        return self._unheard

    async def undo(self) -> None:
        """It is not to be brought after all: what was asked for is let pass. Raises TransferError when a connection is the trouble."""
        opening, self._opening = self._opening, None
        if opening is not None:
            self._turn.set()
            await opening.undo()

    def close(self) -> None:
        """Whatever became of it."""
        self._session.precedence.done(self._number)
        if self._opening is not None:
            self._opening.give_up()
