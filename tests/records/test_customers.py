"""Customers: made, changed, locked, and removed only when nothing of theirs is left."""

from __future__ import annotations

from tests.fix_people import Cast


def test_a_customer_with_migrations_stays(cast: Cast) -> None:
    from trasloco.records.customers import remove_customer
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import Customer

    assert not remove_customer(SCHEDULE, cast.alpha)
    assert Customer.objects.filter(pk=cast.alpha.pk).exists()


def test_a_customer_goes_with_his_people_and_domains(cast: Cast) -> None:
    from trasloco.records.customers import remove_customer
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import Domain, HistoryEntry, Person

    assert remove_customer(SCHEDULE, cast.beta)
    assert not Person.objects.filter(email="stranger@beta.example").exists()
    assert not Domain.objects.filter(name="beta.example").exists()
    assert Person.objects.filter(email="admin@alpha.example").exists()
    assert HistoryEntry.objects.filter(verb="customer-removed", subject="Beta").exists()


def test_saving_settings_does_not_undo_a_lock_of_meanwhile(cast: Cast) -> None:
    from trasloco.records.customers import lock_customer, save_customer
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import Customer

    read_before = Customer.objects.get(pk=cast.alpha.pk)
    lock_customer(SCHEDULE, cast.alpha, locked=True)
    read_before.most_lines = 7
    save_customer(SCHEDULE, read_before)
    found = Customer.objects.get(pk=cast.alpha.pk)
    assert (found.is_active, found.most_lines) == (False, 7)


def test_locking_twice_is_noted_once(cast: Cast) -> None:
    from trasloco.records.customers import lock_customer
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import HistoryEntry

    lock_customer(SCHEDULE, cast.alpha, locked=True)
    lock_customer(SCHEDULE, cast.alpha, locked=True)
    assert HistoryEntry.objects.filter(verb="customer-locked").count() == 1
