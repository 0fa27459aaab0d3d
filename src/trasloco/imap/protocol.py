"""The client's side of one IMAP session, without I/O (RFC 9051 sections 2, 3, 5.5).

    receive_data(bytes), receive_eof()   what the socket gave
    send(exchange), extend(exchange, …)  what the client wants
    data_to_send()                       what the socket must be given now

Untagged data goes to the oldest exchange that wants it (FETCH by UID, ESEARCH by tag, the rest by
kind); what is news for everybody (EXISTS,
BYE, alerts) goes to ``on_news`` as well. Commands are sent in order and without waiting; only a
synchronising literal and a SASL dialogue hold the line. A whole-message literal streams to the
body handler of the oldest exchange that has one; every other literal is collected under a limit.

States: greeting -> not authenticated -> authenticated <-> selected -> logout. The client moves the
middle ones (``state`` is writable), the greeting and BYE are ours. ``receive_data`` raises ImapError when the stream
cannot be followed any more; the caller then closes and calls ``fail``.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from trasloco.imap import responses
from trasloco.imap.commands import Literal
from trasloco.imap.errors import ConnectionLost, ImapError, LimitExceeded, NotImap, ProtocolViolation
from trasloco.imap.exchange import WAIT, BodyHandler, Exchange, Wait
from trasloco.imap.fetch_response import body_start
from trasloco.imap.fragments import NO_LITERAL, Chunk, Fragments, Line
from trasloco.imap.grammar import parse, parse_capabilities
from trasloco.imap.limits import Limits
from trasloco.imap.redaction import without_secrets
from trasloco.imap.responses import VERBS, Response
from trasloco.imap.status_text import readable
from trasloco.imap.tokens import GrammarError
from trasloco.imap.unasked import LINE, Unasked
from trasloco.imap.values import Capabilities, Fetched, Kind, StatusText
from trasloco.sentence import sentence as _

_LITERAL_MINUS = 4096  # RFC 7888 section 5


class State(enum.Enum):
    GREETING = "waiting for the greeting"
    NOT_AUTHENTICATED = "not authenticated"
    AUTHENTICATED = "authenticated"
    SELECTED = "selected"
    LOGOUT = "logout"


class Protocol:
    """The state machine of one connection."""

    def __init__(
        self,
        limits: Limits,
        on_greeting: Callable[[StatusText], None],
        on_news: Callable[[Response], None] | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self.state = State.GREETING
        self.capabilities = Capabilities()
        self.capabilities_told = 0  # how often the server has told them: whether to ask again
        self.bye: StatusText | None = None
        self.refusals = 0  # NO and BAD so far: some servers count them and hang up
        self.hidden: tuple[str, ...] = ()  # secrets, in every form we send them: a server may say them back
        self.unasked = Unasked(limits.unasked)
        self._limits = limits
        self._on_greeting = on_greeting
        self._on_news = on_news
        self._log = log
        self._fragments = Fragments(limits)
        self._tags = 0
        self._outgoing: deque[Exchange] = deque()  # not wholly sent
        self._pending: dict[bytes, Exchange] = {}  # begun to be sent, not answered; in order
        self._awaiting: Exchange | None = None  # whose literal waits for "+"
        self._out: list[bytes] = []
        self._parts: list[bytes] = []  # of the response being read
        self._collected = 0  # bytes of literals in it
        self._collecting: list[bytes] | None = None  # chunks of the literal being collected
        self._body: BodyHandler | None = None  # takes the literal being read
        self._streamed: BodyHandler | None = None  # took a literal of the response being read
        self._early: tuple[int, int | None] = (0, None)

    # -- what the client wants

    def send(self, exchange: Exchange) -> None:
        """Queue a command; its tag is given here."""
        self._tags += 1
        exchange.tag = b"t%d" % self._tags
        exchange.pieces.appendleft(exchange.tag + b" ")
        if not exchange.open:
            exchange.pieces.append(b"\r\n")
        self._outgoing.append(exchange)
        self._pump()

    def extend(self, exchange: Exchange, pieces: Iterable[bytes | Wait], *, last: bool = False) -> None:
        """More pieces of an open exchange; ``last`` closes it (the pieces hold the CRLF)."""
        exchange.pieces.extend(pieces)
        if last:
            exchange.open = False
        self._pump()

    def push(self, exchange: Exchange, data: bytes) -> None:
        """More bytes of an open exchange, and nothing to wait for: the short way when it holds the line already."""
        self.push_many(exchange, (data,))

    def push_many(self, exchange: Exchange, pieces: Sequence[bytes]) -> None:
        """The same in pieces."""
        if self._outgoing and self._outgoing[0] is exchange and not exchange.pieces and self._awaiting is None:
            self._out.extend(pieces)
        else:
            self.extend(exchange, pieces)

    def literal_header(self, size: int, *, binary: bool = False) -> tuple[bytes, bool]:
        """How a literal of this size is announced, and whether the server's ``+`` must be awaited."""
        tilde = b"~" if binary else b""
        plus = "LITERAL+" in self.capabilities
        if plus or (size <= _LITERAL_MINUS and ("LITERAL-" in self.capabilities or "IMAP4REV2" in self.capabilities)):
            return tilde + b"{%d+}\r\n" % size, False
        return tilde + b"{%d}\r\n" % size, True

    def data_to_send(self) -> list[bytes]:
        """Take what is to be written now."""
        out, self._out = self._out, []
        return out

    @property
    def left_over(self) -> bytes:
        """Bytes received and not used; must be empty where TLS begins."""
        return self._fragments.left_over

    def drain(self) -> bytes:
        """Bytes received and not used, taken away."""
        return self._fragments.drain()

    @property
    def waiting_for(self) -> Exchange | None:
        """The exchange whose answer is due: None when the server owes us nothing now, be it that nothing
        was asked or that it waits for the rest of a command we have open."""
        for exchange in self._pending.values():
            ours = exchange.open and exchange is not self._awaiting and exchange.on_continue is None
            return None if ours else exchange
        return None

    @property
    def busy(self) -> bool:
        """Whether a command is being sent or waits for its answer."""
        return bool(self._pending or self._outgoing)

    def _pump(self) -> None:
        """Move pieces to the line until something has to be waited for."""
        while self._outgoing and self._awaiting is None:
            exchange = self._outgoing[0]
            if exchange.tag not in self._pending and not exchange.done:
                self._pending[exchange.tag] = exchange
                if self._log is not None:
                    self._log(f"> {exchange.tag.decode()} {exchange.words}")
            while exchange.pieces and self._awaiting is None:
                self._put(exchange, exchange.pieces.popleft())
            if self._awaiting is not None:
                return
            if exchange.open:
                if exchange.on_ready is not None:
                    exchange.on_ready()
                return
            if exchange.on_continue is not None and not exchange.done:
                return
            self._outgoing.popleft()

    def _put(self, exchange: Exchange, piece: bytes | Literal | Wait) -> None:
        if isinstance(piece, bytes):
            self._out.append(piece)
        elif isinstance(piece, Literal):
            header, wait = self.literal_header(len(piece.data), binary=piece.binary)
            self._out.append(header)
            if wait:
                exchange.pieces.appendleft(piece.data)
                self._awaiting = exchange
            else:
                self._out.append(piece.data)
        else:
            self._awaiting = exchange

    # -- what the server says

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the socket. Raises LimitExceeded, NotImap or ProtocolViolation for good."""
        if self.state is State.GREETING and not self._parts and not self._fragments.left_over and not data.startswith(b"*"):
            raise NotImap(readable(data[:60]) or repr(data[:20]))
        fragments = self._fragments
        fragments.feed(data)
        self._take_in_bulk()
        while (fragment := fragments.take()) is not None:
            if isinstance(fragment, Line):
                self._take_line(fragment)
                if not self._parts:
                    self._take_in_bulk()
            else:
                self._take_chunk(fragment)

    def receive_eof(self) -> None:
        """The server closed: everything that waits ends with ConnectionLost."""
        self.fail(lambda doing: ConnectionLost(doing, self.bye))

    def fail(self, error: Callable[[str], ImapError]) -> None:
        """End every exchange with ``error(words of the command)``. Nothing is sent any more, and what came is not read on."""
        self.state = State.LOGOUT
        self._fragments.drain()
        ended = list(self._pending.values())
        ended += [exchange for exchange in self._outgoing if exchange.tag not in self._pending]
        self._pending.clear()
        self._outgoing.clear()
        self._out.clear()
        self._awaiting = None
        for exchange in ended:
            self._end(exchange, None, error(exchange.words))

    def _take_in_bulk(self) -> None:
        """Let the oldest command whose answers are FETCH take those that come in their usual form; while several ask
        for whole messages, servers mix their answers, and each knows its own by their UIDs."""
        ahead = self._fragments.ahead()
        if ahead is None:
            return
        data, start = ahead
        if not data.startswith(b"* ", start) or not data[start + 2 : start + 3].isdigit():
            return  # no FETCH
        takers = [exchange for exchange in self._pending.values() if Fetched in exchange.accepts]
        position, before = start, -1
        while position > before:
            before = position
            for number, exchange in enumerate(takers):
                if exchange.in_bulk is None or exchange.broken or (number and exchange.body is None):
                    break
                position = exchange.in_bulk(data, position)
        self._fragments.skip(position)

    def _take_line(self, line: Line) -> None:
        text, literal = line
        if literal == NO_LITERAL:
            if not self._parts:
                self._respond(parse((text,), self._limits), len(text))
                return
            self._parts.append(text)
            self._finish_parts()
            return
        if not self._parts and self._stream(text, literal):
            return
        self._parts.append(text)
        if self._collected + literal > self._limits.literal:
            raise LimitExceeded(
                "literal", _("the server sent a literal of %(size)s bytes where none so large is expected", size=str(literal))
            )
        if literal:
            self._collecting = []
        else:
            self._parts.append(b"")

    def _stream(self, text: bytes, size: int) -> bool:
        """Begin to stream a whole-message literal, if this is one and somebody takes it."""
        takers = [exchange for exchange in self._pending.values() if exchange.body is not None]
        if not takers:
            return False
        try:
            start = body_start(text, self._limits)
        except GrammarError:
            start = None
        if start is None:
            return False
        handler = next((exchange.body for exchange in takers if exchange.wants_uid(start[1])), takers[0].body)
        assert handler is not None
        self._early = start
        self._parts = [text, b""]
        self._streamed = handler
        handler.begin(start[0], start[1], size)
        if size:
            self._body = handler
        return True

    def _take_chunk(self, chunk: Chunk) -> None:
        data, left = chunk
        if self._body is not None:
            self._body.data(data)
            if not left:
                self._body = None
            return
        assert self._collecting is not None
        self._collecting.append(data)
        if not left:
            content = b"".join(self._collecting)
            self._collecting = None
            self._collected += len(content)
            self._parts.append(content)

    def _finish_parts(self) -> None:
        parts, self._parts, self._collected = self._parts, [], 0
        handler, self._streamed = self._streamed, None
        if handler is None:
            self._respond(parse(parts, self._limits), sum(map(len, parts)))
        elif len(parts) == 3 and parts[2] == b")" and self._early[1] is not None:
            handler.end(self._early[1])
        else:
            response = parse(parts, self._limits)
            if isinstance(response, Fetched):
                handler.end(response.uid)
            else:
                words = response.words if isinstance(response, responses.Unparsable) else "a FETCH response with no end"
                handler.broken(f"the server sent an answer that cannot be read: {words}")

    def _respond(self, response: Response, size: int) -> None:
        """One whole response: to whom it belongs."""
        if self.hidden:
            response = without_secrets(response, self.hidden)
        if self.state is State.GREETING:
            self._greet(response)
            return
        kind = type(response)
        if isinstance(response, responses.Tagged):
            self._finish(response)
            return
        if isinstance(response, responses.Continuation):
            self._continue(response)
            return
        if isinstance(response, responses.Unparsable):
            self.unasked.line(size)
            self._mark_broken(response)
            return
        if isinstance(response, responses.CapabilityList):
            self._learn(response.capabilities)
        elif isinstance(response, responses.UntaggedStatus):
            self._untagged_status(response.status)
        for exchange in self._pending.values():
            if exchange.wants(response):
                self._count(exchange, kind, size)
                if exchange.on_data is not None:
                    exchange.on_data(response)
                break
        else:
            self.unasked.line(size)
        if self._on_news is not None and kind is not Fetched:
            self._on_news(response)

    def _count(self, exchange: Exchange, kind: type, size: int) -> None:
        """A command's answer is kept until its end; only FETCH is read on the way."""
        if kind is not Fetched:
            exchange.received += size + LINE
            if exchange.received > self._limits.answer:
                words = _("the server answers %(doing)s with more than %(most)s bytes", doing=exchange.words, most=str(self._limits.answer))
                raise LimitExceeded("answer", words)

    def _greet(self, response: Response) -> None:
        """The greeting (7.1.4, 7.1.5): OK, PREAUTH or BYE; anything else is no IMAP server."""
        if not isinstance(response, responses.UntaggedStatus) or response.status.kind in (Kind.NO, Kind.BAD):
            raise NotImap("a line that is no IMAP greeting")
        status = response.status
        self.state = State.AUTHENTICATED if status.kind is Kind.PREAUTH else State.NOT_AUTHENTICATED
        self._untagged_status(status)
        self._on_greeting(status)

    def _untagged_status(self, status: StatusText) -> None:
        if status.kind is Kind.BYE:
            self.bye = status
            self.state = State.LOGOUT
        self._learn_from(status)
        if self._log is not None:
            self._log(f"< * {status}")

    def _learn_from(self, status: StatusText) -> None:
        if status.code == "CAPABILITY" and status.arguments:
            self._learn(parse_capabilities(status.arguments))

    def _learn(self, capabilities: Capabilities) -> None:
        self.capabilities = capabilities
        self.capabilities_told += 1

    def _finish(self, response: responses.Tagged) -> None:
        exchange = self._pending.pop(response.tag, None)
        if exchange is None:
            self.unasked.line(len(response.tag))
            if self._log is not None:
                self._log(f"< answer to no command of ours: {response.status}")
            return
        if self._log is not None:
            self._log(f"< {exchange.tag.decode()} {response.status}")
        self.unasked.answered()
        self._learn_from(response.status)
        self.refusals += response.status.kind is not Kind.OK
        broken = exchange.broken and response.status.kind is Kind.OK
        self._end(exchange, response.status, ProtocolViolation(exchange.broken, in_step=True) if broken else None)
        if self._outgoing and self._outgoing[0] is exchange:
            self._cut_short(exchange)

    def _cut_short(self, exchange: Exchange) -> None:
        """Answered before it was wholly sent. A literal not granted is not sent (RFC 9051 4.3), nor is
        what follows it. One announced as non-synchronising must still be sent to its end (RFC 7888
        section 3): such an exchange stays open until its writer closes it."""
        if self._awaiting is exchange:
            self._awaiting = None
        elif exchange.open and exchange.on_continue is None:
            return
        exchange.pieces.clear()
        exchange.open = False
        self._outgoing.popleft()
        self._pump()

    def _continue(self, response: responses.Continuation) -> None:
        waiting = self._awaiting
        if waiting is not None:
            self._awaiting = None
            self._pump()
            return
        if self._outgoing and (answer := self._outgoing[0].on_continue) is not None:
            self._outgoing[0].challenges += 1
            if self._outgoing[0].challenges > self._limits.challenges:
                words = _("the server asks more than %(most)s questions in one login", most=str(self._limits.challenges))
                raise LimitExceeded("challenges", words)
            self._out.append(answer(response.text) + b"\r\n")
            return
        # Some servers send "+" for a non-synchronising literal too; nothing waits for it.
        self.unasked.line(len(response.text))
        if self._log is not None:
            self._log("< + that nothing waits for")

    def _mark_broken(self, response: responses.Unparsable) -> None:
        """An answer was lost: whoever it was for must not take what it got for all there is."""
        words = f"the server sent an answer that cannot be read: {response.words}"
        if self._log is not None:
            self._log(f"< {words}")
        if response.tag and (exchange := self._pending.pop(response.tag, None)) is not None:
            self._end(exchange, None, ProtocolViolation(words, in_step=True))
            if self._outgoing and self._outgoing[0] is exchange:
                self._cut_short(exchange)
            return
        wanted = VERBS.get(response.verb)
        for exchange in self._pending.values():
            if wanted in exchange.accepts:
                exchange.broken = exchange.broken or words
                return

    def _end(self, exchange: Exchange, status: StatusText | None, error: ImapError | None) -> None:
        exchange.done = True
        exchange.on_done(status, error)


__all__ = ["WAIT", "Protocol", "State"]
