"""Which folders were listed before which, when several are worked on at a time.

A message that its owner moves while the run is on may stand in the list of the folder it left and in that of
the folder it came to. Whoever finds newcomers in a list waits until the folders listed earlier are done: then
what left them has its row, and is moved, not copied a second time.
"""

from __future__ import annotations

import asyncio


class Precedence:
    """One for the folders of an attempt. Who waits, waits only for those before it: nobody waits in a circle."""

    def __init__(self) -> None:
        self._last = 0
        self._open: dict[int, asyncio.Future[None]] = {}

    def listed(self) -> int:
        """A folder's list was just read; returns its number, to be given to ``done``."""
        self._last += 1
        self._open[self._last] = asyncio.get_running_loop().create_future()
        return self._last

    def done(self, number: int) -> None:
        """Whatever became of it. A second time is once."""
        ended = self._open.pop(number, None)
        if ended is not None and not ended.done():
            ended.set_result(None)

    async def wait_for_earlier(self, number: int) -> None:
        """Until all that were listed before ``number`` are done."""
        earlier = [future for key, future in self._open.items() if key < number]
        if earlier:
            await asyncio.wait(earlier)
