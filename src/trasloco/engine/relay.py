"""One folder's messages, source to destination: fetches sent ahead, literals handed on as they
come, many messages to one APPEND, intents before and rows after.

A body is never held: it passes chunk by chunk, and its SHA-256 is taken on the way. The CRLF that
completes an APPEND is sent only when the source's answer was read to its end, so what a broken
line cuts short never becomes a message.

Whoever gets an exception out of ``carry`` must drop both connections (not log out): an APPEND may
be open. Nothing is lost by that: the intents tell the next attempt what was on its way.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from trasloco.engine.arrivals import Arrivals, may_come_late
from trasloco.engine.batches import Batch
from trasloco.engine.classify import blame, busy, explain, over_quota
from trasloco.engine.failure import Failure, Retry, Scope, SideName, TransferError
from trasloco.engine.fate import Fate
from trasloco.engine.flags import Permitted
from trasloco.engine.identity import Place, pair
from trasloco.engine.job import Job
from trasloco.engine.ledger import MessageRow
from trasloco.engine.outgoing import Outgoing, Sending
from trasloco.engine.ownership import Ownership
from trasloco.engine.pace import Feed
from trasloco.engine.renewal import Restraint, renew_if_weary, weary
from trasloco.imap import quirks
from trasloco.imap.append_command import WholeMessage
from trasloco.imap.body_stream import Body, BodyStream
from trasloco.imap.dates import InternalDate
from trasloco.imap.errors import CommandFailed
from trasloco.imap.values import Appended, Selected
from trasloco.sentence import sentence as _

FETCH_AHEAD = 2
"""Batches whose FETCH is on its way, the one being relayed included."""

_GROUP = 256 * 1024
"""Bytes of small messages that are handed on together."""

APPENDS_IN_FLIGHT = 2
"""Batches sent whose answer is still awaited while the next one is relayed."""


@dataclass(frozen=True, slots=True)
class Absence:
    """UIDs of one FETCH for which no message came. empty: those of them that came as NIL or without a byte.
    refusal: the NO or BAD by which the FETCH ended, None after an OK."""

    uids: tuple[int, ...]
    empty: frozenset[int]
    refusal: CommandFailed | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Messages the destination would not take, its answer, and the lowest UID they could have there all the same."""

    batch: Batch
    answer: CommandFailed
    uidnext: int


@dataclass(slots=True)
class Leftovers:
    """What a plain pass could not bring, for ``salvage``.

    absent: what the source did not send. refused: what the destination would not take.
    """

    absent: list[Absence] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


class Relay:
    """Carries batches of one folder between two clients that have it selected; with ``begin``, ``relay`` and ``settle``,
    one by one, also where the destination has another one selected by then.

    selected: the destination folder as it was opened, when it is not the one open now.
    permitted: what of the flags the destination keeps. in_flight: source UIDs begun and not settled.
    settled: rows that are in the ledger since it was emptied. arrivals: knows the UIDs that our messages were given.
    left: the next folders may be open by now. cut_short: the pace was halted before all batches were carried.
    """

    def __init__(self, job: Job, selected: Selected | None = None) -> None:
        selected = selected or job.destination.client.selected
        assert selected is not None, "the destination folder is selected by the folder run"
        self._job = job
        self._uidvalidity = selected.uidvalidity
        # A lower bound of the next UID: what is appended from now on lies at or above it.
        self._uidnext = selected.uidnext or 1
        self._floor_known = False
        self.left = self.cut_short = False
        self._in_the_middle = False
        self._restraint = Restraint(job.destination)
        self._ownership = Ownership(job.ledger)
        self.arrivals = Arrivals(job.destination)
        self.permitted = Permitted(selected)
        self.in_flight: set[int] = set()
        self.settled: list[MessageRow] = []

    async def carry(self, batches: Iterable[Batch], on_sent: Callable[[], None] | None = None) -> Leftovers:
        """Bring all batches, in their order, and return what did not go.

        on_sent: called when all is sent and only the destination's answers are due, if nothing is missing so far
        and it is a server that tells the new UIDs: the folders may then be left.
        Raises TransferError when a whole side, folder or mailbox is the trouble; Fenced, LedgerUnavailable.
        """
        sent: deque[Sending] = deque()
        try:
            return await self._carry(batches, on_sent, sent)
        except TransferError as error:
            if error.failure.side is SideName.SOURCE:
                await self._settle_what_went(sent)
            raise

    async def _settle_what_went(self, sent: deque[Sending]) -> None:
        """The source is the trouble: what the destination has whole is not sent a second time.

        Only answers are taken. A command of ours may be open in the middle of a message: another one would wait for its
        end for ever, so what has to be looked for is left to whoever finds the intent."""
        self._in_the_middle = True
        with contextlib.suppress(TransferError):
            await self._settle_down_to(0, sent, Leftovers())

    async def _carry(self, batches: Iterable[Batch], on_sent: Callable[[], None] | None, sent: deque[Sending]) -> Leftovers:
        leftovers = Leftovers()
        waiting = Feed(self._job.pace, self._job.inventory, batches, self._stay_awake)
        ahead: deque[Sending] = deque()
        if not self._gives_uids and not self._floor_known:
            await self._find_floor()
        while await self._fill(ahead, waiting):
            sending = ahead.popleft()
            if sending.batch.alone or weary(self._job.destination):
                await self._settle_down_to(0, sent, leftovers)
                await renew_if_weary(self._job.destination)
            await self.relay(sending)
            sent.append(sending)
            # Without UIDs in the answer the new messages are looked for, so nothing else may be on its way.
            alone = sending.batch.alone or not self._gives_uids
            await self._settle_down_to(0 if alone else APPENDS_IN_FLIGHT, sent, leftovers)
        self.cut_short = waiting.cut_short
        if on_sent is not None and not self.cut_short and self._may_be_left(sent, leftovers):
            self.left = True
            on_sent()
        await self._settle_down_to(0, sent, leftovers)
        return leftovers

    async def _stay_awake(self) -> None:
        """Servers hang up on who says nothing for half an hour; a slow pace may have that much to wait."""
        for place in (self._job.source, self._job.destination):
            with blame(place.side, "waiting for the next messages' turn", place.folder):
                await place.client.noop()

    def raise_if_cut_short(self) -> None:
        """Raises TransferError by which the account rests, when the pace was halted before all batches were carried."""
        pace = self._job.pace
        if self.cut_short and pace is not None and pace.halted is not None:
            raise TransferError(pace.halted)

    def _may_be_left(self, sent: Iterable[Sending], leftovers: Leftovers) -> bool:
        places = (self._job.source, self._job.destination)
        if not self._job.destination.client.tells_uids or any(quirks.TEN_ERRORS.name in place.client.quirks for place in places):
            return False
        return not leftovers.absent and not leftovers.refused and not any(each.missing or each.refused for each in sent)

    async def _fill(self, ahead: deque[Sending], waiting: Feed) -> bool:
        """Keep FETCHes on their way; a batch that goes alone is not asked for before its turn."""
        if not ahead:
            await renew_if_weary(self._job.source)
        while len(ahead) < FETCH_AHEAD and not (ahead and ahead[-1].batch.alone):
            batch = await waiting.next(idle=not ahead)
            if batch is None:
                break
            ahead.append(await self._ask(batch))
        return bool(ahead)

    @property
    def uidnext(self) -> int:
        """The lowest UID that a message appended from now on can have."""
        return self._uidnext

    @property
    def _gives_uids(self) -> bool:
        client = self._job.destination.client
        return "UIDPLUS" in client.capabilities and "uidplus-without-appenduid" not in client.quirks

    async def _ask(self, batch: Batch) -> Sending:
        """Send the FETCH and commit the intent meanwhile: it is durable before the first byte goes to the destination."""
        with blame(self._job.source.side, "asking for messages", self._job.source.folder):
            stream = self._job.source.client.bodies(batch.uids)
        return await self.begin(batch, stream)

    async def begin(self, batch: Batch, stream: BodyStream) -> Sending:
        """Commit the intent of a batch that was asked for. Raises Fenced, LedgerUnavailable."""
        job = self._job
        self.in_flight.update(batch.uids)
        flags = [job.inventory.flags(position) for position in batch.positions]
        intent = await self._ownership.heard(job.ledger.begin(job.folder_id, self._uidvalidity, self._uidnext, batch.uids, flags))
        return Sending(batch, stream, intent, self._uidnext, set(batch.uids))

    async def relay(self, sending: Sending) -> None:
        """Hand on every body of one batch as it comes, in one APPEND or one for each."""
        job, outgoing = self._job, Outgoing(self._job, sending, self._restraint)
        with blame(job.source.side, "reading messages", job.source.folder):
            async for body in sending.stream:
                row = self._row(body, sending)
                if row is None or outgoing.closed:
                    await body.discard()
                elif row.fate is Fate.SKIPPED:
                    sending.rows.append(row)
                    await body.discard()
                else:
                    await self._hand_on(body, row, outgoing)
                    await self._hand_on_whole(sending, outgoing)
            sending.unsent = await self._end_of_fetch(sending.stream)
        await self._ownership.confirm()
        outgoing.end()

    def _row(self, body: Body, sending: Sending) -> MessageRow | None:
        """The row this body becomes; None when it was not asked for, came twice, or is empty."""
        uids = sending.batch.uids
        uid = body.uid if body.uid is not None or len(uids) > 1 else uids[0]
        if uid is None:
            raise TransferError(_late_uid(self._job.source))
        if uid not in sending.missing:
            return None
        if body.nil or body.size == 0:
            sending.empty.add(uid)
            return None
        sending.missing.discard(uid)
        position = self._job.inventory.position(uid)
        assert position is not None, "a batch is cut from the inventory"
        return self._row_of(uid, position, body.size)

    def _row_of(self, uid: int, position: int, size: int) -> MessageRow:
        """The row of a message of so many bytes, which stands there in the inventory."""
        job = self._job
        listed = job.inventory.sizes[position]
        row = MessageRow(uid, Fate.COPIED, job.run, None, size, None, job.inventory.flags(position), "", listed)
        if listed != size and listed:
            job.source.client.note(quirks.SIZE_LIES)
        if size > job.settings.max_size:
            # The size announced was smaller: some servers tell another size than they send.
            row.fate, row.reason = Fate.SKIPPED, over_size(size, job.settings.max_size)
        return row

    async def _hand_on_whole(self, sending: Sending, outgoing: Outgoing) -> None:
        """The short way of small ones, which come many in one piece. Who owns the transfer is asked before the APPEND ends."""
        inventory, missing, sha256, stream = self._job.inventory, sending.missing, hashlib.sha256, sending.stream
        places = dict(zip(sending.batch.uids, sending.batch.positions, strict=True))
        while outgoing.flows and await stream.has_come() and outgoing.flows and (group := stream.take_whole(_GROUP)):
            rows: list[MessageRow] = []
            messages: list[WholeMessage] = []
            for uid, content in group:
                if uid not in missing:
                    continue
                missing.discard(uid)
                position = places[uid]
                row = self._row_of(uid, position, len(content))
                if row.fate is Fate.SKIPPED:
                    sending.rows.append(row)
                    continue
                row.digest = sha256(content).digest()
                rows.append(row)
                messages.append((content, self.permitted.keep(row.flags), inventory.date(position)))
            with blame(self._job.destination.side, "sending messages", self._job.destination.folder):
                await outgoing.send_whole(rows, messages)

    async def _hand_on(self, body: Body, row: MessageRow, outgoing: Outgoing) -> None:
        """One body into the APPEND, its digest taken as it passes."""
        job = self._job
        side, folder = job.destination.side, job.destination.folder
        sha = hashlib.sha256()
        sending = blame(side, "sending messages", folder)
        with sending:
            taken = await outgoing.start(row, self.permitted.keep(row.flags), self._date(row.source_uid))
        if not taken:
            await body.discard()
            return
        write = outgoing.write
        async for chunk in body:
            sha.update(chunk)
            with sending:
                await write(chunk)
        row.digest = sha.digest()
        await self._ownership.confirm()
        outgoing.close_message()

    def _date(self, uid: int) -> InternalDate | None:
        position = self._job.inventory.position(uid)
        assert position is not None, "a batch is cut from the inventory"
        return self._job.inventory.date(position)

    async def _end_of_fetch(self, stream: BodyStream) -> CommandFailed | None:
        """NO or BAD after some bodies only means that the others did not come, unless it says wait."""
        try:
            await stream.finish()
        except CommandFailed as error:
            if busy(error.status):
                raise
            return error
        return None

    async def _settle_down_to(self, depth: int, sent: deque[Sending], leftovers: Leftovers) -> None:
        while len(sent) > depth:
            await self.settle(sent.popleft(), leftovers)

    async def hear(self, sending: Sending) -> None:
        """Await the destination's answers of one batch. A second time asks for what was not heard of. Raises TransferError."""
        side, folder = self._job.destination.side, self._job.destination.folder
        while sending.commands:
            pending, carried = sending.commands[0]
            try:
                with blame(side, "adding messages", folder, refusals=True):
                    appended = await pending
            except CommandFailed as error:
                sending.refused.append((carried, error))
            else:
                await self._give_uids(carried, appended)
                sending.rows.extend(carried)
            sending.commands.popleft()

    async def settle(self, sending: Sending, leftovers: Leftovers) -> None:
        """Await the destination's answers of one batch and write its rows, all in one transaction."""
        await self.hear(sending)
        for _batch, refusal in sending.refused:
            if may_come_late(refusal):
                self._raise_if_not_the_messages(refusal)  # the intent stays: the next attempt looks what has arrived
        await self._job.ledger.settle(sending.intent, sending.rows)
        self.in_flight.difference_update(sending.batch.uids)
        self.settled.extend(sending.rows)
        if sending.missing:
            leftovers.absent.append(Absence(tuple(sorted(sending.missing)), frozenset(sending.empty), sending.unsent))
        for rows, refusal in sending.refused:
            self._raise_if_not_the_messages(refusal)
            leftovers.refused.append(Refused(self._batch_of(rows), refusal, sending.uidnext))

    def _raise_if_not_the_messages(self, error: CommandFailed) -> None:
        """An answer that concerns the folder or the whole mailbox is no reason to try message by message."""
        status, place = error.status, self._job.destination
        if over_quota(status) or busy(status) or status.code in ("TRYCREATE", "NONEXISTENT", "NOPERM"):
            raise TransferError(explain(error, place.side, "adding messages", Scope.ACCOUNT, place.folder)) from error

    def _batch_of(self, rows: Sequence[MessageRow]) -> Batch:
        places = {row.source_uid: self._job.inventory.position(row.source_uid) for row in rows}
        found = {uid: position for uid, position in places.items() if position is not None}
        return Batch(tuple(found.values()), tuple(found), sum(row.size for row in rows))

    async def _give_uids(self, rows: list[MessageRow], appended: Appended) -> None:
        """Source UID -> destination UID, from APPENDUID or by looking."""
        if appended.uidvalidity is not None and self._uidvalidity is not None and appended.uidvalidity != self._uidvalidity:
            raise TransferError(_made_anew(self._job.destination))
        if appended.uids is not None and len(appended.uids) == len(rows):
            self._job.destination.client.tells_uids = True
            for row, uid in zip(rows, appended.uids, strict=True):
                row.destination_uid = uid
            self.arrivals.ours(appended.uids)
            self._uidnext = max(self._uidnext, max(appended.uids) + 1)
            return
        if self._gives_uids:
            self._job.destination.client.quirks.add("uidplus-without-appenduid")
        await self._look_up(rows)

    async def _find_floor(self) -> None:
        """Without APPENDUID new messages are known by standing above the highest UID there: UIDNEXT may be a lie."""
        place = self._job.destination
        assert place.client.selected is not None
        with blame(place.side, "listing messages", place.folder, Scope.FOLDER):
            there = [item.uid async for item in place.client.fetch("1:*", ("UID",)) if item.uid] if place.client.selected.exists else []
        self._uidnext = max(there, default=0) + 1
        self._floor_known = True

    async def _look_up(self, rows: list[MessageRow]) -> None:
        """Without APPENDUID: what is new from UIDNEXT on is matched with what was sent.

        A row that finds nothing keeps no UID; it was accepted, so it is there all the same.
        """
        place = self._job.destination
        if self.left or self._in_the_middle:
            raise TransferError(_uids_not_told(place))
        with blame(place.side, "looking for the new messages", place.folder):
            await place.client.noop()
            answers = place.client.fetch(f"{self._uidnext}:*", ("UID",))
            new = {item.uid async for item in answers if item.uid is not None and item.uid >= self._uidnext}
        pairs = await pair(self._job.source, place, [row.source_uid for row in rows], sorted(new), certain=False)
        for row in rows:
            row.destination_uid = pairs.get(row.source_uid)
        self.arrivals.ours(sorted(pairs.values()))
        self._uidnext = max([self._uidnext - 1, *pairs.values()]) + 1


def over_size(size: int, limit: int) -> str:
    """The rule by which a large message is left out, as listed in the report."""
    return _("larger than the limit: %(size)s bytes, at most %(limit)s are taken", size=str(size), limit=str(limit))


def _late_uid(place: Place) -> Failure:
    words = _(
        "The source names a message's UID only after its body, in “%(folder)s”. Trasloco asks again, one by one.", folder=place.folder
    )
    return Failure(place.side.name, Scope.ACCOUNT, Retry.NOW, "late-uid", words)


def _uids_not_told(place: Place) -> Failure:
    words = _(
        "The destination told the new UIDs of earlier messages and not those of the last ones in “%(folder)s”. Trasloco looks again.",
        folder=place.folder,
    )
    return Failure(place.side.name, Scope.ACCOUNT, Retry.NOW, "uids-not-told", words)


def _made_anew(place: Place) -> Failure:
    """APPEND goes by name: the folder that was opened and the one that took the messages are not the same."""
    words = _(
        "The destination's folder “%(folder)s” was made anew while messages were added to it. Trasloco looks again what is there.",
        folder=place.folder,
    )
    return Failure(place.side.name, Scope.ACCOUNT, Retry.NOW, "uidvalidity-changed", words)
