"""Who waits for what."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")


def run_of(ring: KeyRing, count: int, **names: str) -> Any:
    from trasloco.records.actions import begin_run
    from trasloco.testing.migration_rows import small_migration

    return begin_run(small_migration(ring, count, **names))


def told() -> list[tuple[str, str, int]]:
    from trasloco.records.standing import standing

    return [(line.reason.value, line.about, line.accounts) for line in standing().waits]


def some(run: Any, count: int) -> Any:
    return run.transfers.filter(pk__in=list(run.transfers.filter(status="waiting").order_by("pk").values_list("pk", flat=True)[:count]))


def test_without_anything_full_they_wait_for_a_workers_hands(ring: KeyRing) -> None:
    run_of(ring, 3)
    assert told() == [("worker", "", 3)]


def test_a_server_that_is_full_is_named(ring: KeyRing) -> None:
    run = run_of(ring, 15)
    some(run, 5).update(status="running", connections=2)
    assert told() == [("source", "imap.example.org", 10)]


def test_a_destination_that_is_full_is_named(ring: KeyRing) -> None:
    from trasloco.records.clock import now
    from trasloco.records.models import HostPace

    run = run_of(ring, 5)
    some(run, 2).update(status="running")
    HostPace.objects.create(host="127.0.0.1", connections=2.5, words="too many", signalled_at=now(), changed_at=now())
    assert told() == [("destination", "127.0.0.1", 3)]


def test_a_limit_of_its_own_makes_a_migration_wait_where_another_one_may_go_on(ring: KeyRing) -> None:
    from trasloco.records.models import MailMigration

    small, large = run_of(ring, 4), run_of(ring, 3, domain="other.example")
    MailMigration.objects.filter(pk=small.migration_id).update(settings={"connections_per_host": 2})
    some(small, 2).update(status="running")
    assert sorted(told()) == sorted([("worker", "", 3), ("source", "imap.example.org", 2)])
    assert large.transfers.count() == 3


def test_a_customers_cap_and_that_of_all_are_told(ring: KeyRing) -> None:
    from trasloco.records.models import Customer, Installation, MailMigration

    run, other = run_of(ring, 4), run_of(ring, 3, domain="other.example")
    customer = Customer.objects.create(name="Alpha", most_transfers=2)
    MailMigration.objects.filter(pk=run.migration_id).update(customer=customer)
    some(run, 2).update(status="running")
    assert sorted(told()) == sorted([("customer", "Alpha", 2), ("worker", "", 3)])
    Installation.objects.update(all_transfers=2)
    assert sorted(told()) == sorted([("all", "", 3), ("customer", "Alpha", 2)])
    assert other.transfers.count() == 3


def test_sleepers_wait_for_an_hour_and_are_told_by_the_reason(ring: KeyRing) -> None:
    from trasloco.records.clock import now
    from trasloco.records.standing import standing

    run = run_of(ring, 6)
    soon = now() + timedelta(minutes=3)
    some(run, 2).update(not_before=soon, failure_code="day-budget")
    rest = run.transfers.filter(not_before=None)
    rest.filter(pk__in=list(rest.values_list("pk", flat=True)[:3])).update(not_before=soon, failure_code="connection-refused")
    assert sorted(told()) == sorted([("budget", "", 2), ("worker", "", 1), ("retry", "connection-refused", 3)])
    line = next(line for line in standing().waits if line.reason == "retry")
    assert (line.longest, line.until) == (None, soon)


def test_outside_the_hours_of_a_migration_all_its_accounts_wait_for_them(ring: KeyRing) -> None:
    from trasloco.records.clock import now
    from trasloco.records.models import MailMigration
    from trasloco.records.standing import standing

    run = run_of(ring, 3)
    moment: datetime = now()
    begins = moment + timedelta(hours=3)
    window = {"window_start": time(begins.hour, 0), "window_end": time((begins.hour + 1) % 24, 0), "time_zone": "UTC"}
    MailMigration.objects.filter(pk=run.migration_id).update(**window)
    (line,) = standing().waits
    assert (line.reason, line.about, line.accounts) == ("hours", run.migration.code, 3)
    assert line.until is not None
    assert timedelta(hours=1.9) < line.until - moment < timedelta(hours=3.1)


def test_a_mailbox_that_another_migration_writes_is_waited_for(ring: KeyRing) -> None:
    first, second = run_of(ring, 2), run_of(ring, 2, host="imap.example.com")
    some(first, 1).update(status="running")
    assert sorted(told()) == sorted([("worker", "", 2), ("mailbox", second.migration.code, 1)])


def test_how_long_is_told_since_the_run_began_or_since_it_might_have_gone_on(ring: KeyRing) -> None:
    from trasloco.records.clock import now
    from trasloco.records.models import Run
    from trasloco.records.standing import standing

    run = run_of(ring, 2)
    Run.objects.update(started_at=now() - timedelta(minutes=30))
    run.transfers.update(not_before=now() - timedelta(minutes=2))
    (line,) = standing().waits
    assert line.longest is not None
    assert 120 <= line.longest < 300
    some(run, 1).update(not_before=None)
    (line,) = standing().waits
    assert line.longest is not None
    assert line.longest >= 1800


def test_runs_that_were_stopped_wait_for_nothing(ring: KeyRing) -> None:
    from trasloco.records.models import Run

    run_of(ring, 2)
    Run.objects.update(status="stopped")
    assert told() == []
