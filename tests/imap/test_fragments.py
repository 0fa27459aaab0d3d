from __future__ import annotations

import time
import tracemalloc

import pytest

from trasloco.imap.errors import LimitExceeded
from trasloco.imap.fragments import NO_LITERAL, Chunk, Fragments, Line
from trasloco.imap.limits import Limits


def split(data: bytes, step: int, limits: Limits | None = None) -> list[tuple[bytes, int] | bytes]:
    """Lines as (text, literal), literals whole."""
    fragments = Fragments(limits or Limits())
    out: list[tuple[bytes, int] | bytes] = []
    collected = b""
    for start in range(0, len(data), step):
        fragments.feed(data[start : start + step])
        while (found := fragments.take()) is not None:
            if isinstance(found, Chunk):
                collected += found.data
                if not found.left:
                    out.append(collected)
                    collected = b""
            else:
                assert isinstance(found, Line)
                out.append((found.text, found.literal))
    assert not fragments.left_over
    return out


CASES = [
    (b"* OK hello\r\n", [(b"* OK hello", NO_LITERAL)]),
    (b"* OK hello\n", [(b"* OK hello", NO_LITERAL)]),
    (b"* 1 FETCH (BODY[] {5}\r\nhello)\r\n", [(b"* 1 FETCH (BODY[] ", 5), b"hello", (b")", NO_LITERAL)]),
    (b"* 1 FETCH (BODY[] ~{2}\r\n\0\n)\r\n", [(b"* 1 FETCH (BODY[] ", 2), b"\0\n", (b")", NO_LITERAL)]),
    (b"* 1 FETCH (BODY[] {2+}\r\nab)\r\n", [(b"* 1 FETCH (BODY[] ", 2), b"ab", (b")", NO_LITERAL)]),
    (b"* 1 FETCH (BODY[]{2}\r\nab)\r\n", [(b"* 1 FETCH (BODY[]", 2), b"ab", (b")", NO_LITERAL)]),
    (b"* 1 FETCH (A {0}\r\n B {1}\r\nx)\r\n", [(b"* 1 FETCH (A ", 0), (b" B ", 1), b"x", (b")", NO_LITERAL)]),
    # a literal that looks like responses and literals
    (b"* 1 FETCH (X {13}\r\n* OK {5}\r\nab )\r\n", [(b"* 1 FETCH (X ", 13), b"* OK {5}\r\nab ", (b")", NO_LITERAL)]),
    # the human text of a status is never one
    (b"* OK {1}\r\n", [(b"* OK {1}", NO_LITERAL)]),
    (b"* NO [ALERT] see {12}\r\n", [(b"* NO [ALERT] see {12}", NO_LITERAL)]),
    (b"a1 BAD near {3}\r\n", [(b"a1 BAD near {3}", NO_LITERAL)]),
    (b"+ go {3}\r\n", [(b"+ go {3}", NO_LITERAL)]),
    (b"* BYE {3}\r\n", [(b"* BYE {3}", NO_LITERAL)]),
    # nor is what no value may begin at
    (b'* LIST () "/" name{5}\r\n', [(b'* LIST () "/" name{5}', NO_LITERAL)]),
    (b'* LIST () "/" "{5}"\r\n', [(b'* LIST () "/" "{5}"', NO_LITERAL)]),
    (b'* LIST () "/" {x}\r\n', [(b'* LIST () "/" {x}', NO_LITERAL)]),
    (b'* LIST () "/" {5\r\n', [(b'* LIST () "/" {5', NO_LITERAL)]),
    # a continued response may say anything
    (b"* LIST () {1}\r\n/ OK {2}\r\nab\r\n", [(b"* LIST () ", 1), b"/", (b" OK ", 2), b"ab", (b"", NO_LITERAL)]),
]


@pytest.mark.parametrize(("data", "expected"), CASES)
def test_whole_byte_by_byte_and_with_more_behind(data: bytes, expected: list[tuple[bytes, int] | bytes]) -> None:
    behind = b"* 2 EXISTS\r\n"
    for step in (10_000, 1, 2, 3, 7):
        assert split(data, step) == expected
        assert split(data + behind, step) == [*expected, (b"* 2 EXISTS", NO_LITERAL)]


def test_a_chunk_is_handed_on_as_it_came() -> None:
    fragments = Fragments(Limits())
    fragments.feed(b"* 1 FETCH (BODY[] {200000}\r\n")
    assert fragments.take() == Line(b"* 1 FETCH (BODY[] ", 200000)
    piece = b"x" * 100_000
    fragments.feed(piece)
    chunk = fragments.take()
    assert isinstance(chunk, Chunk)
    assert chunk.data is piece
    assert chunk.left == 100_000


@pytest.mark.parametrize("step", [1, 1000, 10**9])
def test_a_line_over_the_limit(step: int) -> None:
    with pytest.raises(LimitExceeded) as failure:
        split(b"* X " + b"x" * 2000 + b"\r\n", step, Limits(line=1000))
    assert failure.value.limit == "line"


def test_only_lists_of_numbers_may_be_longer() -> None:
    numbers = b"* SEARCH" + b" 123456" * 1000
    for step in (1000, 10**9):
        assert split(numbers + b"\r\n", step, Limits(line=1000)) == [(numbers, NO_LITERAL)]
        with pytest.raises(LimitExceeded):
            split(numbers + b"\r\n", step, Limits(line=1000, numbers=5000))


@pytest.mark.parametrize("size", [b"9223372036854775808", b"99999999999999999999", b"9" * 300])
def test_a_literal_beyond_all_measure(size: bytes) -> None:
    with pytest.raises(LimitExceeded) as failure:
        split(b"* 1 FETCH (BODY[] {" + size + b"}\r\n", 10**9)
    assert failure.value.limit == "literal"


def test_the_largest_literal_is_only_announced() -> None:
    fragments = Fragments(Limits())
    fragments.feed(b"* 1 FETCH (BODY[] {9223372036854775807}\r\n")
    assert fragments.take() == Line(b"* 1 FETCH (BODY[] ", 2**63 - 1)


def test_time_grows_with_the_bytes_and_memory_does_not() -> None:
    line = b"* X " + b"x" * 250_000 + b"\r\n"
    started = time.perf_counter()
    split(line, 1)
    assert time.perf_counter() - started < 5
    tracemalloc.start()
    fragments = Fragments(Limits())
    for _ in range(200):
        fragments.feed(b"* 1 FETCH (BODY[] {10000}\r\n" + b"x" * 10_000 + b")\r\n")
        while fragments.take() is not None:
            pass
    assert tracemalloc.get_traced_memory()[0] < 200_000
    tracemalloc.stop()
