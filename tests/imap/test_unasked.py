from __future__ import annotations

import pytest

from trasloco.imap.errors import LimitExceeded
from trasloco.imap.unasked import LINE, Unasked


def test_lines_count_more_than_their_bytes_and_bodies_less() -> None:
    unasked = Unasked(1000)
    unasked.line(10)
    unasked.body(80)
    assert unasked.size == 10 + LINE + 10


def test_too_much_ends_the_connection() -> None:
    unasked = Unasked(100)
    for _ in range(100 // LINE):
        unasked.line(0)
    with pytest.raises(LimitExceeded, match="nobody asked for"):
        unasked.line(0)


def test_whoever_answers_may_tell_more() -> None:
    unasked = Unasked(100)
    unasked.answered()
    for _ in range(1000):
        unasked.line(0)
