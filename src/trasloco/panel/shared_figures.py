"""The figures of a migration, taken at most once a second in this process, however many people look at it.

``latest`` gives them as JSON; who asks while they are fresh gets those that were taken for somebody else with the same key, which
therefore says of which migration they are and for which customer's eyes. ``stream`` is the same as server-sent events: one a second
at most, and only what says something else than the last one.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

FRESH_SECONDS = 0.9
BEAT_SECONDS = 15.0
"""A line without meaning now and then: proxies cut what is silent."""

STREAM_SECONDS = 60.0
"""Then the browser asks again, and whether he may still see it is asked again, too."""

_FORGOTTEN_SECONDS = 60.0
GONE = json.dumps({"gone": True})


@dataclass(slots=True)
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    taken: float = float("-inf")
    text: str = GONE


class SharedFigures:
    """take: figures of the migration with that key, as JSON; called in a thread. taken: how often it was, for tests."""

    def __init__(self, take: Callable[[Any], str]) -> None:
        self.taken = 0
        self._take = take
        self._kept: dict[Hashable, _Kept] = {}
        self._lock = threading.Lock()

    def latest(self, key: Hashable) -> str:
        """Not older than ``FRESH_SECONDS``."""
        with self._lock:
            now = time.monotonic()
            kept = self._kept.setdefault(key, _Kept())
            for other in [old for old, item in self._kept.items() if now - item.taken > _FORGOTTEN_SECONDS and item is not kept]:
                del self._kept[other]
        with kept.lock:
            if time.monotonic() - kept.taken >= FRESH_SECONDS:
                kept.text = self._take(key)
                kept.taken = time.monotonic()
                self.taken += 1
            return kept.text

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
