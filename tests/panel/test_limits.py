"""Every limit and refusal of the steps, by its name, through the pages and on the real database."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.fix_wizard import MAILBOXES, WizardCast
from trasloco.testing.mailbox_filler import Mail, MailboxFiller

if TYPE_CHECKING:
    from django.test import Client


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def lines(count: int) -> str:
    return "".join(f"a{number}@example.net;192.0.2.1;a{number};secret\n" for number in range(1, count + 1))


def at_once(*presses: Any) -> list[Any]:
    """What each press comes to, all let go in the same moment, each with a connection of its own."""
    from django.db import connections

    gate = threading.Barrier(len(presses))
    answers: list[Any] = [None] * len(presses)

    def press(number: int) -> None:
        gate.wait(30)
        try:
            answers[number] = presses[number]()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=(number,)) for number in range(len(presses))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return answers


# 500 lines


def test_500_lines_are_taken(wizard: WizardCast) -> None:
    code = wizard.begin()
    assert wizard.give(code, lines(500)).status_code == 302
    assert wizard.migration(code).accounts.count() == 500


def test_501_lines_are_refused_at_the_first_that_is_too_many(wizard: WizardCast) -> None:
    code = wizard.begin()
    answer = wizard.give(code, lines(501))
    assert answer.status_code == 200
    assert "The file has 501 accounts; at most 500 go into one migration." in text_of(answer)
    assert wizard.migration(code).accounts.count() == 0


def test_a_customers_own_number_of_lines_comes_before_the_installations(wizard: WizardCast) -> None:
    from trasloco.records.models import Customer, Installation

    Installation.objects.update(most_lines=3)
    code = wizard.begin()
    assert "at most 3 go into one migration" in text_of(wizard.give(code, lines(4)))
    Customer.objects.update(most_lines=4)
    assert wizard.give(code, lines(4)).status_code == 302


# 10 unfinished migrations


def test_an_11th_unfinished_migration_is_refused_and_stays_a_draft(wizard: WizardCast) -> None:
    from trasloco.records.models import Customer

    Customer.objects.update(most_unfinished=2)
    wizard.planned(wizard.line(1))
    wizard.planned(wizard.line(2))
    code = wizard.checked(wizard.line(3))
    page = text_of(wizard.client.get(f"/migrations/new/{code}/review/"))
    assert "You have 2 unfinished migrations, and may have 2." in page
    answer = wizard.migrate(code)
    assert answer.headers["Location"] == f"/migrations/new/{code}/review/"
    assert "There are 2 unfinished migrations already" in text_of(wizard.client.get(answer.headers["Location"]))
    assert wizard.migration(code).planned_at is None


def test_the_installation_allows_10_unfinished_migrations(wizard: WizardCast) -> None:
    from trasloco.records.limits import Limits

    limits = Limits.of(wizard.customer)
    assert limits == Limits(lines=500, unfinished=10, message_bytes=50 * 1024 * 1024, hours=23, days=30)


def test_drafts_and_ended_migrations_do_not_count_as_unfinished(wizard: WizardCast) -> None:
    from trasloco.records.models import Customer, Run

    Customer.objects.update(most_unfinished=1)
    wizard.begin()
    first = wizard.planned(wizard.line(1))
    Run.objects.filter(migration__code=first).update(status="completed")
    second = wizard.checked(wizard.line(2))
    assert wizard.migrate(second).headers["Location"] == f"/migrations/{second}/"


def test_the_10_hold_when_two_press_migrate_at_once(wizard: WizardCast) -> None:
    from trasloco.records.models import Customer
    from trasloco.records.stages import unfinished

    Customer.objects.update(most_unfinished=1)
    codes = [wizard.checked(wizard.line(number)) for number in (1, 2, 3)]
    clients = [wizard.sign_in(wizard.alice) for _ in codes]
    at_once(*(lambda code=code, client=client: wizard.migrate(code, client) for code, client in zip(codes, clients, strict=True)))
    assert unfinished(wizard.customer.migrations.all()).count() == 1


def test_two_presses_of_the_same_button_plan_one_migration(wizard: WizardCast) -> None:
    from trasloco.records.models import HistoryEntry, Mail, Run

    code = wizard.checked(wizard.line(1))
    clients = [wizard.sign_in(wizard.alice) for _ in range(4)]
    answers = at_once(*(lambda client=client: wizard.migrate(code, client) for client in clients))
    assert {answer.headers["Location"] for answer in answers} == {f"/migrations/{code}/"}
    assert Run.objects.filter(migration__code=code).count() == 2
    assert HistoryEntry.objects.filter(verb="migration-planned").count() == 1
    assert Mail.objects.filter(kind="planned").count() == 1


# 50 MB for each message


def test_messages_over_the_limit_are_counted_at_the_check_and_left_out_by_the_run(wizard: WizardCast) -> None:
    from trasloco.records.models import Customer

    Customer.objects.update(most_message_bytes=1024 * 1024)
    login = "user6@old.example.org"
    with MailboxFiller("127.0.0.1", wizard.source.port, login, MAILBOXES[login]) as filler:
        filler.append(("INBOX",), [Mail(b"Subject: large\r\n\r\n" + b"x" * 70 + b"\r\n" * 600_000)])
    code = wizard.checked(wizard.line(6))
    page = text_of(wizard.client.get(f"/migrations/new/{code}/check/"))
    assert "1 message is too large and will be left out" in page
    assert "Messages over 1.0\xa0MB" in page
    assert "is larger than 1.0\xa0MB and is left out" in text_of(wizard.client.get(f"/migrations/new/{code}/review/"))
    wizard.migrate(code)
    assert wizard.migration(code).settings["max_size"] == 1024 * 1024


# 23 hours


def when(wizard: WizardCast, code: str, **values: str) -> Any:
    return wizard.client.post(f"/migrations/new/{code}/when/", {"start": "now", "time_zone": "UTC", **values})


def test_a_second_run_23_hours_after_the_first_is_taken(wizard: WizardCast) -> None:
    code = wizard.begin()
    assert when(wizard, code, second=str(23 * 60)).status_code == 302
    assert wizard.migration(code).second_run_minutes == 23 * 60


@pytest.mark.parametrize("minutes", ["1440", "0", "-60", "99999999999", "six"])
def test_a_second_run_more_than_23_hours_after_the_first_is_refused(wizard: WizardCast, minutes: str) -> None:
    code = wizard.begin()
    answer = when(wizard, code, second=minutes)
    assert answer.status_code == 200
    assert "Select a valid choice." in text_of(answer)
    assert wizard.migration(code).second_run_minutes == 360


def test_hours_that_were_lowered_meanwhile_are_said_and_not_cut_in_silence(wizard: WizardCast) -> None:
    from trasloco.records.models import Customer

    code = wizard.checked(wizard.line(1))
    when(wizard, code, second=str(12 * 60))
    Customer.objects.update(most_hours=8)
    answer = wizard.migrate(code)
    assert answer.headers["Location"] == f"/migrations/new/{code}/when/"
    assert "The second run must lie within 8 hours after the first." in text_of(wizard.client.get(answer.headers["Location"]))


# 30 days


@pytest.mark.parametrize(("own", "days"), [(None, 30), (7, 7)])
def test_a_draft_goes_after_its_days(wizard: WizardCast, own: int | None, days: int) -> None:
    from django.utils import timezone

    from trasloco.records.deletion import mark_expired, remove_marked
    from trasloco.records.models import Customer, MailMigration

    Customer.objects.update(keep_days=own)
    code = wizard.checked(wizard.line(1))
    assert mark_expired(timezone.now() + timedelta(days=days, minutes=-5)) == 0
    assert mark_expired(timezone.now() + timedelta(days=days, minutes=5)) == 1
    assert wizard.client.get(f"/migrations/new/{code}/check/").status_code == 404
    assert remove_marked() == 1
    assert not MailMigration.objects.exists()


# Domains


def test_an_address_of_a_domain_that_is_not_the_customers_is_refused(wizard: WizardCast) -> None:
    code = wizard.begin()
    page = text_of(wizard.give(code, "a@elsewhere.org;192.0.2.1;a;secret-of-a\n"))
    assert "The domain elsewhere.org is not one of yours here." in page
    assert "a@elsewhere.org;192.0.2.1;a;•••" in page


def test_a_manager_moves_mail_into_his_own_domains_only(wizard: WizardCast) -> None:
    client = wizard.sign_in(wizard.person("manager@example.net", "manager", ("example.org",)))
    code = wizard.begin(client)
    page = text_of(wizard.give(code, "a@example.net;192.0.2.1;a;secret\nb@example.org;192.0.2.1;b;secret\n", client))
    assert "The domain example.net is not one of those given to you." in page
    assert "1 thing is wrong" in page
    assert wizard.give(code, "b@example.org;192.0.2.1;b;secret\n", client).status_code == 302


def test_a_domain_that_was_taken_away_meanwhile_is_refused_at_the_end(wizard: WizardCast) -> None:
    from trasloco.records.models import Domain

    code = wizard.checked(wizard.line(1) + wizard.line(2, "user2@example.org"))
    Domain.objects.filter(name="example.org").delete()
    answer = wizard.migrate(code)
    assert answer.headers["Location"] == f"/migrations/new/{code}/csv/"
    assert "The domain example.org is not one of yours here." in text_of(wizard.client.get(answer.headers["Location"]))
    assert wizard.migration(code).planned_at is None


def test_two_destination_systems_do_not_go_into_one_migration(wizard: WizardCast) -> None:
    from trasloco.records.models import DestinationSystem, Domain

    other = DestinationSystem.objects.create(name="Other", host="192.0.2.9")
    Domain.objects.filter(name="example.org").update(destination_system=other)
    code = wizard.begin()
    page = text_of(wizard.give(code, "a@example.net;192.0.2.1;a;secret\nb@example.org;192.0.2.1;b;secret\n"))
    assert "This domain is served by Other, that of line 1 by Ours." in page


# Duplicates with other migrations


def test_a_mailbox_of_another_unfinished_migration_is_refused_by_that_ones_code(wizard: WizardCast) -> None:
    other = wizard.planned(wizard.line(1))
    code = wizard.begin()
    page = text_of(wizard.give(code, wizard.line(2, "USER1@example.net")))
    assert f"This mailbox is already being moved in migration {other}." in page


def test_a_migration_that_a_manager_may_not_see_is_not_named_to_him(wizard: WizardCast) -> None:
    other = wizard.planned(wizard.line(1) + wizard.line(2, "user2@example.org"))
    client = wizard.sign_in(wizard.person("manager@example.net", "manager", ("example.net",)))
    page = text_of(wizard.give(wizard.begin(client), wizard.line(1), client))
    assert "already being moved in another migration of your provider" in page
    assert other not in page


def test_a_mailbox_of_the_command_lines_migration_is_refused_too(wizard: WizardCast) -> None:
    from trasloco.records.actions import begin_run
    from trasloco.testing.migration_rows import small_migration

    begin_run(small_migration(wizard.ring, 1))
    page = text_of(wizard.give(wizard.begin(), wizard.line(1, "a1@example.net")))
    assert "already being moved in another migration of your provider" in page


def test_a_mailbox_of_an_ended_migration_may_be_moved_again(wizard: WizardCast) -> None:
    from trasloco.records.models import Run

    other = wizard.planned(wizard.line(1))
    Run.objects.filter(migration__code=other).update(status="completed")
    assert wizard.give(wizard.begin(), wizard.line(1)).status_code == 302


def test_two_drafts_of_one_mailbox_cannot_both_be_planned(wizard: WizardCast) -> None:
    codes = [wizard.checked(wizard.line(1)) for _ in range(2)]
    wizard.migrate(codes[0])
    answer = wizard.migrate(codes[1])
    assert answer.headers["Location"] == f"/migrations/new/{codes[1]}/csv/"
    page = text_of(wizard.client.get(answer.headers["Location"]))
    assert f"This mailbox is already being moved in migration {codes[0]}." in page


def test_two_drafts_of_one_mailbox_cannot_both_be_planned_at_once(wizard: WizardCast) -> None:
    from trasloco.records.stages import unfinished

    codes = [wizard.checked(wizard.line(1)) for _ in range(3)]
    clients = [wizard.sign_in(wizard.alice) for _ in codes]
    at_once(*(lambda code=code, client=client: wizard.migrate(code, client) for code, client in zip(codes, clients, strict=True)))
    assert unfinished(wizard.customer.migrations.all()).count() == 1


# Logins


def test_nothing_is_planned_while_a_login_fails(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1) + wizard.line(2, password="wrong"))
    page = text_of(wizard.client.get(f"/migrations/new/{code}/check/"))
    assert "1 account does not work yet." in page
    assert "Wrong login or password" in page
    answer = wizard.migrate(code)
    assert answer.headers["Location"] == f"/migrations/new/{code}/check/"
    assert wizard.migration(code).planned_at is None


def test_accounts_that_fail_can_be_left_out_and_taken_in_again(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1) + wizard.line(2, password="wrong"))
    wizard.client.post(f"/migrations/new/{code}/check/leave-out/", {"out": "yes", "account": "failed"})
    assert "1 left out" in text_of(wizard.client.get(f"/migrations/new/{code}/check/"))
    failed = wizard.migration(code).accounts.get(line=2)
    wizard.client.post(f"/migrations/new/{code}/check/leave-out/", {"out": "no", "account": str(failed.pk)})
    wizard.check(code)
    assert wizard.migrate(code).headers["Location"] == f"/migrations/new/{code}/check/"
    wizard.client.post(f"/migrations/new/{code}/check/leave-out/", {"out": "yes", "account": str(failed.pk)})
    assert wizard.migrate(code).headers["Location"] == f"/migrations/{code}/"


def test_with_every_account_left_out_nothing_is_planned(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1, password="wrong"))
    wizard.client.post(f"/migrations/new/{code}/check/leave-out/", {"out": "yes", "account": "failed"})
    assert "All accounts are left out: there is nothing to move." in text_of(wizard.client.get(f"/migrations/new/{code}/check/"))
    assert wizard.migrate(code).headers["Location"] == f"/migrations/new/{code}/check/"


def test_an_account_nobody_has_checked_yet_is_not_planned(wizard: WizardCast) -> None:
    code = wizard.begin()
    wizard.give(code, wizard.line(1))
    assert wizard.migrate(code).headers["Location"] == f"/migrations/new/{code}/check/"


@pytest.mark.parametrize("change", ["port", "system"])
def test_a_destination_that_was_changed_after_the_check_is_checked_before_anything_is_planned(wizard: WizardCast, change: str) -> None:
    from trasloco.records.models import DestinationSystem, Domain

    code = wizard.checked(wizard.line(1))
    if change == "port":
        DestinationSystem.objects.update(port=wizard.system.port + 1)
    else:
        other = DestinationSystem.objects.create(name="Other", host="127.0.0.1", port=wizard.system.port + 1, security="plain")
        Domain.objects.update(destination_system=other)
    answer = wizard.migrate(code)
    assert answer.headers["Location"] == f"/migrations/new/{code}/check/"
    assert "The operator has changed the destination meanwhile" in text_of(wizard.client.get(answer.headers["Location"]))
    assert wizard.migration(code).accounts.get().check_result.state == "waiting"
    assert wizard.migrate(code).headers["Location"] == f"/migrations/new/{code}/check/"


# Who it is not


def test_the_steps_of_another_customers_draft_are_not_there(wizard: WizardCast) -> None:
    from trasloco.records.models import Customer

    code = wizard.checked(wizard.line(1))
    account = wizard.migration(code).accounts.get()
    stranger: Client = wizard.sign_in(wizard.person("eve@example.com", "admin", customer=Customer.objects.create(name="Eve")))
    for page in ("type", "csv", "check", "check/table", f"check/{account.pk}", "when", "review", "review/mail-servers"):
        assert stranger.get(f"/migrations/new/{code}/{page}/").status_code == 404, page
    for page in ("csv", "check/again", "check/leave-out", f"check/{account.pk}", "when", "review"):
        assert stranger.post(f"/migrations/new/{code}/{page}/").status_code == 404, page
