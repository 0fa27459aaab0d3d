"""How much mail is being moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from trasloco.testing.run_states import begin, set_states

Make = Callable[..., Any]


def sample(run: Any, now: datetime, minutes: float, done: int, size: int = 0) -> None:
    from trasloco.records.models import RunPace

    RunPace.objects.create(run=run, at=now - timedelta(minutes=minutes), done=done, expected=10_000, size=size, finished=0)


def test_it_is_what_came_to_its_end_within_the_last_minutes_of_all_runs(make_migration: Make) -> None:
    from trasloco.records.clock import now
    from trasloco.records.throughput import throughput

    moment = now()
    assert throughput(moment).messages_per_minute == 0
    for pace in (10, 30):
        run = begin(make_migration())
        set_states(run, ["running"] * run.transfers.count())
        for minutes in (20, 9, 5.2, 4.7, 3, 0.2):
            sample(run, moment, minutes, done=round((20 - minutes) * pace), size=round((20 - minutes) * pace * 6000))
    found = throughput(moment)
    assert found.seconds == pytest.approx(300)
    assert found.messages == 200
    assert found.messages_per_minute == pytest.approx(40)
    assert found.bytes_per_second == pytest.approx(4000)


def test_a_run_that_stood_for_hours_is_reckoned_from_where_it_went_on(make_migration: Make) -> None:
    from trasloco.records.clock import now
    from trasloco.records.throughput import throughput

    moment = now()
    run = begin(make_migration())
    set_states(run, ["running"] * run.transfers.count())
    sample(run, moment, 300, done=100)
    sample(run, moment, 1, done=100)
    sample(run, moment, 0, done=160)
    assert throughput(moment).messages_per_minute == pytest.approx(60)


def test_what_ended_long_ago_does_not_count(make_migration: Make) -> None:
    from trasloco.records.clock import now
    from trasloco.records.models import Run
    from trasloco.records.throughput import throughput

    moment = now()
    run = begin(make_migration())
    set_states(run, ["running"] * run.transfers.count())
    sample(run, moment, 8, done=100)
    sample(run, moment, 6, done=900)
    Run.objects.update(status="completed", ended_at=moment - timedelta(minutes=6))
    assert throughput(moment).messages == 0
