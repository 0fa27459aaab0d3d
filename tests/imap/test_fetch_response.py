"""What precedes a streamed message; whole FETCH responses are cases of test_grammar.py."""

from __future__ import annotations

import pytest

from trasloco.imap.fetch_response import body_start, parse_flags
from trasloco.imap.limits import Limits
from trasloco.imap.tokens import GrammarError


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
