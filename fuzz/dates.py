"""Dates of messages: any bytes are a date or none, and a date that can be written is read again as the same.

Few inputs look like a date at all, so each is also taken as a row of pieces of dates.
"""

from __future__ import annotations

from trasloco.imap import dates

_OWN = (
    b'"17-Jul-1996 02:44:25 -0700"', b" 1-Jan-2020 00:00:00 +0000", b"1-Jan-70 0:00:00", b"Mon, 01 Feb 2021 10:00:00 +0100 (CET)",
    b"29-Feb-2020T23:59:60 GMT", b"31-Dec-9999 23:59:59 -2400", b"01-Jan-0001 00:00:00 +2400", b"00-Jan-0000 00:00:00 +0000", b"NIL",
    b"1/March/1999 1:02:03.999 +01:00", b"",
)  # fmt: skip


TOKENS = (
    *(b"%02d" % number for number in (0, 1, 2, 9, 10, 12, 13, 23, 24, 28, 29, 30, 31, 32, 59, 60, 61, 69, 70, 99)),
    *b"Jan Feb mar APR May Jun Jul Aug Sep Oct Nov December Foo".split(),
    *b"0001 0000 1582 1900 1969 1970 1996 2000 2024 2038 2100 9999 1 9 -0700 +0000 +1400 -2400 +2400 +2401 +0060 +9999 GMT Mon,".split(),
    b"-", b":", b"/", b" ", b"+", b'"', b".", b"T", b"(CET)", b"\t", b"\r\n", b"\xff", b"\0",
)  # fmt: skip
_FORMS = (b"0-1-2 3:4:5 6", b'"0-1-2 3:4:5 6"', b" 0 1 2 3:4:5", b"0/1/2T3:4 6", b"Mon, 0 1 2 3:4:5 6 (CET)")


def check(data: bytes) -> None:
    """Raises AssertionError, and whatever else is raised."""
    _check(data)
    pieces = [TOKENS[byte % len(TOKENS)] for byte in data[1:]]
    _check(b"".join(pieces))
    if len(pieces) >= 7:
        form = _FORMS[data[0] % len(_FORMS)]
        _check(b"".join(pieces[byte - 48] if 48 <= byte <= 54 else bytes((byte,)) for byte in form))


def _check(data: bytes) -> None:
    date = dates.parse(data)
    if date is None:
        return
    try:
        written = date.format()
    except ValueError:
        written = b""
    if not written:
        assert not 1 < _year(date) < 9999, f"{date} can be written, and was not"
        return
    assert written.startswith(b'"')
    assert written.endswith(b'"')
    assert dates.parse(written) == dates.parse(written[1:-1]) == date, f"{date} is written {written!r}"


def _year(date: dates.InternalDate) -> int:
    return 1970 + date.epoch // 31_556_952


def seeds() -> list[bytes]:
    """Dates in all forms that were met."""
    return list(_OWN)
