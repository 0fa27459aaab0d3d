"""One connection to a POP3 server: TCP, TLS, one command after the other, answers with a deadline.

Answers come in the order of the commands (RFC 1939 3), and one caller at a time has the line (``turn``). A caller that is cancelled
in the middle of an answer leaves the connection aborted.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from trasloco.imap.deadlines import Deadlines
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.errors import (
    CommandFailed,
    ConnectionLost,
    DeadlineExceeded,
    ImapError,
    LimitExceeded,
    NotPop3,
    ProtocolViolation,
    TlsFailed,
)
from trasloco.imap.status_text import readable
from trasloco.imap.transport import check_pin, open_socket, tls_context, tls_failure
from trasloco.imap.values import Kind, StatusText
from trasloco.pop3.replies import Replies, parse_status
from trasloco.sentence import sentence as _

T = TypeVar("T")

_READ = 64 * 1024
MOST_ENTRIES = 2_000_000
"""Lines of one list: as many messages as ``imap.limits`` lets one answer name."""


class PopConnection:
    """Open and greeted. greeting: its words. fingerprint: of the certificate; None without TLS.

    round_trip: seconds of the quickest answer.
    """

    def __init__(self, endpoint: Endpoint, deadlines: Deadlines, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.endpoint, self.deadlines = endpoint, deadlines
        self.greeting = ""
        self.fingerprint: str | None = None
        self.round_trip = math.inf
        self.turn = asyncio.Lock()
        self.error: ImapError | None = None
        self._reader, self._writer = reader, writer
        self._replies = Replies()

    @property
    def encrypted(self) -> bool:
        return self.fingerprint is not None

    async def ask(self, command: bytes, words: str, *, deadline: str = "command") -> StatusText:
        """Send a command and read its status line. words: the command without secrets. Raises CommandFailed."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await self._send(command, words)
        status = await self._status(words, deadline)
        self.round_trip = min(self.round_trip, loop.time() - begun)
        if status.kind is not Kind.OK:
            raise CommandFailed(status, words)
        return status

    async def listing(self, command: bytes, words: str) -> list[bytes]:
        """A command whose answer is a list; its lines. Raises CommandFailed, LimitExceeded."""
        await self.ask(command, words)
        found: list[bytes] = []
        while (line := await self._until(self._replies.item, words, "command")) != b".":
            found.append(line)
            if len(found) > MOST_ENTRIES:
                raise self._end(LimitExceeded("entries", _("the server lists more messages than we keep")))
        return found

    async def send_ahead(self, commands: Sequence[bytes], words: str) -> None:
        """Small commands in one go (PIPELINING, RFC 2449 6.6); ``message`` without a command then reads the answer of each."""
        await self._send(b"\r\n".join(commands), words)

    async def message(self, command: bytes | None, words: str) -> AsyncIterator[bytes]:
        """RETR or TOP: the message in pieces. To be read to its end. command: None = it was sent ahead. Raises CommandFailed."""
        if command is not None:
            await self.ask(command, words)
        elif (status := await self._status(words, "idle_body")).kind is not Kind.OK:
            raise CommandFailed(status, words)
        self._replies.begin_message()
        ended = False
        try:
            while not ended:
                piece, ended = await self._until(self._replies.chunk, words, "idle_body")
                if piece:
                    yield piece
        finally:
            if not ended:
                self.abort()  # what is left of it would be taken for the next answer

    async def converse(self, line: bytes, words: str) -> bytes | StatusText:
        """One step of AUTH (RFC 5034 4): the challenge behind ``+ ``, or the status that ends it."""
        await self._send(line, words)
        found = await self._until(self._replies.line, words, "login")
        if found.startswith(b"+") and not found.upper().startswith(b"+OK"):
            return found[1:].strip()
        return self._judged(found)

    async def start_tls(self) -> None:
        """STLS (RFC 2595 4); nothing that came in clear behind its +OK is taken for something said under TLS.

        Raises TlsFailed, ProtocolViolation."""
        try:
            await self.ask(b"STLS", "STLS", deadline="login")
        except CommandFailed as error:
            raise self._end(TlsFailed("starttls-missing", f"it refuses STLS: {error.status.words}")) from None
        if self._replies.left_over:
            raise self._end(ProtocolViolation("the server, or somebody in between, sent data behind its +OK to STLS (RFC 2595 4)"))
        seconds = self.deadlines.tls
        begun = self._writer.start_tls(
            tls_context(self.endpoint.trust), server_hostname=self.endpoint.host, ssl_handshake_timeout=seconds + 5
        )
        await _handshake(begun, seconds)
        self.fingerprint = check_pin(self._writer.transport, self.endpoint)

    async def hear_greeting(self) -> None:
        """The first line. Raises NotPop3, ConnectionLost with what it says when it turns us away, DeadlineExceeded."""
        line = await self._until(self._replies.line, "the greeting", "greeting")
        try:
            status = parse_status(line)
        except ProtocolViolation:
            raise self._end(NotPop3(readable(line[:200]))) from None
        if status.kind is not Kind.OK:
            raise self._end(ConnectionLost(_("the greeting"), status))
        self.greeting = status.words

    def abort(self, error: ImapError | None = None) -> None:
        """Close at once."""
        self.error = self.error or error or ConnectionLost("", None, _("closed by us"))
        self._writer.transport.abort()
        self._writer.close()  # nothing is left to be written; asyncio complains about writers that nobody closed

    async def _send(self, command: bytes, words: str) -> None:
        if self.error is not None:
            raise self.error
        try:
            self._writer.write(command + b"\r\n")
            await asyncio.wait_for(self._writer.drain(), self.deadlines.write)
        except TimeoutError:
            raise self._end(DeadlineExceeded("write", self.deadlines.write, words)) from None
        except OSError as error:
            raise self._end(ConnectionLost(words, None, str(error))) from None

    async def _status(self, words: str, deadline: str) -> StatusText:
        return self._judged(await self._until(self._replies.line, words, deadline))

    def _judged(self, line: bytes) -> StatusText:
        try:
            return parse_status(line)
        except ProtocolViolation as error:
            raise self._end(error) from None

    async def _until(self, take: Callable[[], T | None], words: str, deadline: str) -> T:
        """What ``take`` gives as soon as enough has come."""
        seconds: float = getattr(self.deadlines, deadline)
        try:
            while (found := take()) is None:
                data = await asyncio.wait_for(self._reader.read(_READ), seconds)
                if not data:
                    raise self._end(ConnectionLost(words))
                self._replies.feed(data)
        except TimeoutError:
            raise self._end(DeadlineExceeded(deadline, seconds, words)) from None
        except LimitExceeded as error:
            raise self._end(error) from None
        except OSError as error:
            raise self._end(ConnectionLost(words, None, str(error))) from None
        except asyncio.CancelledError:
            self.abort()
            raise
        return found

    def _end(self, error: ImapError) -> ImapError:
        """It is over; the error to raise."""
        self.abort(error)
        return error


async def open_pop3(endpoint: Endpoint, deadlines: Deadlines) -> PopConnection:
    """Connect, with TLS up and the greeting read.

    Raises ConnectFailed, TlsFailed, NotPop3, ConnectionLost, DeadlineExceeded, ProtocolViolation.
    """
    sock = await open_socket(endpoint, deadlines.connect)
    try:
        if endpoint.security is Security.IMPLICIT:
            begun = asyncio.open_connection(
                sock=sock, ssl=tls_context(endpoint.trust), server_hostname=endpoint.host, ssl_handshake_timeout=deadlines.tls + 5
            )
            reader, writer = await _handshake(begun, deadlines.tls)
        else:
            reader, writer = await asyncio.open_connection(sock=sock)
    except BaseException:
        sock.close()
        raise
    connection = PopConnection(endpoint, deadlines, reader, writer)
    try:
        if endpoint.security is Security.IMPLICIT:
            connection.fingerprint = check_pin(writer.transport, endpoint)
        await connection.hear_greeting()
        if endpoint.security is Security.STARTTLS:
            await connection.start_tls()
    except BaseException:
        connection.abort()
        raise
    return connection


async def _handshake(begun: Awaitable[T], seconds: float) -> T:
    try:
        return await asyncio.wait_for(begun, seconds)
    except TimeoutError:
        raise DeadlineExceeded("tls", seconds, _("the TLS handshake")) from None
    except (OSError, ValueError) as error:
        raise tls_failure(error) from None
