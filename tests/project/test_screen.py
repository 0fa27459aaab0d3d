from __future__ import annotations

import pytest

from trasloco.documents.plain import plain


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("INBOX", "INBOX"),
        ("Größe 日本語 🎉", "Größe 日本語 🎉"),
        ("a\x1b[31mred", "a<U+001B>[31mred"),
        ("right\u202eleft", "right<U+202E>left"),
        ("one\r\ntwo\tthree", "one  two three"),
        ("\x9b2J\x00", "<U+009B>2J<U+0000>"),
        ("half \ud800", "half <U+D800>"),
    ],
)
def test_nothing_that_a_terminal_obeys_is_left(words: str, shown: str) -> None:
    assert plain(words) == shown
