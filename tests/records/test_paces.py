"""The pace of a run, sampled, and the time that is left by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from trasloco.testing.run_states import begin, set_states

Make = Callable[..., Any]


def _left(migration: Any, run: Any) -> Any:
    from trasloco.records.overviews import run_lines
    from trasloco.records.paces import time_left

    line = next(item for item in run_lines([migration])[migration.pk] if item.number == run.number)
    return time_left(migration, run, line)


def _run(migration: Any, done: int, expected: int, states: tuple[str, ...] = ("running", "running", "waiting")) -> Any:
    run = begin(migration)
    set_states(run, states)
    run.transfers.filter(account__line=1).update(done_messages=done, expected_messages=expected)
    return run


def _sample(run: Any, minutes: float, done: int, finished: int = 0) -> None:
    from trasloco.records.clock import now
    from trasloco.records.models import RunPace

    RunPace.objects.create(run=run, at=now() - timedelta(minutes=minutes), done=done, expected=1000, size=0, finished=finished)


def test_a_run_is_sampled_every_half_minute_while_it_is_under_way(make_migration: Make) -> None:
    from trasloco.records.clock import now
    from trasloco.records.models import RunPace
    from trasloco.records.paces import sample_paces

    migration = make_migration()
    moment: datetime = now()
    assert sample_paces(moment) == 0
    run = _run(migration, 40, 100)
    assert [sample_paces(moment + timedelta(seconds=seconds)) for seconds in (0, 10, 29, 31, 40)] == [1, 0, 0, 1, 0]
    first = RunPace.objects.order_by("at").first()
    assert first is not None
    assert (first.run_id, first.done, first.expected, first.to_go) == (run.pk, 40, 100, 60)
    run.transfers.update(status="completed")
    from trasloco.records.actions import end_run

    end_run(run)
    assert sample_paces(moment + timedelta(minutes=5)) == 0


def test_long_runs_are_thinned_evenly_and_end_with_the_newest(make_migration: Make) -> None:
    from trasloco.records.models import RunPace
    from trasloco.records.paces import pace_points

    run = _run(make_migration(), 0, 100)
    assert pace_points(None) == []
    for minute in range(50):
        _sample(run, 100 - minute, minute)
    points = pace_points(run, most=10)
    assert [point.done for point in points] == [0, 5, 11, 16, 22, 27, 33, 38, 44, 49]
    assert len(pace_points(run)) == RunPace.objects.count() == 50


def test_the_time_left_is_a_range_between_the_pace_of_now_and_that_of_all_the_time(make_migration: Make) -> None:
    run = _run(migration := make_migration(), 400, 1000)
    assert _left(migration, run) is None, "there is no pace yet"
    _sample(run, 0.5, 390)
    assert _left(migration, run) is None, "half a minute is an accident"
    _sample(run, 40, 0)  # 10 a minute since the beginning
    _sample(run, 10, 100)  # 30 a minute in the last ten
    found = _left(migration, run)
    assert found.least == pytest.approx(20 * 60 * 0.9, rel=0.02)
    assert found.most == pytest.approx(60 * 60 * 1.25, rel=0.02)


def test_where_nothing_moves_now_only_the_least_is_known(make_migration: Make) -> None:
    run = _run(migration := make_migration(), 400, 1000)
    _sample(run, 40, 0)
    _sample(run, 10, 400)
    found = _left(migration, run)
    assert (found.least == pytest.approx(60 * 60 * 0.9, rel=0.02), found.most) == (True, None)


def test_an_account_that_waits_for_an_hour_holds_the_end_up(make_migration: Make) -> None:
    from trasloco.records.clock import now

    run = _run(migration := make_migration(), 900, 1000)
    _sample(run, 10, 0)
    run.transfers.filter(account__line=3).update(attempts=1, not_before=now() + timedelta(hours=5))
    assert _left(migration, run).least == pytest.approx(5 * 3600, rel=0.01)


def test_a_budget_of_bytes_a_day_makes_a_large_mailbox_take_days(make_migration: Make) -> None:
    from trasloco.records.models import MailMigration

    run = _run(migration := make_migration(), 500, 1000)
    _sample(run, 10, 0)
    MailMigration.objects.update(settings=migration.settings | {"bytes_per_day": 2_500_000_000})
    migration.refresh_from_db()
    run.transfers.filter(account__line=1).update(expected_bytes=6_000_000_000, copied_bytes=500_000_000)
    assert _left(migration, run).least == 2 * 86_400


def test_hours_of_rest_are_counted_in(make_migration: Make) -> None:
    from datetime import UTC

    from trasloco.records.clock import now
    from trasloco.records.models import MailMigration

    run = _run(migration := make_migration(), 100, 1000)
    _sample(run, 10, 0)  # 90 minutes to go at this pace
    here = now().astimezone(UTC)
    start, end = (here - timedelta(hours=1)).time(), (here + timedelta(minutes=30)).time()
    MailMigration.objects.update(window_start=start, window_end=end, time_zone="UTC")
    migration.refresh_from_db()
    found = _left(migration, run)
    rest = 22.5 * 3600  # from the end of these hours to the next day's
    assert found.least == pytest.approx(81 * 60 + rest, abs=900)
    assert found.most == pytest.approx(112.5 * 60 + rest, abs=900)


def test_a_later_run_is_reckoned_by_its_accounts(make_migration: Make) -> None:
    migration = make_migration()
    set_states(begin(migration), ["completed"] * 3)
    run = begin(migration)
    set_states(run, ["completed", "running", "waiting"])
    _sample(run, 10, 0, finished=0)
    found = _left(migration, run)
    assert (found.least, found.most) == (pytest.approx(1200 * 0.9, rel=0.02), pytest.approx(1200 * 1.25, rel=0.02))


def test_what_is_not_running_has_no_time_left(make_migration: Make) -> None:
    from trasloco.records.paces import time_left

    migration = make_migration()
    assert time_left(migration, None, None) is None
    run = _run(migration, 1000, 1000, ("completed",) * 3)
    _sample(run, 10, 0)
    assert _left(migration, run) is None
