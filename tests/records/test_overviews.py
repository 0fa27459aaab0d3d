"""Runs in figures: how far, how many failed, how long still."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trasloco.testing.run_states import begin, close, set_states

Make = Callable[..., Any]


def _line(migration: Any, number: int = 1) -> Any:
    from trasloco.records.overviews import run_lines

    return run_lines([migration])[migration.pk][number - 1]


def _count(run: Any, *figures: tuple[int, int]) -> None:
    """Done and expected messages of its transfers."""
    for transfer, (done, expected) in zip(run.transfers.order_by("account__line"), figures, strict=True):
        type(transfer).objects.filter(pk=transfer.pk).update(done_messages=done, expected_messages=expected)


def test_a_planned_run_has_its_hour_and_nothing_else(make_migration: Make) -> None:
    line = _line(make_migration(), 2)
    assert (line.planned, line.due, line.share, line.accounts, line.seconds) == (True, False, 0, 0, None)
    assert line.hour == line.due_at


def test_a_run_whose_hour_has_come_is_due(make_migration: Make) -> None:
    assert _line(make_migration()).due


def test_accounts_that_nobody_has_opened_yet_count_with_what_their_check_found(make_migration: Make) -> None:
    from trasloco.records.models import LoginCheck

    migration = make_migration()
    LoginCheck.objects.filter(account__migration=migration, account__line=3).update(messages=600)
    run = begin(migration)
    set_states(run, ["completed", "running", "waiting"])
    _count(run, (100, 100), (150, 300), (0, 0))
    line = _line(migration)
    assert (line.done, line.expected, line.share) == (250, 1000, 25)
    assert (line.accounts, line.finished_accounts, line.running_accounts, line.failed_accounts) == (3, 1, 1, 0)


def test_a_failed_account_is_finished_and_a_stopped_one_is_not(make_migration: Make) -> None:
    migration = make_migration()
    set_states(begin(migration), ["failed", "stopped", "admitted"])
    line = _line(migration)
    assert (line.finished_accounts, line.failed_accounts, line.running_accounts) == (1, 1, 1)


def test_a_run_under_way_is_never_at_100_and_an_ended_one_always(make_migration: Make) -> None:
    migration = make_migration()
    run = begin(migration)
    set_states(run, ["completed", "running", "waiting"])
    _count(run, (10, 10), (20, 10), (0, 0))  # mail arrived meanwhile
    assert _line(migration).share == 99
    set_states(run, ["completed", "failed", "completed"])
    assert _line(migration).share == 100


def test_a_later_run_goes_by_accounts(make_migration: Make) -> None:
    migration = make_migration()
    set_states(begin(migration), ["completed"] * 3)
    run = begin(migration)
    set_states(run, ["completed", "running", "waiting"])
    _count(run, (5, 5), (0, 9000), (0, 0))
    assert _line(migration, 2).share == 33


def test_bytes_are_expected_as_they_were_found_and_of_ended_accounts_as_they_were_copied(make_migration: Make) -> None:
    from trasloco.records.models import LoginCheck, Transfer

    migration = make_migration()
    run = begin(migration)
    set_states(run, ["completed", "running", "waiting"])
    LoginCheck.objects.filter(account__migration=migration, account__line=3).update(size=500)
    Transfer.objects.filter(run=run, account__line=1).update(copied_bytes=70, expected_bytes=900)
    Transfer.objects.filter(run=run, account__line=2).update(copied_bytes=30, expected_bytes=100)
    line = _line(migration)
    assert (line.copied_bytes, line.expected_bytes, line.size_share) == (100, 670, 14)


def test_the_current_run_is_the_one_under_way_or_stopped_else_the_last_that_began(make_migration: Make) -> None:
    from trasloco.records.overviews import current_run

    migration = make_migration()
    assert current_run(migration) is None
    first = begin(migration)
    assert current_run(migration) == first
    set_states(first, ["completed"] * 3)
    assert current_run(migration) == first, "the second is only planned"
    second = begin(migration)
    assert current_run(migration) == second
    set_states(second, ["completed"] * 3)
    close(migration)
    assert current_run(migration) == second
