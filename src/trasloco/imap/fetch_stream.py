"""Message attributes as they come in: ``Client.fetch``.

All commands of a long set are sent at once. A server may spread the items of a message over several
responses, and may at any time volunteer the new flags of one: what lacks an item asked for is kept
and merged until the message is complete, and given as it is at the end. Of two fetches of the same
messages at the same time either may get an answer meant for the other: finish one first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from functools import partial
from operator import itemgetter

from trasloco.imap.commands import uid_fetch
from trasloco.imap.connection import Connection
from trasloco.imap.errors import CommandFailed, ImapError, LimitExceeded
from trasloco.imap.exchange import Exchange
from trasloco.imap.fetch_response import ListedItems, TakeMany, listed_at, listed_message
from trasloco.imap.number_set import NumberSet, parse_set, uid_set
from trasloco.imap.responses import Response
from trasloco.imap.values import Fetched, Kind, StatusText
from trasloco.sentence import sentence as _

_WEIGHT = 256  # bytes a Fetched is counted with while it waits for the reader
_PLACES = {"FLAGS": 2, "INTERNALDATE": 3, "RFC822.SIZE": 4, "MODSEQ": 5}  # in ``ListedItems``
_FIELDS = {"FLAGS": "flags", "INTERNALDATE": "internal_date", "RFC822.SIZE": "size", "MODSEQ": "modseq"}


class FetchStream:
    """One ``Client.fetch`` under way; ``results`` iterates it once.

    take_many: given the lines that come in their usual form, many at a time and as they come. take: given the others, so that all are
    told in the order in which they come; ``results`` has those of which a part never came. Without them ``results`` has all.
    """

    def __init__(
        self,
        connection: Connection,
        uids: Iterable[int] | str,
        items: Sequence[str],
        changed_since: int | None,
        take_many: TakeMany | None = None,
        take: Callable[[Fetched], None] | None = None,
    ) -> None:
        self._take_block, self._take_one = take_many or self._keep, take or self._keep_one
        self._connection = connection
        self._queue: deque[Fetched] = deque()
        self._partial: dict[int, Fetched] = {}
        self._wanted = tuple(_FIELDS[item.upper()] for item in items if item.upper() in _FIELDS)
        self._places = (1, *(_PLACES[item.upper()] for item in items if item.upper() in _PLACES))
        self._sections = sum(1 for item in items if "[" in item)
        self._dropped = False  # the reader stopped before the end: what still comes is not kept
        self.listening = True  # false: what comes is not for us (yet)
        self._wake: asyncio.Future[None] | None = None
        self._unanswered = 0
        self._answers = 0
        self._error: ImapError | None = None
        names = items if any(item.upper() == "UID" for item in items) else ("UID", *items)
        for text in [uids.encode("ascii")] if isinstance(uids, str) else uid_set(uids):
            command = uid_fetch(text, names, changed_since)
            self._unanswered += 1
            # An open end (``5:*``) also means the last message, whatever its UID.
            asked = None if b"*" in text else NumberSet(parse_set(text))
            exchange = Exchange(
                command.words,
                command.pieces,
                self._done,
                accepts=(Fetched,),
                on_data=self._take,
                in_bulk=None if self._sections else partial(self._take_many, asked),
                uids=asked,
                whole=any("[]" in item for item in items),
                parts=self._sections > 0,
            )
            connection.start(exchange)

    def _done(self, status: StatusText | None, error: ImapError | None) -> None:
        self._unanswered -= 1
        if error is None and status is not None and status.kind is not Kind.OK:
            error = CommandFailed(status, "UID FETCH")
        self._error = self._error or error
        self._awake()

    def _take(self, response: Response) -> None:
        if not isinstance(response, Fetched) or response.uid is None or self._dropped or not self.listening:
            return
        uid = response.uid
        if not self._is_complete(response):
            earlier = self._partial.pop(uid, None)
            if earlier is not None:
                response = _merge(earlier, response)
            if not self._is_complete(response):
                self._partial[uid] = response
                if len(self._partial) > self._connection.limits.partial:
                    words = _("the server tells of more messages only a part of what was asked than we keep")
                    self._connection.abort(LimitExceeded("partial", words))
                return
        elif self._partial:
            self._partial.pop(uid, None)
        self._take_one(response)
        self._count(1)

    def _keep_one(self, response: Fetched) -> None:
        """Until ``results`` is asked for it."""
        self._queue.append(response)
        self._connection.hold(self._weigh(response))
        self._awake()

    def _take_many(self, asked: NumberSet | None, data: bytes, position: int) -> int:
        """The usual lines of an inventory, as many as there are; what they lack is nothing that was asked for."""
        if self._dropped or not self.listening:
            return position
        lines: list[ListedItems] = []
        asked_for, incomplete = itemgetter(1, *self._places), self._partial
        while (found := listed_at(data, position)) is not None:
            items, end = found
            if None in asked_for(items):
                break  # it lacks something that was asked for
            if (incomplete or asked is not None) and not self._belongs(items, asked):
                break
            lines.append(items)
            position = end
        if lines:
            self._count(len(lines))
            self._take_block(lines)
        return position

    def _count(self, answers: int) -> None:
        """A server may tell of a message more than once, but not without end."""
        self._answers += answers
        if self._answers > self._connection.limits.entries:
            self._connection.abort(LimitExceeded("entries", _("the server names more messages than we keep")))

    def _belongs(self, items: ListedItems, asked: NumberSet | None) -> bool:
        uid = int(items[1] or 0)
        return uid not in self._partial and (asked is None or uid in asked)

    def _keep(self, lines: list[ListedItems]) -> None:
        """Until ``results`` is asked for them."""
        self._queue.extend(map(listed_message, lines))
        self._connection.hold(_WEIGHT * len(lines))
        self._awake()

    def _is_complete(self, fetched: Fetched) -> bool:
        if len(fetched.sections) < self._sections:
            return False
        return all([getattr(fetched, name) is not None for name in self._wanted])  # noqa: C419 - once a message: a generator costs more

    def _weigh(self, fetched: Fetched) -> int:
        return _WEIGHT if not fetched.sections else _WEIGHT + sum(len(content or b"") for content in fetched.sections.values())

    async def results(self) -> AsyncIterator[Fetched]:
        """The messages as they come. Raises CommandFailed at the end on NO or BAD, or what ended the
        connection. A reader that stops early has the rest dropped as it comes."""
        try:
            while self._queue or self._unanswered:
                while self._queue:
                    fetched = self._queue.popleft()
                    self._connection.release(self._weigh(fetched))
                    yield fetched
                if self._unanswered:
                    await self._sleep()
        finally:
            self.drop()
        if self._error is not None:
            raise self._error
        for fetched in self._partial.values():
            yield fetched

    def drop(self) -> None:
        """Nobody reads on: what is held is let go, and what still comes is not kept."""
        self._dropped = True
        while self._queue:
            self._connection.release(self._weigh(self._queue.popleft()))

    async def _sleep(self) -> None:
        self._wake = asyncio.get_running_loop().create_future()
        try:
            await self._connection.starving(self._wake)
        except asyncio.CancelledError:
            self._connection.abort()
            raise
        finally:
            self._wake = None

    def _awake(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


def _merge(earlier: Fetched, later: Fetched) -> Fetched:
    """Both answers about one message in one; the later one wins."""
    return Fetched(
        later.sequence,
        later.uid,
        earlier.flags if later.flags is None else later.flags,
        earlier.internal_date if later.internal_date is None else later.internal_date,
        earlier.size if later.size is None else later.size,
        earlier.modseq if later.modseq is None else later.modseq,
        earlier.sections | later.sections,
        earlier.other | later.other,
    )
