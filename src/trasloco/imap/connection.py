"""The asyncio end of one connection: socket <-> ``Protocol``, deadlines, back-pressure.

Works under asyncio and uvloop. Reading stops while more than ``Limits.buffered`` bytes wait for a
slow reader, and goes on below half of it or when somebody waits for what only the server can bring.
Writes of one loop turn leave together. One timer watches the oldest answer that is due; when it runs
out, or the stream cannot be followed, the connection is aborted and everything that waits gets the
reason.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from trasloco.imap.commands import Command, Literal
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.deflate import Deflate
from trasloco.imap.errors import CommandFailed, ConnectionLost, DeadlineExceeded, ImapError, LimitExceeded
from trasloco.imap.exchange import Exchange, Wait
from trasloco.imap.limits import Limits
from trasloco.imap.progress import Progress
from trasloco.imap.protocol import Protocol
from trasloco.imap.responses import Response
from trasloco.imap.values import Capabilities, Kind, StatusText
from trasloco.sentence import sentence as _

_FLUSH_AT = 64 * 1024


class Answer:
    """The tagged answer to come; ``await wait()`` gives it, as often as asked."""

    __slots__ = ("_connection", "_error", "_future", "_status", "words")

    def __init__(self, connection: Connection, words: str) -> None:
        self.words = words
        self._connection = connection
        self._status: StatusText | None = None
        self._error: ImapError | None = None
        self._future: asyncio.Future[None] | None = None

    @property
    def done(self) -> bool:
        return self._status is not None or self._error is not None

    def settle(self, status: StatusText | None, error: ImapError | None) -> None:
        """Called by the protocol, once."""
        self._status, self._error = status, error
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    async def settled(self) -> None:
        """Wait until it is there, whatever it is. Cancelling this leaves the connection in step."""
        if not self.done:
            if self._future is None or self._future.done():
                self._future = asyncio.get_running_loop().create_future()
            await self._connection.starving(self._future)

    async def wait(self) -> StatusText:
        """The OK. Raises CommandFailed on NO and BAD, or what ended the connection."""
        await self.settled()
        if self._error is not None:
            raise self._error
        assert self._status is not None
        if self._status.kind is not Kind.OK:
            raise CommandFailed(self._status, self.words)
        return self._status


class Connection(asyncio.Protocol):
    """One connection. ``protocol`` is its state; ``error`` is why it ended, None while it lives."""

    def __init__(self, deadlines: Deadlines, limits: Limits, log: Callable[[str], None] | None = None) -> None:
        self.deadlines = deadlines
        self.limits = limits
        self.log = log
        self.error: ImapError | None = None
        self.on_news: Callable[[Response], None] | None = None
        self.switching_to_tls = False
        self.stray_bytes = False  # came in clear after the OK to STARTTLS
        self._loop = asyncio.get_running_loop()
        self.greeting: asyncio.Future[StatusText] = self._loop.create_future()
        self.protocol = Protocol(limits, self._greeted, self._news, log)
        self.transport: asyncio.Transport | None = None
        self.round_trip = math.inf  # seconds: the quickest answer to a command that had the line to itself
        self._deflate: Deflate | None = None
        self._packed = b""  # received behind the OK to COMPRESS
        self._unpacking = False  # there is more of it to be read, and others have their turn
        self._flush_due = False
        self._unsent = 0
        self._drained: asyncio.Future[None] | None = None
        self._held = 0
        self._reading_paused = False
        self._wanted: set[asyncio.Future[None]] = set()  # what somebody waits for the server to bring
        self._touched = self._loop.time()
        self._received = 0
        self._progress = Progress(limits.trickle, deadlines.trickle)
        self._timer: asyncio.TimerHandle | None = None
        self._farewell: asyncio.TimerHandle | None = None

    @property
    def closed(self) -> bool:
        return self.error is not None

    @property
    def blocked(self) -> bool:
        """Whether a writer has to ``drain`` before its next bytes: the socket is full, or it is over."""
        return self._drained is not None or self.error is not None

    # -- TLS within

    def begin_tls(self, status: StatusText) -> None:
        """The answer to STARTTLS: after an OK not one more byte in clear is read."""
        if status.kind is Kind.OK:
            self.switching_to_tls = True
            self.stray_bytes = bool(self.protocol.left_over)

    def tls_begun(self, transport: asyncio.Transport) -> None:
        """The handshake is done; what the server told before is forgotten (RFC 9051 6.2.1)."""
        self.transport = transport
        self.switching_to_tls = False
        self.protocol.capabilities = Capabilities()
        self.protocol.capabilities_told = 0

    # -- compression within

    def begin_compression(self, status: StatusText) -> None:
        """The answer to COMPRESS: behind an OK every byte is compressed, ours too."""
        if status.kind is Kind.OK:
            self._deflate = Deflate()
            self._packed = self.protocol.drain()

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=128 * 1024)
        if self.error is not None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self._touched = self._loop.time()
        self._received += len(data)
        if self.error is not None:
            return
        if self.switching_to_tls:
            self.stray_bytes = True
            return
        try:
            self._receive(data)
        except ImapError as error:
            self.abort(error)
            return
        self._write_later()

    def _receive(self, data: bytes) -> None:
        if self._deflate is None:
            self.protocol.receive_data(data)
            data, self._packed = self._packed, b""  # there is some when this was the answer to COMPRESS
        if self._deflate is not None:
            self._deflate.feed(data)
            self._unpack()

    def _unpack(self) -> None:
        """Read what was compressed, as much of it as may be in one turn; before the rest others have theirs."""
        assert self._deflate is not None
        assert self.transport is not None
        left = self.limits.unpacked
        while left > 0 and self.error is None and (piece := self._deflate.unpack()):
            left -= len(piece)
            self._received += len(piece)
            self.protocol.receive_data(piece)
        self._unpacking = left <= 0 and self.error is None
        if self._unpacking:
            self.transport.pause_reading()
            if not self._reading_paused:
                self._loop.call_soon(self._unpack_on)

    def _unpack_on(self) -> None:
        if not self._unpacking or self._reading_paused or self.error is not None:
            return  # what a slow reader lets go calls again
        self._touched = self._loop.time()
        try:
            self._unpack()
        except ImapError as error:
            self.abort(error)
            return
        self._write_later()
        if not self._unpacking and not self._reading_paused:
            self._resume()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self.error is None:
            self._end(ConnectionLost("", self.protocol.bye, str(exc) if exc else ""))

    def pause_writing(self) -> None:
        if self._drained is None:
            self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    # -- sending

    def start(self, exchange: Exchange) -> None:
        """Send a command, or queue it behind what holds the line. Raises when the connection is over."""
        self.check()
        if not self.protocol.busy:
            self._touched = self._loop.time()
        self.protocol.send(exchange)
        self._write_later()
        self._watch(exchange.deadline)

    def ask(
        self,
        command: Command,
        *,
        accepts: tuple[type, ...] = (),
        on_data: Callable[[Response], object] | None = None,
        on_tagged: Callable[[StatusText], None] | None = None,
        deadline: str = "command",
    ) -> Answer:
        """Send a command without waiting for its answer. ``on_tagged`` is called at once with the tagged
        status, before anything that came behind it is looked at."""
        answer = Answer(self, command.words)
        asked = math.nan if self.protocol.busy else self._loop.time()

        def done(status: StatusText | None, error: ImapError | None) -> None:
            if status is not None:
                self.round_trip = min(self.round_trip, self._loop.time() - asked)
            if status is not None and on_tagged is not None:
                on_tagged(status)
            answer.settle(status, error)

        pieces: Iterable[bytes | Literal] = command.pieces
        self.start(Exchange(command.words, pieces, done, accepts=accepts, on_data=on_data, deadline=deadline))
        return answer

    def extend(self, exchange: Exchange, pieces: Iterable[bytes | Wait], *, last: bool = False) -> None:
        """More of an open command."""
        self.protocol.extend(exchange, pieces, last=last)
        self._write_later()

    def push(self, exchange: Exchange, chunk: bytes) -> None:
        """Bytes of the open command that holds the line: of a literal, or what stands between two."""
        self.protocol.push(exchange, chunk)
        self._unsent += len(chunk)
        if self._unsent >= _FLUSH_AT:
            self._flush()
        else:
            self._write_later()

    def push_many(self, exchange: Exchange, pieces: Sequence[bytes]) -> None:
        """The same in pieces that need not be put together."""
        self.protocol.push_many(exchange, pieces)
        self._unsent += sum(map(len, pieces))
        if self._unsent >= _FLUSH_AT:
            self._flush()
        else:
            self._write_later()

    async def drain(self) -> None:
        """Wait while the socket takes no more. Raises DeadlineExceeded("write") and what ended the connection."""
        self.check()
        if self._drained is None:
            return
        seconds = self.deadlines.write
        waited_on = self._drained
        done, _waiting = await asyncio.wait((waited_on,), timeout=seconds)
        if not done:
            self.abort(DeadlineExceeded("write", seconds, _("sending")))
        self.check()

    def _write_later(self) -> None:
        if not self._flush_due:
            self._flush_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_due = False
        unsent, self._unsent = self._unsent, 0
        pieces = self.protocol.data_to_send()
        if not pieces or self.transport is None or self.error is not None:
            return
        self._touched = self._loop.time()
        if unsent >= _FLUSH_AT and self._gathers:
            self.transport.writelines(pieces)  # large ones are not copied once more to be put together
            return
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self.transport.write(data if self._deflate is None else self._deflate.pack(data))

    @property
    def _gathers(self) -> bool:
        """Whether the socket takes pieces as they are: TLS would make a record of each, compression a block."""
        return self._deflate is None and self.transport is not None and self.transport.get_extra_info("sslcontext") is None

    # -- reading

    def hold(self, size: int) -> None:
        """So many more bytes wait for their reader."""
        self._held += size
        if self._held <= self.limits.buffered or self.transport is None:
            return
        if self._held > self.limits.kept:
            words = _("more than %(most)s bytes of messages wait for a reader who waits for others", most=str(self.limits.kept))
            self.abort(LimitExceeded("kept", words))
        if self._reading_paused or self.error is not None:
            return
        if all(future.done() for future in self._wanted):
            self._reading_paused = True
            self.transport.pause_reading()

    def release(self, size: int) -> None:
        """The reader took so many."""
        self._held -= size
        if self._reading_paused and self._held <= self.limits.buffered // 2:
            self._resume()

    async def starving(self, future: asyncio.Future[None]) -> None:
        """Wait for something only the server can bring: until then the socket is read, however much waits
        for other readers, for their bytes stand between us and ours. Cancelling this leaves ``future``."""
        waiter: asyncio.Future[None] = self._loop.create_future()

        def wake(_future: asyncio.Future[None]) -> None:
            if not waiter.done():
                waiter.set_result(None)

        self._wanted.add(future)
        future.add_done_callback(wake)
        try:
            if self._reading_paused:
                self._resume()
            await waiter
        finally:
            self._wanted.discard(future)
            future.remove_done_callback(wake)

    def _resume(self) -> None:
        self._reading_paused = False
        self._touched = self._loop.time()
        if self._unpacking:
            self._loop.call_soon(self._unpack_on)
        elif self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def _greeted(self, status: StatusText) -> None:
        if not self.greeting.done():
            self.greeting.set_result(status)

    def _news(self, response: Response) -> None:
        if self.protocol.bye is not None and self._farewell is None and self.error is None:
            # After BYE the server closes (RFC 9051 7.1.5); one that forgets to is not waited for.
            self._farewell = self._loop.call_later(self.deadlines.logout, self.abort)
        if self.on_news is not None:
            self.on_news(response)

    # -- the end

    def check(self) -> None:
        """Raise what ended the connection, if it has ended."""
        if self.error is not None:
            raise self._again("")

    def abort(self, error: ImapError | None = None) -> None:
        """Close at once; everything that waits gets ``error``."""
        if self.error is None:
            self._end(error or ConnectionLost("", self.protocol.bye, _("closed by us")))
        if self.transport is not None:
            self.transport.abort()

    def _end(self, error: ImapError) -> None:
        self.error = error
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._farewell is not None:
            self._farewell.cancel()
        self.resume_writing()
        self.protocol.fail(self._again)
        if not self.greeting.done():
            self.greeting.set_exception(self._again("the greeting"))
            self.greeting.exception()  # asked for or not: no warning about it

    def _again(self, doing: str) -> ImapError:
        """The reason, as an exception of its own for each who waits."""
        error = self.error
        assert error is not None
        if isinstance(error, ConnectionLost):
            return ConnectionLost(error.doing or doing, error.bye or self.protocol.bye, error.words)
        if isinstance(error, DeadlineExceeded):
            return DeadlineExceeded(error.name, error.seconds, error.doing)
        return type(error)(*error.args)

    # -- the watch

    def _watch(self, deadline: str) -> None:
        seconds: float = getattr(self.deadlines, deadline)
        due = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > due:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        """The timer: has the server kept us waiting too long for the answer that is due now?"""
        self._timer = None
        if self.error is not None or not self.protocol.busy:
            return
        now = self._loop.time()
        due = self.protocol.waiting_for
        if due is None or self._reading_paused:
            self._progress.stuck(None, 0, now)
            self._touched = now
            self._timer = self._loop.call_later(min(self.deadlines.command, self.deadlines.idle_body), self._look)
            return
        if self._progress.stuck(due, self._received - self.protocol.unasked.size, now):
            self.abort(DeadlineExceeded("trickle", self._progress.seconds, due.words))
            return
        seconds: float = getattr(self.deadlines, due.deadline)
        if now - self._touched >= seconds:
            self.abort(DeadlineExceeded(due.deadline, seconds, due.words))
            return
        self._timer = self._loop.call_at(min(self._touched + seconds, now + self._progress.seconds), self._look)
