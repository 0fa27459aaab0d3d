"""Is the transfer still ours? Asked before an APPEND is completed, when the ledger's last word is too old.

A worker can be frozen (a suspended machine, SIGSTOP) between its intent and its APPEND while another one
takes the transfer over and brings the message. The clock counts the time a machine was asleep, where it can.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable
from typing import TypeVar

from trasloco.engine.ledger import Ledger

_T = TypeVar("_T")

CONFIRM_AFTER = 5.0
"""Seconds without a word from the ledger after which it is asked again."""


class Ownership:
    """One for each who sends messages."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._at = -math.inf

    async def heard(self, write: Awaitable[_T]) -> _T:
        """Await a write of ours: it was taken, so the transfer was ours at the earliest when it was asked for."""
        asked = _now()  # not afterwards: the worker may be frozen while it waits for the answer
        result = await write
        self._at = asked
        return result

    async def confirm(self) -> None:
        """Raises Fenced when the transfer is somebody else's by now, LedgerUnavailable."""
        if _now() - self._at > CONFIRM_AFTER:
            await self.heard(self._ledger.confirm())


def _now() -> float:
    """Seconds of a clock that goes on while the machine sleeps (Linux; macOS's monotonic one is as good as there is)."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)
