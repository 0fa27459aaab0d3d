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


def text_of(*chunks: bytes) -> bytes:
    digester = Digester(text=True)
    for chunk in chunks:
        digester.update(chunk)
    return digester.result().text


def parts(boundary: bytes, words: bytes = b"hello") -> bytes:
    head = b'Subject: x\r\nContent-Type: multipart/mixed; boundary="%s"\r\n\r\n' % boundary
    inner = b'Content-Type: multipart/alternative;\r\n boundary="in%s"\r\n\r\n--in%s\r\n\r\n%s\r\n--in%s--\r\n' % (
        (boundary,) * 2 + (words, boundary)
    )
    return head + b"--%s\r\n%s--%s--\r\n" % (boundary, inner, boundary)


def test_the_text_is_the_same_whatever_its_boundaries_are_called() -> None:
    assert text_of(parts(b"one")) == text_of(parts(b"another")) != text_of(parts(b"one", b"hallo"))
    assert digest(parts(b"one")).body != digest(parts(b"another")).body
    assert digest(parts(b"one")).text == b""


def test_a_line_is_judged_by_its_beginning_however_long_it_is() -> None:
    long = b"x" * 5000
    assert text_of(b"\r\n" + long + b"boundary=1\r\n") != text_of(b"\r\n" + long + b"boundary=2\r\n")
    assert text_of(b"\r\n--" + long + b"\r\n") == text_of(b"\r\n--\r\n")


@given(st.lists(st.sampled_from([b"\r\n", b"-", b"--", b"boundary=", b"a", b"x" * 999, b"\n\n"])), st.integers(1, 40))
def test_the_cut_does_not_matter_to_the_text(pieces: list[bytes], width: int) -> None:
    whole = b"\n" + b"".join(pieces)
    assert text_of(*(whole[at : at + width] for at in range(0, len(whole), width))) == text_of(whole)
