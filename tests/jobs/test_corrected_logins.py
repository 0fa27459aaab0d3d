"""Other passwords for accounts that failed in a run: their logins tried against real servers, and what works goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.fix_wizard import MAILBOXES, WizardCast
from trasloco.engine.logins import HostGates
from trasloco.secret import Secret
from trasloco.testing.run_states import begin, set_states


def started(wizard: WizardCast, states: list[str]) -> Any:
    """A migration under way whose accounts are in these states."""
    from trasloco.records.models import MailMigration

    code = wizard.planned("".join(wizard.line(number) for number in range(1, len(states) + 1)))
    migration = MailMigration.objects.select_related("asked_by").get(code=code)
    set_states(begin(migration), states)
    return migration


def correct(wizard: WizardCast, migration: Any, passwords: dict[int, str]) -> None:
    """Give other passwords for these lines, and do the worker's part."""
    from trasloco.jobs.corrected_logins import correct_and_check
    from trasloco.jobs.login_checks import check_migration
    from trasloco.records.history import Actor

    given = {migration.accounts.get(line=line).pk: Secret(password) for line, password in passwords.items()}
    correct_and_check(Actor(wizard.alice), migration, "source", given, wizard.ring)
    asyncio.run(check_migration(migration.pk, None, wizard.ring, HostGates()))


def states(migration: Any) -> list[str]:
    return list(migration.runs.get(number=1).transfers.order_by("account__line").values_list("status", flat=True))


def right(number: int) -> str:
    return MAILBOXES[f"user{number}@old.example.org"]


def test_what_works_now_goes_on_and_what_does_not_costs_one_login(wizard: WizardCast) -> None:
    migration = started(wizard, ["failed", "failed", "failed", "completed"])
    correct(wizard, migration, {1: right(1), 2: "wrong again"})
    assert states(migration) == ["waiting", "failed", "failed", "completed"]
    check = migration.accounts.get(line=2).check_result
    assert (check.state, check.source["code"], check.retry) == ("failed", "login-refused", False)


def test_a_run_that_had_ended_is_taken_up_again(wizard: WizardCast) -> None:
    migration = started(wizard, ["failed", "completed"])
    assert migration.runs.get(number=1).status == "completed_with_errors"
    correct(wizard, migration, {1: right(1)})
    assert migration.runs.get(number=1).status == "waiting"


def test_a_run_that_was_stopped_meanwhile_is_left_alone(wizard: WizardCast) -> None:
    from trasloco.records.history import Actor
    from trasloco.records.planning import stop

    migration = started(wizard, ["failed", "running"])
    stop(Actor(wizard.alice), migration)
    correct(wizard, migration, {1: right(1)})
    assert states(migration) == ["failed", "stopped"]
    assert migration.accounts.get(line=1).check_result.state == "ok"


def test_a_worker_that_died_after_the_check_leaves_the_rest_to_the_next(wizard: WizardCast) -> None:
    from trasloco.jobs.corrected_logins import retry_corrected
    from trasloco.records.models import LoginCheck

    migration = started(wizard, ["failed", "completed"])
    checks = LoginCheck.objects.filter(account__migration=migration, account__line=1)
    checks.update(state="ok", retry=True)  # written, and nobody has gone on
    assert retry_corrected(migration) == 1
    assert states(migration) == ["waiting", "completed"]
    assert retry_corrected(migration) == 0


def test_what_succeeded_meanwhile_is_not_begun_anew(wizard: WizardCast) -> None:
    from trasloco.jobs.corrected_logins import retry_corrected
    from trasloco.records.models import LoginCheck

    migration = started(wizard, ["completed", "completed"])
    LoginCheck.objects.filter(account__migration=migration, account__line=1).update(state="ok", retry=True)
    assert retry_corrected(migration) == 0
    assert states(migration) == ["completed", "completed"]


def test_passwords_that_were_wiped_are_not_corrected(wizard: WizardCast) -> None:
    from trasloco.records.actions import wipe_secrets
    from trasloco.records.planning import NotNow

    migration = started(wizard, ["failed", "completed"])
    wipe_secrets(migration)
    with pytest.raises(NotNow, match="passwords-wiped"):
        correct(wizard, migration, {1: right(1)})
    assert migration.accounts.get(line=1).source_secret is None


def test_nobody_is_written_to_about_a_check_that_somebody_looks_at(wizard: WizardCast) -> None:
    from trasloco.records.models import Mail

    migration = started(wizard, ["failed", "failed"])
    before = Mail.objects.count()
    correct(wizard, migration, {1: "wrong", 2: "wrong"})
    assert Mail.objects.count() == before
