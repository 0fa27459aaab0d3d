"""Going on without accounts that failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from trasloco.testing.run_states import begin, close, set_states

Make = Callable[..., Any]


def _actor(migration: Any) -> Any:
    from trasloco.records.history import Actor

    return Actor(migration.asked_by)


def _ids(migration: Any, *lines: int) -> list[int]:
    return list(migration.accounts.filter(line__in=lines).values_list("pk", flat=True))


def _states(run: Any) -> list[str]:
    return list(run.transfers.order_by("account__line").values_list("status", flat=True))


def test_it_is_told_apart_from_what_failed_and_no_later_run_touches_it(make_migration: Make) -> None:
    from trasloco.records.failure_groups import run_groups
    from trasloco.records.leaving_out import leave_out_of_runs
    from trasloco.records.models import HistoryEntry

    migration = make_migration()
    run = begin(migration)
    set_states(run, ["completed", "failed", "failed"])
    assert leave_out_of_runs(_actor(migration), migration, _ids(migration, 2)) == 1
    assert _states(run) == ["completed", "left-out", "failed"]
    assert [group.count for group in run_groups(run)] == [1]
    assert HistoryEntry.objects.get(verb="account-left-out").details["addresses"] == [f"a2@{migration.domains[0]}"]
    second = begin(migration)
    assert [transfer.account.line for transfer in second.transfers.order_by("account__line")] == [1, 3]


def test_a_run_that_has_ended_is_well_when_what_failed_is_left_out(make_migration: Make) -> None:
    from trasloco.records.leaving_out import leave_out_of_runs

    migration = make_migration()
    run = begin(migration)
    set_states(run, ["completed", "failed", "failed"])
    assert run.status == "completed_with_errors"
    leave_out_of_runs(_actor(migration), migration, _ids(migration, 2, 3))
    run.refresh_from_db()
    assert run.status == "completed"


def test_a_run_of_which_all_is_left_out_has_failed_still(make_migration: Make) -> None:
    from trasloco.records.leaving_out import leave_out_of_runs

    migration = make_migration()
    run = begin(migration)
    set_states(run, ["failed"] * 3)
    leave_out_of_runs(_actor(migration), migration, _ids(migration, 1, 2, 3))
    run.refresh_from_db()
    assert run.status == "failed", "nothing was moved: the MX must not be changed"


def test_what_waits_for_its_next_try_waits_no_more_and_the_run_ends(make_migration: Make) -> None:
    from trasloco.records.leaving_out import leave_out_of_runs

    migration = make_migration()
    run = begin(migration)
    set_states(run, ["completed", "completed", "waiting"])
    run.transfers.filter(account__line=3).update(attempts=1, fence=4)
    leave_out_of_runs(_actor(migration), migration, _ids(migration, 3))
    run.refresh_from_db()
    assert run.status == "completed"
    assert run.transfers.get(account__line=3).fence == 5, "a worker that wakes up late writes nothing"


@pytest.mark.parametrize("state", ["running", "completed", "completed_with_errors", "waiting"])
def test_what_does_not_fail_cannot_be_left_out(make_migration: Make, state: str) -> None:
    from trasloco.records.leaving_out import leave_out_of_runs
    from trasloco.records.planning import NotNow

    migration = make_migration()
    run = begin(migration)
    set_states(run, ["failed", state, "completed"])
    with pytest.raises(NotNow, match="nothing-to-leave-out"):
        leave_out_of_runs(_actor(migration), migration, _ids(migration, 2))
    assert _states(run) == ["failed", state, "completed"]


def test_it_can_be_taken_in_again_and_is_tried_at_once(make_migration: Make) -> None:
    from trasloco.records.leaving_out import leave_out_of_runs, take_in_again

    migration = make_migration()
    run = begin(migration)
    set_states(run, ["completed", "failed", "completed"])
    leave_out_of_runs(_actor(migration), migration, _ids(migration, 2))
    account = migration.accounts.get(line=2)
    take_in_again(_actor(migration), account)
    run.refresh_from_db()
    account.refresh_from_db()
    assert (_states(run)[1], run.status, account.left_out) == ("waiting", "waiting", False)


def test_without_passwords_nothing_is_taken_in(make_migration: Make) -> None:
    from trasloco.records.leaving_out import leave_out_of_runs, take_in_again
    from trasloco.records.planning import NotNow

    migration = make_migration(second_minutes=None)
    run = begin(migration)
    set_states(run, ["completed", "failed", "completed"])
    close(migration)
    leave_out_of_runs(_actor(migration), migration, _ids(migration, 2))
    with pytest.raises(NotNow):
        take_in_again(_actor(migration), migration.accounts.get(line=2))
    assert migration.accounts.get(line=2).left_out
    assert _states(run)[1] == "left-out"
