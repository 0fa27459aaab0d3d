from __future__ import annotations

from trasloco.imap.exchange import Exchange
from trasloco.imap.progress import Progress


def asked(words: str) -> Exchange:
    return Exchange(words, [], lambda status, error: None)


def test_an_answer_that_brings_a_byte_now_and_then_is_stuck() -> None:
    progress, due = Progress(100, 60), asked("LIST")
    assert [progress.stuck(due, received, received * 10.0) for received in range(7)] == [False] * 6 + [True]


def test_one_that_brings_enough_begins_anew() -> None:
    progress, due = Progress(100, 60), asked("LIST")
    assert not progress.stuck(due, 0, 0.0)
    assert not progress.stuck(due, 100, 59.0)
    assert not progress.stuck(due, 101, 118.0)
    assert progress.stuck(due, 102, 119.0)


def test_each_command_has_its_own_time_and_none_has_none() -> None:
    progress = Progress(100, 60)
    assert not progress.stuck(asked("LIST"), 0, 0.0)
    assert not progress.stuck(asked("STATUS"), 0, 61.0)
    assert not progress.stuck(None, 0, 200.0)


def test_what_nobody_asked_for_is_no_progress() -> None:
    progress, due = Progress(100, 60), asked("SELECT")
    assert not progress.stuck(due, 0, 0.0)
    assert progress.stuck(due, -5000, 60.0)
