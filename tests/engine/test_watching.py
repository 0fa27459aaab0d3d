"""What counts as having got on, attempt after attempt."""

from __future__ import annotations

from trasloco.engine.sink import QuietSink
from trasloco.engine.watching import Watching


def _attempt(watching: Watching, reached: dict[str, int]) -> bool:
    """One attempt that comes so far in these folders, each over a connection of its own."""
    lanes = {folder: watching.lane() for folder in reached}
    for folder, lane in lanes.items():
        lane.enter(folder)
    for folder, lane in lanes.items():
        lane.advance(reached[folder], 0)
    return watching.further()


def test_an_attempt_that_only_repeats_what_was_settled_has_not_got_on() -> None:
    watching = Watching(QuietSink())
    assert _attempt(watching, {"INBOX": 5})
    assert not _attempt(watching, {"INBOX": 5})
    assert not _attempt(watching, {"INBOX": 3})
    assert _attempt(watching, {"INBOX": 6})


def test_one_connection_gets_on_though_eight_had_come_further_together() -> None:
    """More connections than there are attempts without progress: each attempt over one carries a message or two."""
    watching = Watching(QuietSink())
    assert _attempt(watching, {f"Folder {number}": 5 for number in range(8)})
    for settled in range(6, 40):
        assert _attempt(watching, {"Folder 0": settled})
    assert not _attempt(watching, {"Folder 0": 39})
    assert _attempt(watching, {"Folder 1": 6})


def test_a_folder_that_is_begun_anew_each_time_is_no_progress() -> None:
    """A server that renumbers it again and again does not keep us for ever."""
    watching = Watching(QuietSink())
    assert _attempt(watching, {"INBOX": 20})
    assert not any(_attempt(watching, {"INBOX": 20}) for _ in range(10))


def test_bytes_and_folders_are_passed_on() -> None:
    class Kept(QuietSink):
        def __init__(self) -> None:
            self.folders: list[str] = []
            self.messages = 0

        def enter(self, folder: str) -> None:
            self.folders.append(folder)

        def advance(self, messages: int, size: int) -> None:
            self.messages += messages

    sink = Kept()
    watching = Watching(sink)
    for folder in ("INBOX", "Sent"):
        lane = watching.lane()
        lane.enter(folder)
        lane.advance(2, 100)
    assert (sink.folders, sink.messages, watching.size) == (["INBOX", "Sent"], 4, 200)
