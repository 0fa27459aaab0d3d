"""APPEND and MULTIAPPEND, a message at a time, a piece at a time (RFC 9051 6.3.12, RFC 3502).

    append = client.append(b"INBOX")
    await append.message(size, flags, date)      # once per message; once only without MULTIAPPEND
    await append.write(chunk)                    # exactly size bytes in all
    pending = append.finish()                    # the command is sent; its answer comes later
    appended = await pending

Several may be in flight; the next one's ``message`` waits until this one is finished. A literal that
was announced must be sent to its end: the only way to give up in the middle is to abort the
connection (``Client.abort``), which is also what a cancelled ``message`` or ``write`` does. When the
server refuses early, ``message`` raises CommandFailed and has ended the command; after LITERAL+ the
bytes already promised still have to be written (they are dropped by the server), then ``finish``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence

from trasloco.imap import commands, number_set, quirks
from trasloco.imap.connection import Answer, Connection
from trasloco.imap.dates import InternalDate
from trasloco.imap.errors import ImapError
from trasloco.imap.exchange import WAIT, Exchange, Wait
from trasloco.imap.values import Appended, StatusText

WholeMessage = tuple[bytes, Sequence[str], InternalDate | None]
"""Its bytes, its flags and its date."""


class PendingAppend:
    """The answer to an APPEND that was sent; ``await`` it for ``Appended``, as often as wanted.

    Raises CommandFailed when the server refused (all of its messages), or what ended the connection:
    then it is not known whether the messages are there.
    """

    def __init__(self, answer: Answer, count: int, note: Callable[[quirks.Quirk], None], has_uidplus: bool) -> None:
        self._answer = answer
        self._count = count
        self._note = note
        self._has_uidplus = has_uidplus

    @property
    def done(self) -> bool:
        return self._answer.done

    def __await__(self) -> Generator[object, None, Appended]:
        return self._wait().__await__()

    async def _wait(self) -> Appended:
        return self._appended(await self._answer.wait())

    def _appended(self, status: StatusText) -> Appended:
        if status.code != "APPENDUID":
            if self._has_uidplus:
                self._note(quirks.UIDPLUS_WITHOUT_APPENDUID)
            return Appended(None, None)
        if not self._has_uidplus:
            self._note(quirks.APPENDUID_WITHOUT_UIDPLUS)
        uidvalidity, text = status.arguments.split()
        found = number_set.parse_set(text)
        if number_set.count(found) != self._count or any(first == 0 for first, _ in found):
            self._note(quirks.APPENDUID_COUNT)
            return Appended(int(uidvalidity), None)
        return Appended(int(uidvalidity), tuple(number_set.expand(found, self._count)))


class AppendCommand:
    """One APPEND being written; see the module."""

    def __init__(self, connection: Connection, name: bytes, note: Callable[[quirks.Quirk], None]) -> None:
        self._connection = connection
        self._note = note
        self._start = commands.append_start(name)
        self._answer = Answer(connection, self._start.words)
        self._exchange: Exchange | None = None
        self._ready: asyncio.Future[None] | None = None
        self._count = 0
        self._finished = False
        self.bytes_left = 0

    @property
    def answered(self) -> bool:
        """The server has answered already: it refused. What is still written goes nowhere."""
        return self._answer.done

    async def message(self, size: int, flags: Sequence[str] = (), date: InternalDate | None = None, *, binary: bool = False) -> None:
        """Announce the next message and wait until its bytes may be written.

        size: exact number of bytes. binary: as literal8, where the server has BINARY (NUL bytes).
        Raises CommandFailed when the server refuses, ValueError for a flag that cannot be written.
        """
        if self._finished or self.bytes_left:
            raise RuntimeError("the message before is not wholly written, or the command is finished")
        if binary and "BINARY" not in self._connection.protocol.capabilities:
            raise ValueError("the server takes no binary literal (BINARY, RFC 3516)")
        head = commands.append_message(flags, date)
        announced, wait = self._connection.protocol.literal_header(size, binary=binary)
        if self._answer.done:  # refused already
            await self._give_up()
        if wait or self._exchange is None:
            await self._announce(head + announced, wait=wait)
        else:
            self._connection.push(self._exchange, head + announced)
        self._count += 1
        self.bytes_left = size
        if self._connection.blocked:
            await self._drain()

    @property
    def flows(self) -> bool:
        """Whether ``whole`` may be called: the command has the line, no ``+`` has to be awaited, and no refusal has come."""
        free = self._exchange is not None and not self.bytes_left and not self._finished and not self._answer.done
        return free and "LITERAL+" in self._connection.protocol.capabilities and self._connection.error is None

    async def whole(self, messages: Sequence[WholeMessage]) -> None:
        """Several messages at once, while it ``flows``; waits while the socket is full. Raises as ``write``."""
        assert self._exchange is not None
        pieces: list[bytes] = []
        for content, flags, date in messages:
            pieces += b"%b{%d+}\r\n" % (commands.append_message(flags, date), len(content)), content
        self._connection.push_many(self._exchange, pieces)
        self._count += len(messages)
        if self._connection.blocked:
            await self._drain()

    async def _announce(self, text: bytes, *, wait: bool) -> None:
        """The first words of the command, or those that the server has to answer: its turn on the line is awaited."""
        pieces: list[bytes | Wait] = [text, WAIT] if wait else [text]
        if self._exchange is None:
            start = self._start.pieces
            self._exchange = Exchange(self._start.words, [*start, *pieces], self._settled, on_ready=self._is_ready, is_open=True)
            self._ready = asyncio.get_running_loop().create_future()
            self._connection.start(self._exchange)
        else:
            self._ready = asyncio.get_running_loop().create_future()
            self._connection.extend(self._exchange, pieces)
        await self._until_ready()
        if wait and self._answer.done:
            await self._give_up()

    async def write(self, chunk: bytes | memoryview) -> None:
        """The next bytes of the message. Raises ValueError for more than was announced."""
        if len(chunk) > self.bytes_left:
            raise ValueError(f"{len(chunk)} bytes for a message of which {self.bytes_left} are left")
        assert self._exchange is not None
        self._connection.push(self._exchange, bytes(chunk))
        self.bytes_left -= len(chunk)
        if self._connection.blocked:
            await self._drain()

    def finish(self) -> PendingAppend:
        """End the command. Its answer is awaited by the caller, or never."""
        if self.bytes_left or self._exchange is None:
            raise RuntimeError("a message of this APPEND is not wholly written, or there is none")
        if not self._finished:
            self._finished = True
            self._connection.extend(self._exchange, (b"\r\n",), last=True)
        has_uidplus = "UIDPLUS" in self._connection.protocol.capabilities or "IMAP4REV2" in self._connection.protocol.capabilities
        return PendingAppend(self._answer, self._count, self._note, has_uidplus)

    async def _until_ready(self) -> None:
        assert self._ready is not None
        try:
            await self._ready
        except asyncio.CancelledError:
            self._connection.abort()
            raise

    async def _drain(self) -> None:
        try:
            await self._connection.drain()
        except asyncio.CancelledError:
            self._connection.abort()
            raise

    async def _give_up(self) -> None:
        """The server has answered before all was sent: end the line, if it is still ours, and say so."""
        self._finished = True
        if self._exchange is not None and self._exchange.open:
            self._connection.extend(self._exchange, (b"\r\n",), last=True)
        await self._answer.wait()
        raise RuntimeError("the server said OK to an APPEND that was not finished")

    def _is_ready(self) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(None)

    def _settled(self, status: StatusText | None, error: ImapError | None) -> None:
        self._answer.settle(status, error)
        self._is_ready()
