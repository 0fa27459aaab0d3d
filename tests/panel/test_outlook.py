"""The forecast on the page of a planned migration and of the check."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.fix_wizard import WizardCast

Make = Callable[..., Any]


def _page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.fixture
def planned(make_migration: Make) -> Any:
    """Three accounts, of 1 GB each, the second of which does not fit."""
    from trasloco.records.models import LoginCheck

    migration = make_migration()
    checks = LoginCheck.objects.filter(account__migration=migration)
    checks.update(messages=1000, size=10**9)
    checks.filter(account__line=2).update(room=10**8, warnings=["room"])
    return migration


def test_before_the_first_run_the_page_says_what_it_will_be_like(anna: Client, planned: Any) -> None:
    page = _page(anna, f"/migrations/{planned.code}/")
    assert "3,000 messages, 2.8" in page
    assert "a cautious guess" in page
    assert "25 messages a second for each account, 10 accounts of a server at once" in page
    assert "The earliest sensible change is" in page
    assert "has 858.3" in page
    assert "too little room; without more its account fails" in page


def test_an_hour_can_be_asked_for(anna: Client, planned: Any) -> None:
    from django.utils import timezone

    from trasloco.records.time_zone import zone_named

    later = (timezone.now() + timedelta(days=2)).astimezone(zone_named(planned.time_zone))
    address = f"/migrations/{planned.code}/?by="
    assert "at the latest, should it take as long as is likely." in _page(anna, f"{address}{later:%Y-%m-%dT%H:%M}")
    soon = later - timedelta(days=2)
    assert "Even begun now it may not be done by" in _page(anna, f"{address}{soon:%Y-%m-%dT%H:%M}")


@pytest.mark.parametrize("text", ["", "nonsense", "0001-01-01T00:00", "9999-12-31T23:59", "2026-13-01T00:00", "%00"])
def test_what_is_no_hour_is_passed_over(anna: Client, planned: Any, text: str) -> None:
    assert 'class="answer"' not in _page(anna, f"/migrations/{planned.code}/?by={text}")


def test_a_check_that_is_over_shows_it(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1) + wizard.line(2, password="wrong"))
    page = _page(wizard.client, f"/migrations/new/{code}/check/")
    assert "What the first run will be like" in page
    assert "Everything will fit, as far as the servers tell." in page
