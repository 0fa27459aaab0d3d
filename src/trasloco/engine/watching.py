"""Whether an attempt has got on: what a run counts, looked at on its way to whoever shows it."""

from __future__ import annotations

from collections.abc import Callable

from trasloco.engine.sink import Entry, Sink


class Watching:
    """Passes everything on to the run's sink and keeps count, to tell progress from none.

    An attempt counts again what earlier ones have settled, so it got on only where it came further than each of them: in
    any one folder, for those that earlier attempts had begun beside it, over more connections, may not have had their turn.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._furthest: dict[str, int] = {}  # messages with a fate, by folder
        self._before = 0
        self.size = 0
        self.on_message: Callable[[], None] = lambda: None  # called when messages get a fate
        self.expect, self.write = sink.expect, sink.write

    def lane(self) -> Sink:
        """What the folders of one pair of connections tell, one after the other."""
        return _Lane(self)

    def further(self) -> bool:
        """Has any folder come further than when this was asked last?"""
        before, self._before = self._before, sum(self._furthest.values())
        return self._before > before

    def enter(self, folder: str) -> None:
        self._sink.enter(folder)

    def advance(self, messages: int, size: int) -> None:
        self.size += size
        self.on_message()
        self._sink.advance(messages, size)

    def reached(self, folder: str, messages: int) -> None:
        """This attempt has so many messages of the folder with a fate."""
        self._furthest[folder] = max(self._furthest.get(folder, 0), messages)


class _Lane:
    """Knows which folder it is that advances."""

    def __init__(self, watching: Watching) -> None:
        self._watching, self._folder, self._messages = watching, "", 0

    def expect(self, messages: int, size: int | None) -> None:
        self._watching.expect(messages, size)

    def write(self, entry: Entry) -> None:
        self._watching.write(entry)

    def enter(self, folder: str) -> None:
        self._folder, self._messages = folder, 0
        self._watching.enter(folder)

    def advance(self, messages: int, size: int) -> None:
        self._messages += messages
        self._watching.reached(self._folder, self._messages)
        self._watching.advance(messages, size)
