from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import psycopg
import pytest

from trasloco.project.database import Database
from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")


def begun(ring: KeyRing, count: int, **names: str) -> Any:
    """A run that nobody has admitted from yet."""
    from trasloco.records.actions import begin_run
    from trasloco.testing.migration_rows import small_migration

    return begin_run(small_migration(ring, count, **names))


def admitted() -> list[tuple[int, int]]:
    """(run, line) of what is admitted."""
    from trasloco.records.models import Transfer

    return list(Transfer.objects.filter(status="admitted").order_by("account__line", "pk").values_list("run_id", "account__line"))


def jobs(database: Database) -> list[tuple[str, int, int]]:
    with psycopg.connect(database.conninfo) as connection:
        return connection.execute(
            "SELECT queue_name, (args->>'transfer_id')::int, (args->>'ticket')::int"
            " FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"
        ).fetchall()


def test_the_cap_of_a_source_host_holds(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.plan.shares import Cap, Caps

    begun(ring, 10, host="one.example")
    begun(ring, 10, host="two.example", domain="two.example")
    assert admit(Caps(source=Cap(connections=3)), total=100) == 6
    assert admit(Caps(source=Cap(connections=3)), total=100) == 0
    assert admit(Caps(source=Cap(connections=4)), total=100) == 2


def test_a_type_of_source_has_its_own_cap(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.plan.shares import Cap, Caps

    run = begun(ring, 10, host="one.example")
    begun(ring, 10, host="two.example", domain="two.example")
    run.migration.settings["connections_per_host"] = 2
    run.migration.save()
    assert admit(Caps(source=Cap(connections=4)), total=100) == 6
    assert Counter(run_id for run_id, _ in admitted())[run.pk] == 2


def test_the_cap_of_the_destination_holds(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.plan.shares import Cap, Caps

    begun(ring, 10, host="one.example")
    begun(ring, 10, host="two.example", domain="two.example")
    assert admit(Caps(source=Cap(connections=10), destination=Cap(transfers=7)), total=100) == 7
    assert admit(Caps(source=Cap(connections=10), destination=Cap(transfers=7)), total=100) == 0


def test_no_run_starves_another(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit

    first = begun(ring, 10)
    second = begun(ring, 10, domain="two.example")
    assert admit(total=6) == 6
    assert admitted() == [(run.pk, line) for line in (1, 2, 3) for run in (first, second)]


def test_only_the_runs_asked_for(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit

    first = begun(ring, 3)
    second = begun(ring, 3, domain="two.example")
    assert admit(None, [first.pk], total=3) == 3
    assert admit(None, [second.pk], total=2) == 2  # the total is of the runs asked for
    assert admit(None, [second.pk], total=2) == 0
    assert admit(None, [], total=9) == 0


def test_jobs_come_with_the_transfers(ring: KeyRing, clean_database: Database) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.records.models import Run, Transfer

    run = begun(ring, 2)
    admit()
    ids = sorted(Transfer.objects.values_list("pk", flat=True))
    assert jobs(clean_database) == [("transfers", ids[0], 0), ("transfers", ids[1], 0)]
    started = Run.objects.get(pk=run.pk)
    assert started.status == "running"
    assert started.started_at is not None


def test_who_works_for_one_run_alone_has_its_jobs_in_a_queue_of_their_own(ring: KeyRing, clean_database: Database) -> None:
    from trasloco.jobs.dispatch import admit

    run = begun(ring, 1)
    admit(None, [run.pk])
    assert [queue for queue, _, _ in jobs(clean_database)] == [f"run-{run.pk}"]


def test_each_worker_lets_in_what_it_has_hands_for_less_what_waits_for_one(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.records.models import Transfer

    begun(ring, 9)
    assert admit(free=0) == 0
    assert admit(free=3) == 3
    assert admit(free=3) == 0  # three wait for a worker: they are for these hands, or for another's
    Transfer.objects.filter(status="admitted").update(status="running")
    assert admit(free=4) == 4  # a second worker comes on top of the first


def test_rolled_back_no_job_is_left(ring: KeyRing, clean_database: Database) -> None:
    from django.db import transaction

    from trasloco.jobs.dispatch import admit

    begun(ring, 2)
    with transaction.atomic():
        admit()
        transaction.set_rollback(True)
    assert jobs(clean_database) == []
    assert admitted() == []


def test_what_is_to_wait_waits(ring: KeyRing) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from trasloco.jobs.dispatch import admit
    from trasloco.records.models import Transfer

    begun(ring, 2)
    first = Transfer.objects.order_by("pk").first()
    assert first is not None
    Transfer.objects.filter(pk=first.pk).update(not_before=timezone.now() + timedelta(hours=1))
    assert admit() == 1
    Transfer.objects.filter(pk=first.pk).update(not_before=timezone.now() - timedelta(seconds=1))
    assert admit() == 1


def test_many_at_once_never_pass_a_cap(ring: KeyRing, clean_database: Database) -> None:
    from django.db import connection

    from trasloco.jobs.dispatch import admit
    from trasloco.plan.shares import Cap, Caps

    begun(ring, 60)

    def one_worker() -> None:
        try:
            for _ in range(5):
                admit(Caps(source=Cap(connections=7)), total=100)
        finally:
            connection.close()

    threads = [threading.Thread(target=one_worker) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(admitted()) == 7
    assert max(Counter(transfer for _, transfer, _ in jobs(clean_database)).values()) == 1


def test_a_second_start_goes_on_with_the_same_run(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import start
    from trasloco.testing.migration_rows import small_migration

    migration = small_migration(ring, 2)
    assert start(migration) == start(migration)
    assert len(admitted()) == 2


def test_two_transfers_into_the_same_mailbox_are_never_under_way_at_once(ring: KeyRing) -> None:
    """Whatever the migrations: the second waits until the first has ended."""
    from trasloco.jobs.dispatch import admit
    from trasloco.records.models import Transfer

    first = begun(ring, 3)
    second = begun(ring, 4)  # the same three, and one more
    assert admit(None, [first.pk], total=20) == 3
    assert admit(None, [second.pk], total=20) == 1
    assert admitted() == [(first.pk, 1), (first.pk, 2), (first.pk, 3), (second.pk, 4)]
    assert admit(total=20) == 0
    Transfer.objects.filter(run=first, account__line=2).update(status="completed")
    assert admit(total=20) == 1
    assert (second.pk, 2) in admitted()


def test_of_two_that_wait_for_the_same_mailbox_the_older_goes_first(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.records.models import Account

    first, second = begun(ring, 1), begun(ring, 2)
    Account.objects.filter(migration=second.migration_id, line=1).update(destination_address="A1@Example.NET")
    assert admit(total=20) == 2
    assert admitted() == [(first.pk, 1), (second.pk, 2)]


def of_customer(run: Any, name: str, **figures: Any) -> Any:
    """The run, its migration given to a customer of this name."""
    from trasloco.records.models import Customer, MailMigration

    customer, _ = Customer.objects.update_or_create(name=name, defaults=figures)
    MailMigration.objects.filter(pk=run.migration_id).update(customer=customer)
    return run


def ended(count: int) -> None:
    """The transfers that began first have ended."""
    from trasloco.records.models import Transfer

    oldest = Transfer.objects.filter(status="admitted").order_by("admitted_at", "pk")[:count]
    Transfer.objects.filter(pk__in=[each.pk for each in oldest]).update(status="completed")


def test_a_customer_with_thousands_does_not_keep_another_ones_few_waiting(ring: KeyRing) -> None:
    """Whoever came first: the next places that become free are the small one's."""
    from trasloco.jobs.dispatch import admit
    from trasloco.records.models import Transfer

    for number in range(5):
        of_customer(begun(ring, 100, host=f"imap{number}.example", domain=f"large{number}.example"), "Large")
    assert admit(free=20) == 20
    small = of_customer(begun(ring, 3, domain="small.example"), "Small")
    ended(3)
    Transfer.objects.filter(status="admitted").update(status="running")
    assert admit(free=3) == 3
    assert {run for run, _line in admitted()} == {small.pk}


def test_who_came_last_and_is_alone_with_one_place_is_not_first_for_ever(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit

    first = of_customer(begun(ring, 9), "First")
    second = of_customer(begun(ring, 9, domain="two.example"), "Second")
    taken = []
    for _ in range(6):
        assert admit(total=1) == 1
        taken += [run for run, _line in admitted()]
        ended(1)
    assert Counter(taken) == {first.pk: 3, second.pk: 3}


def test_a_customers_own_figure_and_that_of_the_installation_hold_over_all_his_migrations(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.records.models import Installation

    for number in range(3):
        of_customer(begun(ring, 9, host=f"imap{number}.example", domain=f"own{number}.example"), "Own", most_transfers=4)
        of_customer(begun(ring, 9, host=f"imap{number}.example", domain=f"general{number}.example"), "General")
    Installation.objects.update(customer_transfers=6)
    assert admit(total=100) == 10


def test_the_cap_of_all_together_holds_for_commands_and_workers_alike(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.records.models import Installation

    run = begun(ring, 9)
    begun(ring, 9, domain="two.example")
    Installation.objects.update(all_connections=5)
    assert admit(None, [run.pk], total=3) == 3
    assert admit(free=9) == 2  # three wait for the command; of nine hands six are left, of five places two
    assert admit(free=20) == 0


def test_what_the_environment_says_wins(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    from trasloco.jobs.dispatch import admit
    from trasloco.records.models import Installation

    begun(ring, 9)
    Installation.objects.update(source_transfers=5)
    monkeypatch.setattr(settings, "TRASLOCO_CAPS", {"source_transfers": 2})
    assert admit() == 2


def test_large_accounts_leave_places_to_small_ones_that_come_later(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.records.models import Transfer

    large = begun(ring, 9)
    Transfer.objects.update(large=True)
    assert admit(total=4) == 3
    small = begun(ring, 9, domain="two.example")
    assert admit(total=4) == 1
    assert Counter(run for run, _line in admitted()) == {large.pk: 3, small.pk: 1}


def test_an_account_is_large_as_its_check_says_until_a_run_has_brought_it(ring: KeyRing) -> None:
    from trasloco.plan.shares import LARGE_BYTES
    from trasloco.records.actions import begin_run
    from trasloco.records.models import Account, LoginCheck, Run, Transfer
    from trasloco.testing.migration_rows import small_migration

    migration = small_migration(ring, 3)
    for account, size in zip(Account.objects.order_by("line"), (LARGE_BYTES, LARGE_BYTES - 1, None), strict=True):
        LoginCheck.objects.create(account=account, size=size)
    run = begin_run(migration)
    assert list(run.transfers.order_by("account__line").values_list("large", flat=True)) == [True, False, False]
    Transfer.objects.update(status="completed")
    Run.objects.update(status="completed")
    assert not begin_run(migration).transfers.filter(large=True).exists()


def test_a_full_destination_does_not_keep_a_source_from_what_goes_elsewhere(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.plan.shares import Cap, Caps
    from trasloco.records.models import Transfer

    full = begun(ring, 9)
    elsewhere = begun(ring, 9, domain="two.example")
    Transfer.objects.filter(run=elsewhere).update(destination_host="other.example")
    caps = Caps(source=Cap(connections=5), destination=Cap(transfers=2))
    assert admit(caps, total=100) == 4
    assert Counter(run for run, _line in admitted()) == {full.pk: 2, elsewhere.pk: 2}


def test_jobs_are_in_the_order_in_which_they_were_chosen(ring: KeyRing, clean_database: Database) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.records.models import Transfer

    first, second = begun(ring, 3), begun(ring, 3, domain="two.example")
    admit(total=4)
    runs = dict(Transfer.objects.values_list("pk", "run_id"))
    assert [runs[transfer] for _queue, transfer, _ticket in jobs(clean_database)] == [first.pk, second.pk] * 2
