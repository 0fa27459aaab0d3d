"""INTERNALDATE, read leniently and written by the book (RFC 9051 section 9, ``date-time``).

A migration must give every message its date back, to the second and in its own zone. Servers
send one-digit days without the padding, leave out the zone, write two-digit years, and now and
then a date that cannot be; the last is None here, and the caller decides what stands in for it.
"""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from typing import NamedTuple

_MONTHS = {name: number for number, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_EPOCH_DAY = datetime.date(1970, 1, 1).toordinal()
_LENIENT = re.compile(
    rb"""\s*"? \s* (?:[A-Za-z]{3,9},?\s+)?            # a weekday, as in message headers
    (\d{1,2}) [-\s/] ([A-Za-z]{3,9}) [-\s/] (\d{2}|\d{4})
    [\sT]+ (\d{1,2}) : (\d{2}) (?: : (\d{2}) (?:\.\d+)? )?
    \s* (?: ([+-])(\d{2}) :? (\d{2}) | [A-Za-z]{1,5} )?
    (?: \s* \([^()]*\) )? \s*"? \s*""",
    re.VERBOSE,
)


class InternalDate(NamedTuple):
    """A moment and the zone it was written in. epoch: seconds since 1970 UTC; offset: minutes east of UTC."""

    epoch: int
    offset: int = 0

    def format(self) -> bytes:
        """The quoted form for APPEND: ``"17-Jul-1996 02:44:25 -0700"``, the day padded with a space.

        Raises ValueError when the year is not one of 1 to 9999.
        """
        days, seconds = divmod(self.epoch + self.offset * 60, 86400)
        clock = (seconds // 3600, seconds // 60 % 60, seconds % 60)
        return b'"%b %02d:%02d:%02d %b"' % (_day_text(days), *clock, _zone_text(self.offset))


@lru_cache(maxsize=4096)
def _day_text(days: int) -> bytes:
    """Days since 1970 -> ``dd-Mon-yyyy``."""
    day = datetime.date.fromordinal(days + _EPOCH_DAY)
    return f"{day.day:2}-{_NAMES[day.month - 1]}-{day.year:04}".encode("ascii")


@lru_cache(maxsize=512)
def _zone_text(offset: int) -> bytes:
    """Minutes -> ``+hhmm``."""
    return b"%b%02d%02d" % (b"-" if offset < 0 else b"+", *divmod(abs(offset), 60))


def parse(text: bytes) -> InternalDate | None:
    """Read an INTERNALDATE (without or with its quotes); None when it says no possible moment.

    A missing zone, or one by name, is taken as UTC; a two-digit year below 70 as 20xx.
    """
    if len(text) == 26:  # the normal form: dd-Mon-yyyy hh:mm:ss +zzzz
        zone = _zone(text[20:])
        day = _day(text[:11])
        if zone is not None and day is not None and text[11] == 32 and text[14] == 58 and text[17] == 58 and text[20] == 32:
            clock = text[12:14] + text[15:17] + text[18:20]
            if clock.isdigit():
                number = int(clock)
                hours, minutes, seconds = number // 10000, number // 100 % 100, number % 100
                if hours < 24 and minutes < 60 and seconds < 61:
                    return InternalDate(day + hours * 3600 + minutes * 60 + seconds - zone * 60, zone)
    return _parse_leniently(text)


@lru_cache(maxsize=4096)
def _day(text: bytes) -> int | None:
    """``dd-Mon-yyyy`` -> seconds since 1970 at 00:00; a mailbox has few days and many messages."""
    month = _MONTHS.get(text[3:6].lower())
    if month is None or text[2] != 45 or text[6] != 45:
        return None
    try:
        return (datetime.date(int(text[7:]), month, int(text[:2])).toordinal() - _EPOCH_DAY) * 86400
    except ValueError:
        return None


@lru_cache(maxsize=512)
def _zone(text: bytes) -> int | None:
    """`` +hhmm`` -> minutes."""
    if len(text) != 6 or text[:1] != b" " or text[1] not in b"+-" or not text[2:].isdigit():
        return None
    minutes = int(text[2:4]) * 60 + int(text[4:])
    if int(text[4:]) > 59 or minutes > 24 * 60:
        return None
    return -minutes if text[1] == 45 else minutes


def _parse_leniently(text: bytes) -> InternalDate | None:
    match = _LENIENT.fullmatch(text) if len(text) <= 100 else None
    if match is None:
        return None
    day, month, year, hours, minutes, seconds, sign, zone_hours, zone_minutes = match.groups()
    number = int(year)
    if len(year) == 2:
        number += 2000 if number < 70 else 1900
    offset = 0
    if sign:
        offset = int(zone_hours) * 60 + int(zone_minutes)
        if int(zone_minutes) > 59 or offset > 24 * 60:
            return None
        offset = -offset if sign == b"-" else offset
    try:
        date = datetime.date(number, _MONTHS[month[:3].lower()], int(day))
    except (ValueError, KeyError):
        return None
    second = int(seconds or 0)
    if int(hours) > 23 or int(minutes) > 59 or second > 60:
        return None
    epoch = (date.toordinal() - _EPOCH_DAY) * 86400 + int(hours) * 3600 + int(minutes) * 60 + second
    return InternalDate(epoch - offset * 60, offset)
