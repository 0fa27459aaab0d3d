"""A draft planned by a program: when its runs begin."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.fix_api import Program
from tests.fix_people import Cast


@pytest.fixture
def team(cast: Cast, program: Callable[..., Program]) -> Program:
    return program(cast.people["team"])


def put_back(zone: zoneinfo.ZoneInfo) -> datetime:
    """The next full hour that comes a second time there, in UTC."""
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while not at.astimezone(zone).fold:
        at += timedelta(hours=1)
    return at


def test_a_date_is_kept_as_it_was_given(cast: Cast, team: Program) -> None:
    code = team.post("migrations", {"source_type": "standard"}).json()["code"]
    at = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)
    answer = team.ask("PUT", f"migrations/{code}/schedule", {"first_run_at": at.isoformat(), "time_zone": "Europe/Rome"})
    assert answer.status_code == 200, answer.content
    assert datetime.fromisoformat(answer.json()["first_run_at"]) == at


def test_an_hour_that_comes_twice_is_the_one_that_was_meant(cast: Cast, team: Program) -> None:
    code = team.post("migrations", {"source_type": "standard"}).json()["code"]
    second = put_back(zoneinfo.ZoneInfo("Europe/Rome"))
    for at in (second, second - timedelta(hours=1)):
        answer = team.ask("PUT", f"migrations/{code}/schedule", {"first_run_at": at.isoformat(), "time_zone": "Europe/Rome"})
        assert answer.status_code == 200, answer.content
        assert datetime.fromisoformat(answer.json()["first_run_at"]) == at
