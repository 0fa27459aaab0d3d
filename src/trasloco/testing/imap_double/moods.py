"""When a double slows its client down or hangs up: armed by a test, looked at before every message it hands out.

Throttling counts time as the provider does: who comes back before the milliseconds are over is told the rest, and ``early``
counts him.
"""

from __future__ import annotations

import threading
import time


class HangUp(Exception):
    """The session ends. text: of the BYE, "" = without a word."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.text = text


class Throttled(Exception):
    """No more for now. milliseconds: until it may go on."""

    def __init__(self, milliseconds: int) -> None:
        super().__init__(milliseconds)
        self.milliseconds = milliseconds


class Moods:
    """The moods of one server. ``throttled_for``: milliseconds, for each time it did."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._throttle: list[tuple[int, int]] = []
        self._hang_up: list[tuple[int, str]] = []
        self._bodies = 0
        self._until = 0.0
        self.early = 0
        self.throttled_for: list[int] = []

    def throttle(self, *at: tuple[int, int]) -> None:
        """(messages handed out from now on, milliseconds): after so many it throttles for so long."""
        with self._lock:
            self._throttle = [(self._bodies + after, milliseconds) for after, milliseconds in at]

    def hang_up(self, *at: tuple[int, str]) -> None:
        """(messages handed out from now on, words of the BYE): after so many the session ends, "" = without a word."""
        with self._lock:
            self._hang_up = [(self._bodies + after, text) for after, text in at]

    def before_command(self) -> None:
        """Raises Throttled while that lasts."""
        with self._lock:
            left = self._until - time.monotonic()
            if left > 0:
                self.early += 1
                raise Throttled(int(left * 1000) + 1)

    def before_body(self) -> None:
        """Raises Throttled or HangUp when it is time."""
        with self._lock:
            if self._throttle and self._bodies >= self._throttle[0][0]:
                milliseconds = self._throttle.pop(0)[1]
                self._until = time.monotonic() + milliseconds / 1000
                self.throttled_for.append(milliseconds)
                raise Throttled(milliseconds)
            if self._hang_up and self._bodies >= self._hang_up[0][0]:
                raise HangUp(self._hang_up.pop(0)[1])
            self._bodies += 1
