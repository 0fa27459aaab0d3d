"""What is asked of the database at most once in a while in this process, however many people look at it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

_FORGOTTEN_SECONDS = 60.0


@dataclass(slots=True)
class _Kept(Generic[T]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    taken: float = float("-inf")
    value: T | None = None


class Fresh(Generic[K, T]):
    """take: asks for what belongs to a key. seconds: for which it is given again. taken: how often it was asked, for tests.

    Who asks while somebody else does waits for his answer. What a key does not say (of which customer) must not make a difference.
    """

    def __init__(self, take: Callable[[K], T], seconds: float) -> None:
        self.taken = 0
        self._take = take
        self._seconds = seconds
        self._kept: dict[K, _Kept[T]] = {}
        self._lock = threading.Lock()

    def latest(self, key: K) -> T:
        """Not older than ``seconds``. Raises what ``take`` raises."""
        with self._lock:
            now = time.monotonic()
            kept = self._kept.setdefault(key, _Kept())
            for other in [old for old, item in self._kept.items() if now - item.taken > _FORGOTTEN_SECONDS and item is not kept]:
                del self._kept[other]
        with kept.lock:
            value = kept.value
            if value is None or time.monotonic() - kept.taken >= self._seconds:
                kept.value = value = self._take(key)
                kept.taken = time.monotonic()
                self.taken += 1
            return value
