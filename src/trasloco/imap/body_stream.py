"""Whole messages as they come in: ``Client.bodies``.

``UID FETCH ... (UID BODY.PEEK[])`` is sent when the stream is made, so several streams may be on
their way; they are read in the order they were made. A ``Body`` hands on the literal in the pieces
the socket gave; a small one is put together first and comes whole. Who stops in the middle calls
``finish`` (which reads and drops the rest) or aborts the connection; a reader that is cancelled has
the connection aborted, for its place in the stream is lost. Servers may mix the answers of several
streams; each body finds its stream by its UID, and while a reader waits for bytes of one, those of
the others are kept, whatever ``Limits.buffered`` says.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from typing import cast

from trasloco.imap import quirks
from trasloco.imap.commands import uid_fetch
from trasloco.imap.connection import Connection
from trasloco.imap.errors import CommandFailed, ImapError, LimitExceeded, ProtocolViolation
from trasloco.imap.exchange import Exchange
from trasloco.imap.fetch_response import whole_message_at
from trasloco.imap.number_set import uid_set
from trasloco.imap.responses import Response
from trasloco.imap.values import Fetched, Kind, StatusText
from trasloco.sentence import sentence as _


class Body:
    """One message. Iterate it for its bytes, ``read`` it whole, or ``discard`` it.

    uid: None when the server told none before the literal and more than one was asked for; it is
    there, if the server tells it at all, once ``finished``. size: the exact size of the literal.
    nil: the server sent NIL or an empty value instead of a message. finished: all bytes were taken
    and the FETCH response was read to its closing parenthesis.
    """

    __slots__ = ("_stream", "finished", "nil", "size", "uid")

    def __init__(self, stream: BodyStream, uid: int | None, size: int, *, nil: bool = False) -> None:
        self._stream = stream
        self.uid = uid
        self.size = size
        self.nil = nil
        self.finished = False

    def __aiter__(self) -> Body:
        return self

    async def __anext__(self) -> bytes:
        chunk = None if self.finished else await self._stream.next_chunk(self)
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def read(self) -> bytes:
        """All of it. For messages known to be small."""
        return b"".join([chunk async for chunk in self])

    async def discard(self) -> None:
        """Take the rest and drop it."""
        async for _chunk in self:
            pass

    def __repr__(self) -> str:
        return f"Body(uid={self.uid}, size={self.size})"


_END = object()

_SMALL = 128 * 1024
"""Bytes of a message that is put together before it is handed on, when it comes in several pieces."""

Whole = tuple[int, bytes]
"""UID and all bytes of a message that is here to its end, response and all."""


class BodyStream:
    """The messages of one ``Client.bodies``, as the server sends them; what is gone does not appear.

    listening: false until ``listen``: what comes is of another mailbox. count: told the bytes of messages as they come.
    """

    def __init__(
        self,
        connection: Connection,
        uids: Collection[int],
        note: Callable[[quirks.Quirk], None],
        count: Callable[[int], None] = lambda size: None,
        *,
        listening: bool = True,
    ) -> None:
        self._connection = connection
        self._note = note
        self._count = count
        self._asked = frozenset(uids)
        self._listening = listening
        self._exchanges: list[Exchange] = []
        self._given: set[int] = set()  # a message comes once, even if the server sends it twice
        self._only = next(iter(self._asked)) if len(self._asked) == 1 else None
        self._queue: deque[Body | bytes | Whole | object] = deque()
        self._wake: asyncio.Future[None] | None = None
        self._current: Body | None = None  # being read
        self._incoming: Body | None = None  # being received
        self._pieces: list[bytes] | None = None  # of it, while it is put together
        self._unanswered = 0
        self._error: ImapError | None = None
        for text in uid_set(uids):
            self._ask(text)

    def _ask(self, uids: bytes) -> None:
        command = uid_fetch(uids, ("UID", "BODY.PEEK[]"))

        def done(status: StatusText | None, error: ImapError | None) -> None:
            self._unanswered -= 1
            if error is None and status is not None and status.kind is not Kind.OK:
                error = CommandFailed(status, command.words)
            self._error = self._error or error
            self._awake()

        exchange = Exchange(
            command.words,
            command.pieces,
            done,
            accepts=(Fetched,),
            whole=True,
            on_data=self._take,
            in_bulk=self._take_many,
            body=self,
            uids=self._asked if self._listening else frozenset(),
            deadline="idle_body",
        )
        self._exchanges.append(exchange)
        self._unanswered += 1
        self._connection.start(exchange)

    def listen(self) -> None:
        """What comes from here on is of the mailbox that was meant."""
        self._listening = True
        for exchange in self._exchanges:
            exchange.uids = self._asked

    # -- the reader's side

    def __aiter__(self) -> BodyStream:
        return self

    async def __anext__(self) -> Body:
        if self._current is not None:
            await self._current.discard()
        while not self._queue:
            if not self._unanswered:
                if self._error is not None and not isinstance(self._error, CommandFailed):
                    raise self._error
                raise StopAsyncIteration
            await self._sleep()
        body = self._queue.popleft()
        if isinstance(body, tuple):
            uid, content = body
            body = Body(self, uid, len(content))
            self._queue.extendleft((_END, content))
        assert isinstance(body, Body)
        self._current = body
        return body

    async def has_come(self) -> bool:
        """Wait for the next message, or a part of it; False when none comes any more."""
        while not self._queue and self._unanswered:
            await self._sleep()
        return bool(self._queue)

    def take_whole(self, size: int) -> list[Whole]:
        """The next messages that are here already to their last byte, in their order: until they are ``size`` bytes,
        or one that is not has its turn. They are read by that."""
        found: list[Whole] = []
        queue, taken = self._queue, 0
        if self._current is not None:
            return found
        while queue and taken < size and isinstance(queue[0], tuple):
            whole = cast(Whole, queue.popleft())
            taken += len(whole[1])
            found.append(whole)
        self._connection.release(taken)
        return found

    async def finish(self) -> None:
        """Drop what was not read and wait for the tagged answers. Raises CommandFailed on NO or BAD, or
        what ended the connection. May be called again, and says the same again."""
        async for body in self:
            await body.discard()
        if self._error is not None:
            raise self._error

    async def next_chunk(self, body: Body) -> bytes | None:
        """The next bytes of the body being read, None after the last; called by ``Body`` only."""
        if body is not self._current:
            raise RuntimeError("this body was left for a later one")
        while not self._queue:
            if self._error is not None and not self._unanswered:
                raise self._error
            await self._sleep()
        item = self._queue.popleft()
        if isinstance(item, bytes):
            self._connection.release(len(item))
            return item
        self._current = None
        if isinstance(item, ImapError):
            raise item
        body.finished = True
        return None

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

    # -- the protocol's side (BodyHandler)

    def _take_many(self, data: bytes, position: int) -> int:
        """Messages that are here from their first byte to the end of their response: small ones come many at a time."""
        asked, given, put = self._asked, self._given, self._queue.append
        held = 0
        if not self._listening:
            return position
        while (found := whole_message_at(data, position)) is not None:
            uid, start, end = found
            if uid not in asked or uid in given:
                break
            given.add(uid)
            held += end - start
            put((uid, data[start:end]))
            position = end + 3
        if held:
            self._count(held)
            self._connection.hold(held)
            self._awake()
        return position

    def begin(self, sequence: int, uid: int | None, size: int) -> None:
        if size > self._connection.limits.body:
            raise LimitExceeded("body", _("the server announced a message of %(size)s bytes", size=str(size)))
        self._count(size)
        if uid is None:
            uid = self._only
            self._note(quirks.LATE_UID)
        if not self._listening or (uid is not None and (uid not in self._asked or uid in self._given)):
            self._incoming = None  # nobody asked for it, or it came before: let it pass by
            self._connection.protocol.unasked.line(0)
            return
        if uid is not None:
            self._given.add(uid)
        self._incoming = Body(self, uid, size)
        if uid is not None and 0 < size <= _SMALL:
            self._pieces = []
        else:
            self._put(self._incoming)

    def data(self, chunk: bytes) -> None:
        if self._incoming is None:
            self._connection.protocol.unasked.body(len(chunk))
            return
        self._connection.hold(len(chunk))
        if self._pieces is not None:
            self._pieces.append(chunk)
        else:
            self._put(chunk)

    def end(self, uid: int | None) -> None:
        if self._incoming is None:
            return
        if uid is not None and uid != self._incoming.uid:
            self._incoming.uid = uid
            if uid not in self._asked or uid in self._given:
                # Its bytes were read as another message's, and the stream it belongs to will miss it.
                words = f"the server mixed its answers and told only after message {uid} which one it was"
                self._connection.abort(ProtocolViolation(words))
                return
            self._given.add(uid)
        pieces, self._pieces = self._pieces, None
        if pieces is None:
            self._put(_END)
        else:
            assert self._incoming.uid is not None, "its UID came before it"
            self._put((self._incoming.uid, b"".join(pieces)))

    def broken(self, words: str) -> None:
        if self._incoming is None:
            return  # nobody reads it: nobody misses its end
        pieces, self._pieces = self._pieces, None
        if pieces is not None:
            self._put(self._incoming)
            self._put(b"".join(pieces))
        self._put(ProtocolViolation(words, in_step=True))

    def _take(self, response: Response) -> None:
        """A whole message that did not stream: NIL, or between quotes."""
        assert isinstance(response, Fetched)
        if not self._listening:
            return
        content = response.sections[b""]
        uid = response.uid or self._only
        self._count(len(content or b""))
        if uid in self._given:
            return
        if uid is not None:
            self._given.add(uid)
        self._incoming = Body(self, uid, len(content or b""), nil=not content)
        self._put(self._incoming)
        if content:
            self.data(content)
        self._put(_END)

    def _put(self, item: Body | bytes | object) -> None:
        self._queue.append(item)
        self._awake()
