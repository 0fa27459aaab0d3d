"""Bytes that may be fetched of one mailbox in any 24 hours: what has been used, and when it is worth while to go on. Pure.

What was fetched is kept in slots of ten minutes and counts until a whole day after the end of its slot. An account that
has used its day up does not creep on as slot after slot runs out: it sleeps until a good part of the day's bytes is free again.
"""

from __future__ import annotations

from collections.abc import Mapping

SLOT = 600
"""Seconds."""

DAY = 24 * 3600

TOGETHER = 3600
"""Seconds: what runs out so soon after the first good part is waited for too, so that a day is fetched in one go."""


class DayBudget:
    """limit: bytes. slots: bytes by the beginning of their slot, seconds since 1970."""

    def __init__(self, limit: int, slots: Mapping[int, int] | None = None) -> None:
        self.limit = limit
        self.slots = dict(slots or {})

    def used(self, now: float) -> int:
        """Bytes of the last day."""
        return sum(size for begin, size in self.slots.items() if _over(begin) > now)

    def take(self, size: int, least: int, now: float) -> int:
        """As ``pace.Allowance.take``."""
        used = self.used(now)
        granted = max(0, min(size, self.limit - used))
        if not used:
            granted = max(granted, min(size, least))
        self.add(granted, now)
        return granted

    def add(self, size: int, now: float) -> None:
        """As ``pace.Allowance.add``; slots that are over are forgotten."""
        self.slots = {begin: held for begin, held in self.slots.items() if _over(begin) > now}
        begin = int(now // SLOT) * SLOT
        if held := max(0, self.slots.pop(begin, 0) + size):
            self.slots[begin] = held

    def wait(self, size: int, now: float) -> float:
        """As ``pace.Allowance.wait``."""
        wanted = max(self.limit // 2, min(size, self.limit))
        free = self.limit - self.used(now)
        if free >= wanted:
            return 0.0
        ends = sorted((_over(begin), held) for begin, held in self.slots.items() if _over(begin) > now)
        until = now
        for end, held in ends:
            if free >= wanted:
                break
            until, free = end, free + held
        return max((end for end, _ in ends if end <= until + TOGETHER), default=until) - now


def _over(begin: int) -> int:
    """When what was fetched in a slot does not count any more."""
    return begin + SLOT + DAY
