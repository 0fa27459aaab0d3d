"""Showing how a run goes on, look by look; and looking again and again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from trasloco.project.event_lines import EventLines
from trasloco.project.live_screen import LiveScreen
from trasloco.project.progress import Pace, Progress
from trasloco.project.screen import interactive, say, screen

EVERY_SECONDS = 0.5


class Shown:
    """``with Shown() as show: show(progress)``. On a terminal the picture is redrawn in place; elsewhere every event is a line. Each
    title (a run) has its own rates."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._live: LiveScreen | None = None
        self._lines = EventLines(lambda line: say(f"{time.strftime('%H:%M:%S')} {line}"))
        self._pace, self._title = Pace(), ""

    def __enter__(self) -> Self:
        self._live = self._stack.enter_context(LiveScreen(screen())) if interactive() else None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, trace)
        if self._live is not None and error is None:
            say()

    def __call__(self, progress: Progress) -> None:
        if progress.title != self._title:
            self._pace, self._title = Pace(), progress.title
        now = time.monotonic()
        self._pace.see(now, progress)
        if self._live is not None:
            self._live(progress, self._pace)
        else:
            self._lines(now, progress, self._pace)


async def watch(look: Callable[[], Awaitable[Progress | None]], ended: asyncio.Event) -> None:
    """Show what ``look`` returns every half second until ``ended``, and once more then. It may return None while there is
    nothing to show."""
    with Shown() as show:
        while True:
            last = ended.is_set()
            progress = await look()
            if progress is not None:
                show(progress)
            if last:
                break
            await _until(ended, EVERY_SECONDS)


async def _until(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
