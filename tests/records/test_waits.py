"""What an account waits for, by the same rows as admission."""

from __future__ import annotations

from typing import Any

import pytest

from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")


def begun(ring: KeyRing, count: int = 3, **names: str) -> Any:
    from trasloco.records.actions import begin_run
    from trasloco.testing.migration_rows import small_migration

    return begin_run(small_migration(ring, count, **names))


def waits(run: Any) -> list[Any]:
    """Of the run's transfers that wait, in the order of the CSV."""
    from django.utils import timezone

    from trasloco.records.models import Transfer
    from trasloco.records.waits import waits_of

    rows = list(Transfer.objects.filter(run=run).select_related("account__migration__customer").order_by("account__line"))
    found = waits_of(rows, timezone.now())
    return [found[row.pk] for row in rows if row.pk in found]


def under_way(run: Any, *lines: int, connections: int = 1) -> None:
    run.transfers.filter(account__line__in=lines).update(status="running", connections=connections)


def settings(**figures: int) -> None:
    from trasloco.records.models import Installation

    Installation.objects.update(**figures)


def test_with_room_it_waits_for_a_worker(ring: KeyRing) -> None:
    from trasloco.records.waits import Wait, Wanted

    assert waits(begun(ring, 1)) == [Wait(Wanted.WORKER)]


def test_at_a_full_server_it_says_which_and_how_full(ring: KeyRing) -> None:
    from trasloco.records.waits import Wait, Wanted

    run = begun(ring, 3, host="Imap.Old.Example")
    settings(source_connections=4)
    under_way(run, 1, 2, connections=2)
    assert waits(run) == [Wait(Wanted.SOURCE, "imap.old.example", "connections", 4, 4)]
    settings(source_transfers=2)
    assert waits(run) == [Wait(Wanted.SOURCE, "imap.old.example", "transfers", 2, 2)]


def test_what_a_server_bears_by_its_own_word_counts(ring: KeyRing) -> None:
    from datetime import UTC, datetime

    from trasloco.records.host_pace import signal
    from trasloco.records.waits import Wait, Wanted

    run = begun(ring, 2)
    under_way(run, 1)
    signal("imap.example.org", "too many", None, datetime.now(UTC))
    assert waits(run) == [Wait(Wanted.SOURCE, "imap.example.org", "connections", 1, 1)]


def test_it_names_the_cap_that_concerns_fewest(ring: KeyRing) -> None:
    from trasloco.records.models import Customer, MailMigration
    from trasloco.records.waits import Wait, Wanted

    run = begun(ring, 2)
    under_way(run, 1)
    settings(all_transfers=1)
    assert waits(run) == [Wait(Wanted.ALL, "", "transfers", 1, 1)]
    MailMigration.objects.update(customer=Customer.objects.create(name="Few", most_connections=1))
    assert waits(run) == [Wait(Wanted.CUSTOMER, "", "connections", 1, 1)]
    settings(destination_transfers=1)
    assert waits(run) == [Wait(Wanted.DESTINATION, "127.0.0.1", "transfers", 1, 1)]


def test_a_large_one_is_told_of_the_places_for_large_ones(ring: KeyRing) -> None:
    from trasloco.records.models import Transfer
    from trasloco.records.waits import Wait, Wanted

    run = begun(ring, 4)
    Transfer.objects.update(large=True)
    settings(source_transfers=4)
    under_way(run, 1, 2, 3)
    assert waits(run) == [Wait(Wanted.SOURCE, "imap.example.org", "transfers", 3, 3, large=True)]


def test_while_another_works_on_its_mailbox_it_waits_for_that(ring: KeyRing) -> None:
    from trasloco.records.waits import Wait, Wanted

    under_way(begun(ring, 1), 1)
    assert waits(begun(ring, 2)) == [Wait(Wanted.MAILBOX), Wait(Wanted.WORKER)]


def test_one_whose_hour_has_not_come_waits_for_nothing_else(ring: KeyRing) -> None:
    from datetime import timedelta

    from django.utils import timezone

    run = begun(ring, 1)
    run.transfers.update(not_before=timezone.now() + timedelta(hours=1))
    assert waits(run) == []


def test_what_it_says_is_what_admission_does(ring: KeyRing) -> None:
    """Who is told to wait for a worker is let in next, and nobody else is."""
    from trasloco.jobs.dispatch import admit
    from trasloco.records.models import Transfer
    from trasloco.records.waits import Wanted

    one, other = begun(ring, 4), begun(ring, 4, host="other.example", domain="two.example")
    settings(source_transfers=2, all_transfers=5)
    under_way(one, 1, 2)
    said = [each.wanted for each in waits(other)]
    assert set(said) == {Wanted.WORKER}
    assert {each.wanted for each in waits(one)} == {Wanted.SOURCE}
    assert admit(free=9) == 2
    assert set(Transfer.objects.filter(status="admitted").values_list("run", flat=True)) == {other.pk}
