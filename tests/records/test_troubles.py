"""What is wrong, by the standing alone: each kind, its gravity, and that its words fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("clean_database")

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def worker(**values: Any) -> Any:
    from trasloco import __version__
    from trasloco.records.workers import WorkerLine, WorkerState

    line = WorkerLine(
        1, "mail1", 7, __version__, 20, ("transfers", "errands"), NOW, NOW, None, 1.0, WorkerState.WORKING, transfers=0, errands=0
    )
    return replace(line, **values)


def queue(name: str = "errands", **values: Any) -> Any:
    from trasloco.records.queue_lines import QueueLine

    return replace(QueueLine(name, 0, 0.0, 0, 1, 8), **values)


def stands(*lines: Any, unnamed: int = 0, queues: tuple[Any, ...] = (), waits: tuple[Any, ...] = ()) -> list[tuple[str, str]]:
    """Kind and gravity of what is wrong with such a standing."""
    return [(each.kind, each.gravity.value) for each in told(*lines, unnamed=unnamed, queues=queues, waits=waits)]


def told(*lines: Any, unnamed: int = 0, queues: tuple[Any, ...] = (), waits: tuple[Any, ...] = ()) -> list[Any]:
    from trasloco.records.standing import Standing
    from trasloco.records.throughput import Throughput
    from trasloco.records.troubles import troubles
    from trasloco.records.workers import Workers

    return troubles(Standing(NOW, Workers(lines, unnamed), queues, (), Throughput(0, 0, 0, 0.0), waits, 0, 0, 0))


def test_with_a_worker_and_nothing_that_stands_all_is_well() -> None:
    assert stands(worker(), queues=(queue(waiting=3, longest=20.0), queue("run-7", waiting=3, longest=900.0, workers=0))) == []


def test_without_a_worker_nothing_goes_on() -> None:
    from trasloco.records.workers import WorkerState

    assert stands() == [("no-worker", "alarm")]
    assert stands(worker(state=WorkerState.DRAINING)) == [("no-worker", "alarm")]
    assert stands(worker(queues=("run-7",))) == [("no-worker", "alarm")]


def test_a_queue_that_nobody_takes_from_is_named() -> None:
    assert stands(worker(queues=("errands",))) == [("no-worker-for-transfers", "alarm")]
    assert stands(worker(queues=("transfers",))) == [("no-worker-for-errands", "alarm")]


def test_a_queue_stands_when_places_are_free_and_is_full_when_none_is() -> None:
    assert stands(worker(), queues=(queue(waiting=2, longest=301.0, doing=3),)) == [("queue-stands", "alarm")]
    assert stands(worker(), queues=(queue(waiting=2, longest=301.0, doing=8),)) == [("queue-full", "warning")]
    (full,) = told(worker(), queues=(queue(waiting=1, longest=7200.0, doing=8),))
    assert full.title == "The queue errands has a job that has waited for 2 h: all 8 places are taken"


def test_a_frozen_worker_is_a_warning_and_a_lost_one_good_to_know() -> None:
    from trasloco.records.troubles import wrong
    from trasloco.records.workers import WorkerState

    frozen, lost = worker(state=WorkerState.FROZEN, silent=45.0), worker(state=WorkerState.LOST, silent=600.0, pid=4711)
    assert stands(worker(), frozen) == [("worker-frozen", "warning")]
    assert stands(worker(), lost) == [("worker-lost", "note")]
    assert [wrong(told(worker(), each)) for each in (frozen, lost)] == [True, False]
    assert told(worker(), lost)[0].title == "Worker process 4711 on mail1 ended without a word 10 min ago"


def test_accounts_that_wait_for_hands_are_told_when_the_workers_are_full() -> None:
    from trasloco.records.wait_lines import WaitLine, WaitReason

    waits = (WaitLine(WaitReason.WORKER, "", 40, 600.0, None),)
    assert stands(worker(transfers=20), waits=waits) == [("workers-full", "note")]
    assert stands(worker(transfers=19), waits=waits) == []
    assert stands(worker(transfers=20), waits=(replace(waits[0], longest=60.0),)) == []


def test_versions_that_differ_are_good_to_know() -> None:
    assert stands(worker(version="0.0.1")) == [("versions-differ", "note")]
    assert stands(unnamed=2) == [("versions-differ", "note")]
    assert told(unnamed=2)[0].title == "2 workers of an older version"


def test_the_gravest_comes_first() -> None:
    from trasloco.records.workers import WorkerState

    found = stands(worker(state=WorkerState.LOST), worker(version="0.0.1", queues=("transfers",)), worker(state=WorkerState.FROZEN))
    assert [gravity for _, gravity in found] == ["alarm", "warning", "note", "note"]
