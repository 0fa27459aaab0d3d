"""The hours in which mail may be moved ("20:00-06:00"), as clocks on the wall of one time zone show them. Pure.

What counts is the clock on the wall: where it is put back, an hour that comes twice is open twice; where it is put
forward over the beginning, the window opens with the first minute that there is.
"""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

_TEXT = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(?:-|–|to)\s*(\d{1,2})(?::(\d{2}))?")
_MINUTE = timedelta(minutes=1)
_RECKONED = 30
_FAR = 36_500.0
"""Days."""

_LONGEST = 49 * 60
"""Minutes that are looked ahead: a whole day, and the hours by which clocks are changed."""


@dataclass(frozen=True, slots=True)
class Window:
    """Open from ``start`` until just before ``end``, every day; over midnight where the end is the earlier one.

    Raises ValueError when both are the same: that is either always or never.
    """

    start: time
    end: time
    zone: zoneinfo.ZoneInfo

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise ValueError("begins and ends at the same hour")

    @classmethod
    def parse(cls, text: str, zone: zoneinfo.ZoneInfo) -> Window:
        """From "20:00-06:00" or "20-6". Raises ValueError."""
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            raise ValueError("is not written as 20:00-06:00")
        hours = [int(part or 0) for part in found.groups()]
        return cls(_clock(hours[0], hours[1]), _clock(hours[2], hours[3]), zone)

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def is_open(self, moment: datetime) -> bool:
        """moment: with a zone, whichever."""
        wall = moment.astimezone(self.zone).time()
        if self.start < self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end

    def opens(self, moment: datetime) -> datetime:
        """``moment`` itself while it is open, else the minute at which it opens next, in UTC."""
        return self._next(moment, is_open=True)

    def closes(self, moment: datetime) -> datetime:
        """``moment`` itself while it is closed, else the minute at which it closes next, in UTC."""
        return self._next(moment, is_open=False)

    def finishes(self, moment: datetime, seconds: float) -> datetime:
        """When work of so many seconds that begins at ``moment`` is done, resting while it is closed, in UTC. Reckoned to the
        minute for the first weeks, then as if each day were like the last one."""
        left = timedelta(seconds=seconds)
        at = self.opens(moment)
        for _ in range(_RECKONED):
            if (room := self.closes(at) - at) >= left:
                return at + left
            left -= room
            at = self.opens(at + room)
        return at + min(left / room, _FAR) * timedelta(days=1)

    def _next(self, moment: datetime, *, is_open: bool) -> datetime:
        """Minute by minute, so that it is true to ``is_open`` whatever the clocks do."""
        moment = moment.astimezone(UTC)
        if self.is_open(moment) is is_open:
            return moment
        minute = moment.replace(second=0, microsecond=0)
        for _ in range(_LONGEST):
            minute += _MINUTE
            if self.is_open(minute) is is_open:
                return minute
        raise ValueError("is shorter than the clocks are put forward")  # only for hours that do not exist on that day


def _clock(hour: int, minute: int) -> time:
    """24:00 is midnight. Raises ValueError for an hour that no clock shows."""
    if (hour, minute) == (24, 0):
        return time(0)
    if hour > 23 or minute > 59:
        raise ValueError("names an hour that no clock shows")
    return time(hour, minute)
