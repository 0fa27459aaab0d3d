"""Digests do not depend on line ends, nor on how the bytes were cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trasloco.engine.digest import Digester, Digests


def digest(*chunks: bytes) -> Digests:
    digester = Digester()
    for chunk in chunks:
        digester.update(chunk)
    return digester.result()


def test_line_ends_do_not_matter() -> None:
    assert digest(b"A: b\r\n\r\nbody\r\n") == digest(b"A: b\n\nbody\n")


def test_a_header_added_by_a_tool_changes_the_whole_and_not_the_body() -> None:
    one, other = digest(b"A: b\r\n\r\nbody"), digest(b"X-Tool: 1\r\nA: b\r\n\r\nbody")
    assert one.whole != other.whole
    assert one.body == other.body


def test_a_message_that_begins_with_its_empty_line_has_a_body() -> None:
    assert digest(b"\r\nbody").body == digest(b"A: b\r\n\r\nbody").body


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"A: b", b"\n\n", b"\r\n\r\n"])))
def test_the_cut_does_not_matter(parts: list[bytes]) -> None:
    assert digest(*parts) == digest(b"".join(parts))
