"""Looking at a run again and again while it goes on, and showing what is seen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

from trasloco.project.event_lines import EventLines
from trasloco.project.live_screen import LiveScreen
from trasloco.project.progress import Pace, Progress
from trasloco.project.screen import interactive, say, screen

EVERY_SECONDS = 0.5


async def watch(look: Callable[[], Awaitable[Progress | None]], ended: asyncio.Event) -> None:
    """Show what ``look`` returns every half second until ``ended``, and once more then.

    On a terminal the picture is redrawn in place; elsewhere every event is a line. ``look`` may
    return None while there is nothing to show. Each title (a run) has its own picture.
    """
    with ExitStack() as stack:
        live = stack.enter_context(LiveScreen(screen())) if interactive() else None
        lines = EventLines(lambda line: say(f"{time.strftime('%H:%M:%S')} {line}"))
        pace, title = Pace(), ""
        while True:
            last = ended.is_set()
            progress = await look()
            if progress is not None:
                if progress.title != title:
                    pace, title = Pace(), progress.title
                now = time.monotonic()
                pace.see(now, progress)
                if live is not None:
                    live(progress, pace)
                else:
                    lines(now, progress, pace)
            if last:
                break
            await _until(ended, EVERY_SECONDS)
    if live is not None:
        say()


async def _until(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
