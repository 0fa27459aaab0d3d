from __future__ import annotations

from collections.abc import Callable

import pytest

from trasloco.imap.commands import Command
from trasloco.imap.errors import ConnectionLost, ImapError, LimitExceeded, NotImap, ProtocolViolation
from trasloco.imap.exchange import WAIT, Exchange
from trasloco.imap.limits import Limits
from trasloco.imap.protocol import Protocol, State
from trasloco.imap.responses import Exists, Listed, Response
from trasloco.imap.values import Kind, StatusText

Outcome = tuple[StatusText | None, ImapError | None]


def opened(more: bytes = b"") -> Protocol:
    protocol = Protocol(Limits(), lambda status: None)
    protocol.receive_data(b"* OK [CAPABILITY IMAP4rev1%b] ready\r\n" % more)
    assert protocol.state is State.NOT_AUTHENTICATED
    return protocol


def command(
    outcomes: list[Outcome], start: bytes, string: bytes | None = None, on_data: Callable[[Response], object] | None = None
) -> Exchange:
    made = Command(start) if string is None else Command(start).string(string)
    accepts = (Listed,) if on_data is not None else ()
    return Exchange(made.words, made.pieces, lambda status, error: outcomes.append((status, error)), accepts=accepts, on_data=on_data)


def sent(protocol: Protocol) -> bytes:
    return b"".join(protocol.data_to_send())


def test_commands_do_not_wait_for_answers() -> None:
    protocol, outcomes = opened(), list[Outcome]()
    protocol.send(command(outcomes, b"A"))
    protocol.send(command(outcomes, b"B"))
    assert sent(protocol) == b"t1 A\r\nt2 B\r\n"
    protocol.receive_data(b"t2 OK second\r\nt1 NO first\r\n")
    assert [status.words for status, _ in outcomes if status] == ["second", "first"]
    assert not protocol.busy


def test_a_literal_holds_the_line_until_plus() -> None:
    protocol, outcomes = opened(), list[Outcome]()
    protocol.send(command(outcomes, b"A", b"\xff"))
    protocol.send(command(outcomes, b"B"))
    assert sent(protocol) == b"t1 A {1}\r\n"
    protocol.receive_data(b"* OK busy\r\n")
    assert sent(protocol) == b""
    protocol.receive_data(b"+ go\r\n")
    assert sent(protocol) == b"\xff\r\nt2 B\r\n"
    protocol.receive_data(b"+ what for?\r\nt1 OK\r\nt2 OK\r\n")
    assert len(outcomes) == 2


def test_a_literal_refused_is_not_sent() -> None:
    protocol, outcomes = opened(), list[Outcome]()
    protocol.send(command(outcomes, b"A", b"\xff"))
    protocol.send(command(outcomes, b"B"))
    protocol.receive_data(b"t1 BAD no literals here\r\n")
    assert sent(protocol) == b"t1 A {1}\r\nt2 B\r\n"


@pytest.mark.parametrize(("more", "expected"), [(b" LITERAL+", b"t1 A {5000+}"), (b" LITERAL-", b"t1 A {5000}"), (b"", b"t1 A {5000}")])
def test_how_a_literal_is_announced(more: bytes, expected: bytes) -> None:
    protocol = opened(more)
    protocol.send(command([], b"A", b"\xff" * 5000))
    assert sent(protocol).split(b"\r\n")[0] == expected


def test_an_open_command_keeps_the_line() -> None:
    protocol, outcomes, ready = opened(), list[Outcome](), list[bool]()
    done = command(outcomes, b"").on_done
    exchange = Exchange("APPEND", [b"APPEND x {2}\r\n", WAIT], done, on_ready=lambda: ready.append(True), is_open=True)
    protocol.send(exchange)
    protocol.send(command(outcomes, b"NOOP"))
    assert not ready
    assert protocol.waiting_for is exchange
    protocol.receive_data(b"+\r\n")
    assert ready
    assert protocol.waiting_for is None
    protocol.extend(exchange, [b"hi"])
    protocol.extend(exchange, [b"\r\n"], last=True)
    assert sent(protocol) == b"t1 APPEND x {2}\r\nhi\r\nt2 NOOP\r\n"
    assert protocol.waiting_for is exchange


def test_answers_to_commands_not_sent_yet_are_none() -> None:
    protocol, outcomes = opened(), list[Outcome]()
    protocol.send(command(outcomes, b"A", b"\xff"))
    protocol.send(command(outcomes, b"B"))
    protocol.receive_data(b"t2 OK guessed\r\nt9 OK guessed\r\n")
    assert not outcomes


def test_data_nobody_asked_for_is_news_only() -> None:
    news: list[Response] = []
    protocol = Protocol(Limits(), lambda status: None, news.append)
    protocol.receive_data(b"* PREAUTH hi\r\n* 3 EXISTS\r\n* 1 FETCH (FLAGS ())\r\n* X-UNKNOWN\r\n")
    assert protocol.state is State.AUTHENTICATED
    assert news[0] == Exists(3)


def test_an_answer_that_cannot_be_read_spoils_the_ok() -> None:
    protocol, outcomes, data = opened(), list[Outcome](), list[Response]()
    protocol.send(command(outcomes, b"LIST", on_data=data.append))
    protocol.receive_data(b'* LIST () "/" "open\r\n* LIST () "/" b\r\nt1 OK\r\n')
    assert len(data) == 1
    ((_, error),) = outcomes
    assert isinstance(error, ProtocolViolation)
    assert error.in_step
    protocol.send(command(outcomes, b"B"))
    protocol.receive_data(b"t2 WHAT\r\n")
    assert isinstance(outcomes[1][1], ProtocolViolation)


def test_the_end_reaches_everyone_once() -> None:
    protocol, outcomes = opened(), list[Outcome]()
    protocol.send(command(outcomes, b"A", b"\xff"))
    protocol.send(command(outcomes, b"B"))
    protocol.receive_data(b"* BYE [UNAVAILABLE] over\r\n")
    assert protocol.state is State.LOGOUT
    protocol.receive_eof()
    protocol.receive_eof()
    errors = [error for _, error in outcomes]
    assert all(isinstance(error, ConnectionLost) and error.bye == StatusText(Kind.BYE, "UNAVAILABLE", b"", "over") for error in errors)
    assert [str(error) for error in errors] == [f"the connection was closed during {name}; the server said: over" for name in "AB"]


@pytest.mark.parametrize("data", [b"HTTP/1.1 400", b"SSH-2.0-OpenSSH", b"\x15\x03\x03", b"* 1 EXISTS\r\n", b"* BAD x\r\n"])
def test_what_is_no_greeting(data: bytes) -> None:
    with pytest.raises(NotImap):
        Protocol(Limits(), lambda status: None).receive_data(data)


def test_the_literals_of_one_response_are_limited_together() -> None:
    protocol = Protocol(Limits(literal=10), lambda status: None)
    protocol.receive_data(b"* OK\r\n* X ({6}\r\nabcdef {4}\r\nabcd)\r\n* X {0}\r\n {10}\r\n0123456789\r\n")
    with pytest.raises(LimitExceeded):
        protocol.receive_data(b"* X ({6}\r\nabcdef {5}\r\n")
