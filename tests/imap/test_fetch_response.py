"""What precedes a streamed message; whole FETCH responses are cases of test_grammar.py."""

from __future__ import annotations

import pytest

from trasloco.imap.fetch_response import body_start, listed_at, parse_flags
from trasloco.imap.grammar import parse
from trasloco.imap.limits import Limits
from trasloco.imap.responses import MailboxStatus, Unparsable
from trasloco.imap.tokens import GrammarError
from trasloco.imap.values import Fetched


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"* 12 FETCH (UID 4 BODY[] ", (12, 4)),
        (b"* 12 FETCH (BODY[] ", (12, None)),
        (b"* 12 fetch (uid 4 body[] ", (12, 4)),
        (b"* 12 FETCH (FLAGS (\\Seen a]b) UID 4 BODY[]<0> ", (12, 4)),
        (b"* 12 FETCH (UID 4 FLAGS () BINARY[] ", (12, 4)),
        (b"* 12 FETCH (UID 4 RFC822 ", (12, 4)),
        (b"*  12  FETCH  (UID 4  BODY[]", (12, 4)),
        (b"* 12 FETCH (UID 4 BODY[HEADER] ", None),
        (b"* 12 FETCH (UID 4 BODY[1] ", None),
        (b"* 12 FETCH (UID 4 BODY[]<100> ", None),
        (b"* 12 FETCH (UID 4 ENVELOPE (", None),
        (b'* LIST () "/" BODY[] ', None),
    ],
)
def test_what_stands_before_a_message(line: bytes, expected: tuple[int, int | None] | None) -> None:
    assert body_start(line, Limits()) == expected


def test_what_cannot_be_read_before_a_message() -> None:
    with pytest.raises(GrammarError):
        body_start(b"* 12 FETCH (UID x BODY[] ", Limits())


def test_long_lists_of_flags_are_not_remembered() -> None:
    short, long = b"\\Seen a", b"x" * 301
    assert parse_flags(short) is parse_flags(short) == {"\\Seen", "a"}
    assert parse_flags(long) is not parse_flags(long)
    assert parse_flags(b"\xe9 \xc3") == {"é", "Ã"}


def test_a_line_end_within_quotes_or_flags_is_never_read_over() -> None:
    for line in (
        b'* 1 FETCH (UID 1 INTERNALDATE "0{3+}\r\n2019" RFC822.SIZE 7)\r\n',
        b"* 1 FETCH (UID 1 FLAGS (a\r\nb) RFC822.SIZE 7)\r\n",
    ):
        assert listed_at(line, 0) is None


def test_numbers_that_none_can_have_are_none() -> None:
    beyond = 2**63
    assert isinstance(parse((b"* 1 FETCH (UID %d FLAGS ())" % beyond,), Limits()), Unparsable)
    told = parse((b"* 1 FETCH (UID 5 RFC822.SIZE %d)" % beyond,), Limits())
    assert isinstance(told, Fetched)
    assert (told.uid, told.size) == (5, None)
    status = parse((b'* STATUS "x" (MESSAGES 4294967296 UIDNEXT %d UIDVALIDITY 7)' % beyond,), Limits())
    assert isinstance(status, MailboxStatus)
    assert (status.status.messages, status.status.uidnext, status.status.uidvalidity) == (None, None, 7)
    assert isinstance(parse((b"* 4294967296 EXISTS",), Limits()), Unparsable)
    assert isinstance(parse((b"* VANISHED 1:%d" % beyond,), Limits()), Unparsable)
