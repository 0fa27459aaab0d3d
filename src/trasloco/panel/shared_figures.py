"""The figures of a migration, taken at most once a second in this process, however many people look at it.

``latest`` gives them as JSON; who asks while they are fresh gets those that were taken for somebody else with the same key, which
therefore says of which migration they are and for which customer's eyes. ``stream`` is the same as server-sent events: one a second
at most, and only what says something else than the last one.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Hashable
from typing import Any

from trasloco.panel.fresh import Fresh

FRESH_SECONDS = 0.9
BEAT_SECONDS = 15.0
"""A line without meaning now and then: proxies cut what is silent."""

STREAM_SECONDS = 60.0
"""Then the browser asks again, and whether he may still see it is asked again, too."""

GONE = json.dumps({"gone": True})


class SharedFigures:
    """take: figures of the migration with that key, as JSON; called in a thread."""

    def __init__(self, take: Callable[[Any], str]) -> None:
        self._fresh: Fresh[Hashable, str] = Fresh(take, FRESH_SECONDS)

    @property
    def taken(self) -> int:
        """How often figures were taken, for tests."""
        return self._fresh.taken

    def latest(self, key: Hashable) -> str:
        """Not older than ``FRESH_SECONDS``."""
        return self._fresh.latest(key)

    async def stream(self, key: Hashable, seconds: float = STREAM_SECONDS, pause: float = 1.0) -> AsyncIterator[bytes]:
        """Events until the seconds are over, or nothing moves any more."""
        yield b"retry: 2000\n\n"
        end, spoken, seen = time.monotonic() + seconds, time.monotonic(), ""
        while time.monotonic() < end:
            text = await asyncio.to_thread(self.latest, key)
            if text != seen:
                seen, spoken = text, time.monotonic()
                yield f"data: {text}\n\n".encode()
                facts = json.loads(text)
                if facts.get("over") or facts.get("gone"):
                    return
            elif time.monotonic() - spoken > BEAT_SECONDS:
                spoken = time.monotonic()
                yield b": still here\n\n"
            await asyncio.sleep(pause)
