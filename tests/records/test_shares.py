from __future__ import annotations

import pytest

pytestmark = pytest.mark.usefixtures("clean_database")


def test_the_installation_begins_with_a_cap_of_destinations_alone() -> None:
    from trasloco.plan.shares import Cap, Caps
    from trasloco.records.shares import caps_now

    assert caps_now() == Caps(Cap(), Cap(transfers=50), Cap(), Cap())


def test_what_the_environment_says_wins_over_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    from trasloco.plan.shares import Cap
    from trasloco.records.models import Installation
    from trasloco.records.shares import caps_now

    Installation.objects.update(source_connections=5, source_transfers=7)
    monkeypatch.setattr(settings, "TRASLOCO_CAPS", {"source_connections": 3})
    assert caps_now().source == Cap(7, 3)


def test_a_migrations_own_figure_never_goes_beyond_that_of_the_installation() -> None:
    from trasloco.plan.shares import Cap, Caps
    from trasloco.records.shares import PER_HOST, source_cap

    caps = Caps(source=Cap(connections=20))
    assert source_cap(caps, 8, None) == Cap(None, 8)
    assert source_cap(caps, 100, None) == Cap(None, 20)
    assert source_cap(caps, None, None) == Cap(None, PER_HOST)
    assert source_cap(caps, 100, 2.5) == Cap(None, 2)


def test_a_customers_figures_are_his_own_or_those_of_all() -> None:
    from trasloco.plan.shares import Cap, Caps
    from trasloco.records.models import Customer
    from trasloco.records.shares import Own

    caps = Caps(customer=Cap(10, 20))
    assert Own.of(None).cap(caps) == Cap(10, 20)
    assert Own.of(Customer(most_transfers=3)).cap(caps) == Cap(3, 20)
    assert Own.of(Customer(most_connections=4, share=2)) == Own(None, 4, 2)
