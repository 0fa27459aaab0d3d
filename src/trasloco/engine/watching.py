"""Whether an attempt has got on: what a run counts, looked at on its way to whoever shows it."""

from __future__ import annotations

from trasloco.engine.sink import Sink


class Watching:
    """Passes everything on to the run's sink and keeps count, to tell progress from none.

    An attempt counts again what earlier ones have settled, so it got on only when it came further than each of them.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._reached = self._furthest = 0
        self.size = 0
        self.expect, self.enter, self.write = sink.expect, sink.enter, sink.write

    def begin(self, settled: int) -> None:
        """A new attempt, which will not look at so many messages any more."""
        self._reached = settled

    def further(self) -> bool:
        """Has this attempt come further than any before it?"""
        before, self._furthest = self._furthest, max(self._furthest, self._reached)
        return self._furthest > before

    def advance(self, messages: int, size: int) -> None:
        self._reached += messages
        self.size += size
        self._sink.advance(messages, size)
