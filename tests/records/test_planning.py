"""What people may change of the runs of a planned migration, and when they are refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from trasloco.records.key_ring import KeyRing
from trasloco.testing.planned_migration import Order, planned

pytestmark = pytest.mark.usefixtures("clean_database")

ACCOUNTS = tuple((f"a{n}@example.net", f"a{n}@example.org", f"password of {n}") for n in (1, 2, 3))


def _planned(ring: KeyRing, **wanted: Any) -> Any:
    return planned(ring, Order(**{"accounts": ACCOUNTS, **wanted}))


def _actor() -> Any:
    from trasloco.records.history import Actor
    from trasloco.records.models import Person

    return Actor(Person.objects.get())


def _run(migration: Any, number: int = 1) -> Any:
    return migration.runs.get(number=number)


def _end(run: Any, *states: str) -> None:
    """As workers would leave it."""
    from trasloco.records.actions import end_run

    for transfer, state in zip(run.transfers.order_by("pk"), states, strict=True):
        type(transfer).objects.filter(pk=transfer.pk).update(status=state, worker=7)
    end_run(run)


def _refused(verb: Callable[[], object]) -> str:
    from trasloco.records.planning import NotNow

    with pytest.raises(NotNow) as caught:
        verb()
    return str(caught.value)


def test_a_run_that_is_started_by_hand_takes_the_second_along(ring: KeyRing) -> None:
    from trasloco.records.clock import now
    from trasloco.records.planning import start_now

    migration = _planned(ring, first_run_at=(now() + timedelta(hours=5)).isoformat())
    start_now(_actor(), migration)
    first, second = migration.runs.order_by("number")
    assert first.status == "waiting"
    assert first.transfers.count() == 3
    assert abs(second.due_at - first.due_at - timedelta(hours=6)) < timedelta(seconds=1)


def test_the_second_run_is_not_started_before_the_first_has_ended(ring: KeyRing) -> None:
    from trasloco.records.planning import start_now

    migration = _planned(ring)
    start_now(_actor(), migration)
    assert _refused(lambda: start_now(_actor(), migration)) == "nothing-to-start"
    _end(_run(migration), "completed", "completed", "completed")
    assert start_now(_actor(), migration).number == 2


def test_a_stopped_run_takes_its_transfers_from_their_workers_and_goes_on_later(ring: KeyRing) -> None:
    from trasloco.records.models import MailMigration
    from trasloco.records.planning import resume, start_now, stop

    migration = _planned(ring)
    assert _refused(lambda: stop(_actor(), migration)) == "nothing-runs"
    run = start_now(_actor(), migration)
    one, two, three = run.transfers.order_by("pk")
    run.transfers.filter(pk=one.pk).update(status="completed")
    run.transfers.filter(pk=two.pk).update(status="running", worker=7, fence=4)
    stop(_actor(), migration)
    states = list(run.transfers.order_by("pk").values_list("status", "worker", "fence"))
    assert states == [("completed", None, 0), ("stopped", None, 5), ("stopped", None, three.fence + 1)]
    assert _run(migration).status == "stopped"
    assert MailMigration.objects.get(pk=migration.pk).keep_until is not None
    resume(_actor(), migration)
    assert [row.status for row in run.transfers.order_by("pk")] == ["completed", "waiting", "waiting"]
    assert _run(migration).status == "waiting"
    assert MailMigration.objects.get(pk=migration.pk).keep_until is None
    assert _refused(lambda: resume(_actor(), migration)) == "nothing-stopped"


def test_failed_accounts_are_tried_again_and_the_run_is_told_of_anew(ring: KeyRing) -> None:
    from trasloco.records.clock import now
    from trasloco.records.planning import retry_failed, start_now

    migration = _planned(ring)
    assert _refused(lambda: retry_failed(_actor(), migration)) == "nothing-to-retry"
    run = start_now(_actor(), migration)
    _end(run, "completed", "failed", "completed_with_errors")
    migration.runs.filter(number=1).update(told_at=now(), verified_at=now())
    assert retry_failed(_actor(), migration) == 2
    assert [row.status for row in run.transfers.order_by("pk")] == ["completed", "waiting", "waiting"]
    again = _run(migration)
    assert (again.status, again.told_at, again.verified_at, again.ended_at) == ("waiting", None, None, None)


def test_one_account_is_tried_again_without_the_others(ring: KeyRing) -> None:
    from trasloco.records.planning import retry_failed, start_now

    migration = _planned(ring)
    run = start_now(_actor(), migration)
    _end(run, "failed", "failed", "completed")
    second = run.transfers.order_by("pk")[1]
    assert retry_failed(_actor(), migration, [second.account_id]) == 1
    assert [row.status for row in run.transfers.order_by("pk")] == ["failed", "waiting", "completed"]
    third = run.transfers.order_by("pk")[2]
    assert _refused(lambda: retry_failed(_actor(), migration, [third.account_id])) == "nothing-to-retry"


def test_an_account_that_waits_for_its_next_try_is_tried_at_once(ring: KeyRing) -> None:
    from trasloco.records.clock import now
    from trasloco.records.planning import retry_failed, start_now

    migration = _planned(ring)
    run = start_now(_actor(), migration)
    first = run.transfers.order_by("pk")[0]
    run.transfers.filter(pk=first.pk).update(attempts=3, not_before=now() + timedelta(hours=1))
    assert retry_failed(_actor(), migration) == 1
    first.refresh_from_db()
    assert (first.attempts, first.not_before) == (0, None)


def test_nothing_is_retried_without_passwords(ring: KeyRing) -> None:
    from trasloco.records.actions import wipe_secrets
    from trasloco.records.planning import retry_failed, start_now

    migration = _planned(ring)
    _end(start_now(_actor(), migration), "failed", "failed", "failed")
    wipe_secrets(migration)
    assert _refused(lambda: retry_failed(_actor(), migration)) == "nothing-to-retry"


def test_another_date_moves_the_second_run_as_well(ring: KeyRing) -> None:
    from trasloco.records.clock import now
    from trasloco.records.planning import reschedule

    at = now() + timedelta(hours=5)
    migration = _planned(ring, first_run_at=at.isoformat())
    reschedule(_actor(), _run(migration), at + timedelta(hours=30))
    assert _run(migration).due_at == at + timedelta(hours=30)
    assert _run(migration, 2).due_at == at + timedelta(hours=36)


def test_another_date_counts_from_what_is_stored_by_now(ring: KeyRing) -> None:
    from trasloco.records.clock import now
    from trasloco.records.planning import reschedule

    at = now() + timedelta(hours=5)
    migration = _planned(ring, first_run_at=at.isoformat())
    seen_in_another_window = _run(migration)
    reschedule(_actor(), _run(migration), at + timedelta(hours=1))
    reschedule(_actor(), seen_in_another_window, at + timedelta(hours=2))
    assert _run(migration, 2).due_at == at + timedelta(hours=8)


@pytest.mark.parametrize(("hours", "code"), [(-1, "hour-past"), (4, "hours:23"), (5 + 24, "hours:23")])
def test_the_second_run_stays_within_the_hours_after_the_first(ring: KeyRing, hours: int, code: str) -> None:
    from trasloco.records.clock import now
    from trasloco.records.planning import reschedule

    at = now() + timedelta(hours=5)
    migration = _planned(ring, first_run_at=at.isoformat())
    before = _run(migration, 2).due_at
    assert _refused(lambda: reschedule(_actor(), _run(migration, 2), now() + timedelta(hours=hours))) == code
    assert _run(migration, 2).due_at == before


def test_a_run_that_has_begun_has_no_other_date(ring: KeyRing) -> None:
    from trasloco.records.clock import now
    from trasloco.records.planning import reschedule, start_now

    migration = _planned(ring)
    run = _run(migration)
    start_now(_actor(), migration)
    assert _refused(lambda: reschedule(_actor(), run, now() + timedelta(hours=1))) == "already-begun"


def test_what_is_being_deleted_is_not_touched_any_more(ring: KeyRing) -> None:
    from trasloco.records.deletion import mark_deleted
    from trasloco.records.planning import start_now, stop

    migration = _planned(ring)
    mark_deleted(_actor(), migration)
    assert _refused(lambda: start_now(_actor(), migration)) == "deleted"
    assert _refused(lambda: stop(_actor(), migration)) == "deleted"
