"""Which folders may have been listed before which, when several are worked on at a time.

A message that its owner moves while the run is on may stand in the list of the folder it left and in that of
the folder it came to. Whoever finds newcomers in a list waits until the folders whose lists may be older are done:
then what left them has its row, and is not copied a second time. Two lists that were read at the same time may
each be the older one; then the folder that began later goes last, and looks once more what is left in it.
"""

from __future__ import annotations

import asyncio


class Precedence:
    """One for the folders of an attempt. Nobody waits in a circle: the lowest number goes on."""

    def __init__(self) -> None:
        self._last = 0
        self._open: dict[int, int] = {}
        self._waiting: set[int] = set()
        self._changed = asyncio.Event()

    def begin(self) -> int:
        """A folder's list is about to be asked for; returns its number, to be given to the other methods."""
        self._last += 1
        self._open[self._last] = 0
        return self._last

    def listed(self, number: int) -> None:
        """The list has been read: every other that was begun by now may be an older one."""
        self._open[number] = self._last

    def done(self, number: int) -> None:
        """Whatever became of it. A second time is once."""
        self._open.pop(number, None)
        self._tell()

    async def wait_for_earlier(self, number: int) -> None:
        """Until all are done whose lists may be older than that of ``number``."""
        self._waiting.add(number)
        self._tell()
        try:
            while self._has_earlier(number):
                changed = self._changed
                await changed.wait()
        finally:
            self._waiting.discard(number)

    def _has_earlier(self, number: int) -> bool:
        until = self._open[number]
        others = (other for other in self._open if other <= until and other != number)
        return any(other < number or other not in self._waiting for other in others)

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
