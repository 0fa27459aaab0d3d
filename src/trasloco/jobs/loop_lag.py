"""Is the event loop in time? One that comes back late has been held up, and all its transfers with it."""

from __future__ import annotations

import asyncio

from trasloco.jobs.figures import Figures

LOOK_SECONDS = 0.5


async def watch_loop(figures: Figures, every: float = LOOK_SECONDS) -> None:
    """Until it is cancelled: sleep, and say by how much too long it was. every: seconds."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every
        await asyncio.sleep(every)
        figures.loop_was_late(max(0.0, loop.time() - due))
