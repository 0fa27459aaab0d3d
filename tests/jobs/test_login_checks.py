"""The worker's part of the check, against real servers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.fix_wizard import MAILBOXES, WizardCast
from trasloco.engine.logins import HostGates
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import Mail, MailboxFiller


def draft(wizard: WizardCast, text: str) -> str:
    """Lines given, and the check asked for; nobody has begun it."""
    code = wizard.begin()
    assert wizard.give(code, text).status_code == 302
    assert wizard.client.get(f"/migrations/new/{code}/check/").status_code == 200
    return code


def check_of(wizard: WizardCast, code: str, line: int = 1) -> Any:
    return wizard.migration(code).accounts.get(line=line).check_result


def run(wizard: WizardCast, code: str, account_id: int | None = None) -> None:
    from trasloco.jobs.login_checks import check_migration

    asyncio.run(check_migration(wizard.migration(code).pk, account_id, wizard.ring, HostGates()))


class _Held:
    """Asks the server, and keeps the answer back."""

    def __init__(self, probe: Any) -> None:
        self._probe = probe
        self.reached, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self, side: Any, **more: Any) -> Any:
        found = await self._probe(side, **more)
        self.reached.set()
        await self.go.wait()
        return found


def test_both_sides_are_signed_in_to_and_counted(wizard: WizardCast) -> None:
    login = "user5@old.example.org"
    with MailboxFiller("127.0.0.1", wizard.source.port, login, MAILBOXES[login]) as filler:
        filler.create(("Büro",))
        filler.append(("INBOX",), [Mail(b"Subject: one\r\n\r\nx\r\n")])
    code = draft(wizard, wizard.line(5))
    run(wizard, code)
    check = check_of(wizard, code)
    assert (check.state, check.source["ok"], check.destination["ok"]) == ("ok", True, True)
    assert (check.folders, check.messages, check.size, check.too_large) == (2, 1, 19, 0)


def test_a_mailbox_that_is_too_small_is_found_before_anything_is_moved(wizard: WizardCast) -> None:
    from trasloco.records.models import DestinationSystem

    login = "user4@old.example.org"
    with MailboxFiller("127.0.0.1", wizard.source.port, login, MAILBOXES[login]) as filler:
        filler.append(("INBOX",), [Mail(b"Subject: long\r\n\r\n" + b"x" * 70 + b"\r\n" * 100_000)])
    with Dovecot(storage="sdbox", master=("admin", "admin secret"), quota=50_000) as small:
        DestinationSystem.objects.update(port=small.port)
        code = draft(wizard, wizard.line(4))
        run(wizard, code)
    check = check_of(wizard, code)
    assert check.state == "ok"
    assert check.warnings == ["room"]
    assert check.room is not None
    assert check.room < check.size


def test_a_late_answer_about_a_line_that_was_changed_meanwhile_is_not_written(wizard: WizardCast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first check is held up at the server; the line is given another password; then its answer comes."""
    from trasloco.engine import logins
    from trasloco.engine.probe import probe
    from trasloco.jobs.login_checks import check_migration

    code = draft(wizard, wizard.line(1))
    migration = wizard.migration(code)

    async def both() -> None:
        first, second = _Held(probe), _Held(probe)
        monkeypatch.setattr(logins, "probe", first)
        early = asyncio.create_task(check_migration(migration.pk, None, wizard.ring, HostGates()))
        await first.reached.wait()
        await asyncio.to_thread(_change_password)
        monkeypatch.setattr(logins, "probe", second)
        late = asyncio.create_task(check_migration(migration.pk, None, wizard.ring, HostGates()))
        await second.reached.wait()
        first.go.set()
        await early  # "works", said of the password before
        second.go.set()
        await late

    def _change_password() -> None:
        from django.db import connection

        from trasloco.jobs.errands import check_logins
        from trasloco.records.history import SCHEDULE

        wizard.give(code, wizard.line(1, password="another one, wrong"))
        check_logins(SCHEDULE, migration)
        connection.close()

    asyncio.run(both())
    check = check_of(wizard, code)
    assert check.state == "failed"
    assert check.source["code"] == "login-refused"


def test_one_account_is_tried_alone_while_the_others_are_left_to_their_check(wizard: WizardCast) -> None:
    code = draft(wizard, wizard.line(1) + wizard.line(2))
    account = wizard.migration(code).accounts.get(line=2)
    run(wizard, code, account.pk)
    assert (check_of(wizard, code, 1).state, check_of(wizard, code, 2).state) == ("waiting", "ok")


def test_what_a_dead_worker_left_running_is_tried_again(wizard: WizardCast) -> None:
    from trasloco.records.models import LoginCheck

    code = draft(wizard, wizard.line(1))
    LoginCheck.objects.update(state="running", ticket=1)
    run(wizard, code)
    assert check_of(wizard, code).state == "ok"


def test_a_mistake_of_ours_ends_the_check_in_words(wizard: WizardCast, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.jobs import login_checks

    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a broken wheel")

    monkeypatch.setattr(login_checks, "try_logins", broken)
    code = draft(wizard, wizard.line(1))
    with pytest.raises(RuntimeError):
        run(wizard, code)
    check = check_of(wizard, code)
    assert check.state == "failed"
    assert check.source["code"] == "internal-error"
    assert "wheel" not in check.source["words"]


def test_without_a_destination_system_the_check_says_so_instead_of_waiting(wizard: WizardCast) -> None:
    from trasloco.records.models import MailMigration

    code = draft(wizard, wizard.line(1))
    MailMigration.objects.filter(code=code).update(destination_system=None)
    run(wizard, code)
    assert check_of(wizard, code).destination["code"] == "no-destination"


def test_a_draft_that_is_deleted_while_it_is_checked_harms_nobody(wizard: WizardCast) -> None:
    from trasloco.records.deletion import mark_deleted, remove_marked
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import Mail, MailMigration

    code = draft(wizard, wizard.line(1, password="wrong") + wizard.line(2, password="wrong"))
    pk = wizard.migration(code).pk
    mark_deleted(SCHEDULE, wizard.migration(code))
    remove_marked()
    from trasloco.jobs.login_checks import check_migration

    asyncio.run(check_migration(pk, None, wizard.ring, HostGates()))
    assert not MailMigration.objects.exists()
    assert not Mail.objects.exists()


def test_a_mail_names_all_logins_that_do_not_work(wizard: WizardCast) -> None:
    from trasloco.records.models import Mail

    code = draft(wizard, wizard.line(1, password="wrong one") + wizard.line(2, password="wrong two") + wizard.line(3))
    run(wizard, code)
    mail = Mail.objects.get(kind="login-problems")
    assert "user1@example.net" in mail.text
    assert "user2@example.net" in mail.text
    assert "user3@example.net" not in mail.text
    assert "wrong one" not in mail.text


def test_a_refused_destination_master_is_not_tried_for_every_account(wizard: WizardCast) -> None:
    from trasloco.records.models import DestinationSystem

    DestinationSystem.objects.update(user="nobody")
    code = draft(wizard, "".join(wizard.line(1 + number % 6, f"new{number}@example.net") for number in range(6)))
    run(wizard, code)
    codes = [account.check_result.destination["code"] for account in wizard.migration(code).accounts.order_by("line")]
    assert codes.count("login-refused") + codes.count("master-refused") == 6
    assert codes.count("master-refused") >= 1
