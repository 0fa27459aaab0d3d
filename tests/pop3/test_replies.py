"""Answers of POP3, fed whole, byte by byte and in odd pieces; what is none; and nothing that grows without a limit."""

from __future__ import annotations

import poplib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trasloco.imap.errors import ImapError, LimitExceeded, ProtocolViolation
from trasloco.imap.values import Kind, StatusText
from trasloco.pop3.replies import LONGEST_LINE, Listing, Replies, parse_listing, parse_status

PIECES = st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"\r", b"a", b"..", b".\r\n", b"x" * 600, b"-- \r\n", b"\0\xff"]), max_size=30)


def stuffed(message: bytes) -> bytes:
    """As a server sends it (RFC 1939 3): it ends with a line end, lines that begin with a dot get another one."""
    lines = message.split(b"\n")
    return b"\n".join(b"." + line if line.startswith(b".") else line for line in lines) + b".\r\n"


def pieces(data: bytes, width: int) -> Iterator[bytes]:
    return (data[at : at + width] for at in range(0, len(data), width))


def read(data: bytes, width: int) -> tuple[bytes, bool, bytes]:
    """(the message, whether its end was seen, what was left)."""
    replies, found, ended = Replies(), b"", False
    replies.begin_message()
    for piece in pieces(data, width):
        replies.feed(piece)
        while not ended and (chunk := replies.chunk()) is not None:
            found += chunk[0]
            ended = chunk[1]
    return found, ended, bytes(replies._buffer)


@settings(deadline=None)  # a busy machine is no mistake
@given(PIECES, st.sampled_from([1, 2, 3, 7, 1000, 65536, 10**9]))
def test_a_message_comes_out_as_it_went_in_however_it_is_cut(parts: list[bytes], width: int) -> None:
    message = b"".join(parts)
    message += b"" if message.endswith(b"\n") or not message else b"\r\n"
    assert read(stuffed(message) + b"+OK next\r\n", width) == (message, True, b"+OK next\r\n")


def test_it_reads_what_python_s_own_client_reads() -> None:
    """Not our code on the other side: the lines poplib gives, for the same bytes."""
    message = b"Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\nend\r\n"

    class Played(poplib.POP3):
        def __init__(self, data: bytes) -> None:
            import io

            self.file, self._debugging = io.BytesIO(data), 0

    lines = Played(b"+OK\r\n" + stuffed(message))._getlongresp()[1]  # type: ignore[attr-defined]
    assert b"".join(line + b"\r\n" for line in lines) == read(stuffed(message), 5)[0] == message


@settings(deadline=None)  # a busy machine is no mistake
@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes_are_an_answer_or_one_of_our_errors(data: bytes, width: int) -> None:
    for method in ("status", "item", "chunk"):
        replies = Replies()
        for piece in pieces(data, width):
            replies.feed(piece)
            try:
                while getattr(replies, method)() is not None:
                    pass
            except ImapError:
                break


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"+OK 2 messages", StatusText(Kind.OK, words="2 messages")),
        (b"+ok", StatusText(Kind.OK)),
        (b"-ERR [IN-USE] Mailbox is locked", StatusText(Kind.ERR, "IN-USE", words="Mailbox is locked")),
        (b"-ERR [sys/temp] later", StatusText(Kind.ERR, "SYS/TEMP", words="later")),
        (b"-ERR no such message", StatusText(Kind.ERR, words="no such message")),
        (b"-ERR [not a code] x", StatusText(Kind.ERR, words="[not a code] x")),
    ],
)
def test_status_lines(line: bytes, status: StatusText) -> None:
    assert parse_status(line) == status


@pytest.mark.parametrize("line", [b"", b"* OK IMAP", b"220 smtp", b"OK", b"\xff\xfe"])
def test_what_is_no_status_line(line: bytes) -> None:
    with pytest.raises(ProtocolViolation, match=r"neither \+OK nor -ERR"):
        parse_status(line)


def test_lists() -> None:
    assert parse_listing(b"7 a UIDL with spaces ") == Listing(7, b"a UIDL with spaces")
    for line in (b"", b"7", b"x y", b"99999999999 a", b"-1 a"):
        with pytest.raises(ProtocolViolation):
            parse_listing(line)


def test_a_line_without_end_is_not_kept() -> None:
    replies = Replies()
    with pytest.raises(LimitExceeded):
        for _ in range(LONGEST_LINE // 100 + 2):
            replies.feed(b"x" * 100)
            assert replies.line() is None


def test_a_message_is_handed_on_in_pieces() -> None:
    replies, most = Replies(), 0
    replies.begin_message()
    for _ in range(100):
        replies.feed(b"y" * 65536)
        while (chunk := replies.chunk()) is not None:
            most = max(most, len(chunk[0]))
    assert most <= 2 * 65536
    assert not replies.left_over
