from __future__ import annotations

from trasloco.project.event_lines import EventLines
from trasloco.project.progress import AccountProgress, Pace, Progress


def test_each_change_is_one_line() -> None:
    written: list[str] = []
    lines = EventLines(written.append)
    waiting = AccountProgress(1, "anna@example.net", "waiting")
    running = AccountProgress(1, "anna@example.net", "running", 0, 10)
    ended = AccountProgress(1, "anna@example.net", "completed", 10, 10, 2048, seconds=3.2)
    for second, account in enumerate((waiting, waiting, running, running, ended, ended)):
        lines(second, Progress("Run 1", (account,)), Pace())
    assert written == ["anna@example.net: started", "anna@example.net: completed, 10 messages done, 2.0 KiB copied in 3.2 s"]


def test_a_failure_brings_its_words_on_one_line() -> None:
    written: list[str] = []
    failed = AccountProgress(1, "bob", "failed", words="The server says\r\n“NO\x1b[1m”.")
    EventLines(written.append)(0, Progress("Run 1", (failed,)), Pace())
    assert written == ["bob: failed, 0 messages done, 0 bytes copied. The server says  “NO<U+001B>[1m”."]


def test_totals_come_every_half_minute() -> None:
    written: list[str] = []
    lines, pace = EventLines(written.append), Pace()
    for second in range(65):
        seen = Progress("Run 1", (AccountProgress(1, "a", "running", second, 100, second * 1024, 102_400),))
        pace.see(second, seen)
        lines(second, seen, pace)
    totals = [line for line in written if line.startswith("Run 1: ")]
    assert len(totals) == 2
    assert totals[0].startswith("Run 1: 0 of 1 account done, 30 of 100 messages, 30.0 KiB copied, 1 messages/s, 1.0 KiB/s, about ")
