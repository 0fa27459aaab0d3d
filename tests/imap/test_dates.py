from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trasloco.imap.dates import InternalDate, parse

JULY = int(datetime.datetime(1996, 7, 17, 9, 44, 25, tzinfo=datetime.UTC).timestamp())


@pytest.mark.parametrize(
    "text",
    [
        b"17-Jul-1996 02:44:25 -0700",
        b'"17-Jul-1996 02:44:25 -0700"',
        b"17-JUL-1996 02:44:25 -0700",
        b"17 Jul 1996 02:44:25 -0700",
        b"Wed, 17 Jul 1996 02:44:25 -0700 (PDT)",
        b"17-Jul-96 02:44:25 -0700",
        b"17-July-1996 2:44:25 -07:00",
        b"17-Jul-1996 02:44:25.000 -0700",
    ],
)
def test_one_moment_many_spellings(text: bytes) -> None:
    assert parse(text) == InternalDate(JULY, -420)


@pytest.mark.parametrize(
    ("text", "epoch"),
    [
        (b" 1-Jan-1970 00:00:00 +0000", 0),
        (b"1-Jan-1970 00:00:00 +0000", 0),
        (b"01-Jan-1970 00:00:00", 0),
        (b"01-Jan-1970 00:01 GMT", 60),
        (b"01-Jan-70 01:00:00 +0100", 0),
        (b"31-Dec-1969 23:59:59 +0000", -1),
        (b"29-Feb-2024 12:00:00 +0000", 1709208000),
    ],
)
def test_what_is_left_out(text: bytes, epoch: int) -> None:
    date = parse(text)
    assert date is not None
    assert date.epoch == epoch


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"NIL",
        b"30-Feb-2020 00:00:00 +0000",
        b"00-Jan-2020 00:00:00 +0000",
        b"32-Jan-2020 00:00:00 +0000",
        b"01-Foo-2020 00:00:00 +0000",
        b"01-Jan-0000 00:00:00 +0000",
        b"01-Jan-2020 24:00:00 +0000",
        b"01-Jan-2020 00:60:00 +0000",
        b"01-Jan-2020 00:00:00 +9999",
        b"01-Jan-2020 00:00:00 *0100",
        b"x" * 1000,
    ],
)
def test_no_possible_moment(text: bytes) -> None:
    assert parse(text) is None


def test_the_form_of_append() -> None:
    assert InternalDate(JULY, -420).format() == b'"17-Jul-1996 02:44:25 -0700"'
    assert InternalDate(0, 0).format() == b'" 1-Jan-1970 00:00:00 +0000"'
    assert InternalDate(0, -30).format() == b'"31-Dec-1969 23:30:00 -0030"'


@given(st.integers(-60_000_000_000, 250_000_000_000), st.integers(-14 * 60, 14 * 60))
def test_there_and_back(epoch: int, offset: int) -> None:
    date = InternalDate(epoch, offset)
    assert parse(date.format()) == date
    assert parse(date.format().strip(b'"')) == date
