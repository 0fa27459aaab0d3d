"""Other passwords given by a program: kept for accounts whose login fails, and for no others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.fix_api import Program
from tests.fix_wizard import WizardCast
from tests.jobs.test_corrected_logins import started, states


@pytest.fixture
def alice(wizard: WizardCast, program: Callable[..., Program]) -> Program:
    return program(wizard.alice)


def of(migration: Any) -> str:
    return f"migrations/{migration.code}/passwords"


def test_an_account_that_failed_for_its_password_goes_on_with_another(wizard: WizardCast, alice: Program) -> None:
    from trasloco.engine.logins import HostGates
    from trasloco.jobs.login_checks import check_migration

    migration = started(wizard, ["failed", "failed", "completed"])
    answer = alice.post(of(migration), {"side": "source", "lines": wizard.line(1) + wizard.line(2, password="")})
    assert (answer.status_code, answer.json()) == (200, {"kept": 1, "without": 1})
    asyncio.run(check_migration(migration.pk, None, wizard.ring, HostGates()))
    assert states(migration) == ["waiting", "failed", "completed"]


def test_with_one_line_that_is_wrong_nothing_is_kept(wizard: WizardCast, alice: Program) -> None:
    from trasloco.records.models import HistoryEntry

    migration = started(wizard, ["failed", "failed", "completed"])
    before = HistoryEntry.objects.count()
    answer = alice.post(of(migration), {"side": "source", "lines": wizard.line(1) + wizard.line(3)})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "passwords-not-accepted")
    assert [(each["line"], each["column"]) for each in problem["problems"]] == [(2, "destination")]
    assert HistoryEntry.objects.count() == before


def test_where_no_login_fails_no_password_is_taken(wizard: WizardCast, alice: Program) -> None:
    migration = started(wizard, ["running", "completed"])
    for side in ("source", "destination"):
        answer = alice.post(of(migration), {"side": side, "lines": wizard.line(1)})
        assert (answer.status_code, answer.json()["code"]) == (409, "no-login-fails")
