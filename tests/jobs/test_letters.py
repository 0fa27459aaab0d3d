"""The mails of a migration: who gets them, in which language, with which words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from trasloco.records.key_ring import KeyRing
from trasloco.testing.planned_migration import PERSON, Order, planned
from trasloco.testing.zone import Zone

if TYPE_CHECKING:
    from trasloco.records.models import Mail, MailMigration

pytestmark = pytest.mark.usefixtures("clean_database")
HOUR = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing listens there: the present MX cannot be asked."""
    monkeypatch.setenv("TRASLOCO_DNS", "127.0.0.1:9")


def end(migration: MailMigration, number: int, at: datetime, *results: tuple[str, str, int], size: int = 10) -> None:
    """The run ended: (status, words, refused) for each account, in order."""
    from trasloco.records.models import FolderTally, Run, RunState
    from trasloco.records.planning import begin_planned

    run = migration.runs.get(number=number)
    begin_planned(run)
    statuses = set()
    for transfer, (status, words, refused) in zip(run.transfers.order_by("account__line"), results, strict=True):
        transfer.status, transfer.failure_words = status, words
        transfer.save()
        statuses.add(status)
        if status != "failed":
            FolderTally.objects.create(transfer=transfer, source="INBOX", copied=size - refused, refused=refused)
    whole = (
        RunState.FAILED if statuses == {"failed"} else RunState.COMPLETED if statuses == {"completed"} else RunState.COMPLETED_WITH_ERRORS
    )
    Run.objects.filter(pk=run.pk).update(status=whole, started_at=at - timedelta(hours=1), ended_at=at)


def told(at: datetime) -> list[Mail]:
    from trasloco.jobs.ends_of_runs import look_after_ended_runs
    from trasloco.records.models import Mail

    before = set(Mail.objects.values_list("pk", flat=True))
    look_after_ended_runs(at)
    return list(Mail.objects.exclude(pk__in=before).order_by("pk"))


def accounts(count: int) -> list[tuple[str, str, str]]:
    return [(f"a{number}@example.net", f"a{number}@example.org", "secret") for number in range(1, count + 1)]


def both(mail: Mail, *words: str) -> None:
    """Text and HTML say it."""
    for word in words:
        assert word in mail.text, mail.text
        assert word in " ".join(mail.html.split()), mail.html


def test_planned_names_the_hours_in_the_readers_zone_and_goes_to_all_who_are_to_know(ring: KeyRing) -> None:
    from trasloco.records.models import Customer, Mail, Person

    Customer.objects.create(name="Example Ltd")
    Person.objects.create(email="Pat@operator.example", language="en", time_zone="America/St_Johns")
    recipients = ["pat@operator.example", PERSON.upper(), "stranger@example.com"]
    order = Order(first_run_at="2027-01-15T22:00:00+00:00", recipients=recipients, installation={"public_url": "https://panel.example/"})
    code = planned(ring, order).code
    mails = {mail.recipient: mail for mail in Mail.objects.all()}
    assert set(mails) == {PERSON, "pat@operator.example", "stranger@example.com"}
    assert {mail.subject for mail in mails.values()} == {f"Migration {code} is planned (example.net)"}
    both(mails[PERSON], "Friday 15 January 2027, 23:00 (Europe/Rome, UTC+1)", "Saturday 16 January 2027, 05:00 (Europe/Rome, UTC+1)")
    both(mails["pat@operator.example"], "Friday 15 January 2027, 18:30 (America/St_Johns, UTC-3:30)")
    both(mails["stranger@example.com"], "23:00 (Europe/Rome, UTC+1)", f"https://panel.example/migrations/{code}/")


def test_the_language_is_the_readers(ring: KeyRing) -> None:
    from trasloco.records.models import Mail

    planned(ring, Order(language="it", first_run_at="2027-01-15T22:00:00+00:00"))
    mail = Mail.objects.get()
    assert mail.language == "it"
    assert '<html lang="it">' in mail.html
    assert "Gennaio 2027" in mail.text  # Django's own words; ours come with the catalogue


def test_after_the_first_run_the_mx_records_are_to_be_changed(ring: KeyRing) -> None:
    order = Order(accounts=accounts(3), second_minutes=360)
    migration = planned(ring, order, now=HOUR)
    end(
        migration,
        1,
        HOUR + timedelta(hours=2),
        ("completed", "", 0),
        ("failed", "The password is wrong.", 0),
        ("completed_with_errors", "", 1),
    )
    (mail,) = told(HOUR + timedelta(hours=2))
    assert mail.subject == f"Migration {migration.code}: change the MX records now (example.net)"
    both(mail, "19 of 20 messages are on the new server", "its present MX could not be asked")
    both(mail, "1 account failed: what was not reached of its mail is missing on the new server, and is not in these figures.")
    both(mail, "The second run follows on Tuesday 20 October 2026, 20:00 (Europe/Rome, UTC+2)")
    both(mail, "try the failed accounts again", "The password is wrong.", "1 message was refused by the new server.")
    assert mail.text.index("a2@example.net") < mail.text.index("a3@example.net")  # what failed comes first
    assert "a1@example.net" not in mail.text
    assert "wiped" not in mail.text
    migration.refresh_from_db()
    assert migration.wrapped_key is not None


def test_where_the_second_run_is_due_already_the_mail_says_so(ring: KeyRing) -> None:
    migration = planned(ring, Order(second_minutes=60), now=HOUR)
    end(migration, 1, HOUR + timedelta(hours=3), ("completed", "", 0))
    from trasloco.records.planning import begin_due_runs

    begin_due_runs(HOUR + timedelta(hours=3))  # as the tick does, before it looks after ended runs
    (mail,) = told(HOUR + timedelta(hours=3))
    both(mail, "The second run begins now, because its hour came while the first was still at work.", "run once more")


def test_without_a_second_run_the_mail_asks_for_the_change_and_says_what_stays_behind(ring: KeyRing) -> None:
    migration = planned(ring, Order(second_minutes=None), now=HOUR)
    end(migration, 1, HOUR, ("completed", "", 0))
    (mail,) = told(HOUR)
    assert "change the MX records now" in mail.subject
    both(mail, "No second run was planned.", "The passwords of the old mailboxes have been wiped.", "stay until 19 November 2026")
    migration.refresh_from_db()
    assert migration.wrapped_key is None
    assert not migration.accounts.exclude(source_secret=None).exists()


def test_after_the_last_run_it_reports_and_the_passwords_are_wiped(ring: KeyRing) -> None:
    migration = planned(ring, Order(accounts=accounts(2), installation={"public_url": "https://panel.example"}), now=HOUR)
    end(migration, 1, HOUR, ("completed", "", 0), ("completed", "", 0))
    told(HOUR)
    end(migration, 2, HOUR + timedelta(hours=6), ("completed", "", 0), ("completed_with_errors", "", 2), size=12345)
    (mail,) = told(HOUR + timedelta(hours=6))
    assert mail.subject == f"Migration {migration.code} has ended (example.net)"
    both(mail, "24,688 of 24,690 messages are on the new server", "2 messages were refused", "run once more", "proof of each account")
    assert f"https://panel.example/migrations/{migration.code}/" in mail.text
    assert told(HOUR + timedelta(hours=7)) == []


@pytest.mark.parametrize("number", [1, 2])
def test_a_run_that_failed_for_every_account_is_told(ring: KeyRing, number: int) -> None:
    migration = planned(ring, Order(), now=HOUR)
    if number == 2:
        end(migration, 1, HOUR, ("completed", "", 0))
        told(HOUR)
    end(migration, number, HOUR, ("failed", "The server is closed for ever.", 0))
    (mail,) = told(HOUR)
    assert "failed" in mail.subject
    assert ("Do not change the MX records yet." in mail.text) == (number == 1)
    assert ("The next run, planned for Tuesday 20 October 2026, 20:00" in mail.text) == (number == 1)
    both(mail, "The server is closed for ever.")


def test_five_hundred_failed_accounts_are_a_mail_that_can_be_read(ring: KeyRing) -> None:
    migration = planned(ring, Order(accounts=accounts(500)), now=HOUR)
    end(migration, 1, HOUR, *[("failed", "The password is wrong. " + "x" * 300, 0)] * 500)
    (mail,) = told(HOUR)
    assert mail.text.count("The password is wrong.") == 50
    both(mail, "and 450 more accounts, on the page of the migration")


def test_names_are_text_in_html_and_no_subject_has_two_lines(ring: KeyRing) -> None:
    order = Order(accounts=[("<b>\r\nBcc: x@y.example@example.net", "a", "secret")], customer="Evil\r\nBcc: someone@example.com <script>")
    migration = planned(ring, order, now=HOUR)
    migration.domains = [f"{'d' * 60}.{number}.{'e' * 60}.example\r\nX-Evil: 1" for number in range(5)]
    migration.save()
    end(migration, 1, HOUR, ("failed", "<img src=x onerror=alert(1)> " * 2, 0))
    (mail,) = told(HOUR)
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject
    assert len(mail.subject) <= 200
    assert "<img" not in mail.html
    assert "<b>\r\nBcc" not in mail.html
    assert "&lt;img" in mail.html


def test_every_mail_is_plain_html_without_anything_from_elsewhere(ring: KeyRing) -> None:
    from trasloco.jobs.letters import write_letters
    from trasloco.records.models import Mail, MailKind

    migration = planned(ring, Order())
    write_letters(MailKind.LOGIN_PROBLEMS, migration, {"problems": [{"address": "a@example.net", "words": "No.", "code": "login-refused"}]})
    end(migration, 1, HOUR, ("completed", "", 0))
    told(HOUR)
    kinds = set()
    for mail in Mail.objects.all():
        kinds.add(mail.kind)
        for forbidden in ("<img", "<script", "http://", "url(", "@import", "<link", "style="):
            assert forbidden not in mail.html
        assert "\n\n\n" not in mail.text
        assert "{" not in mail.text
        assert "&" not in mail.text
    assert kinds == {"planned", "login-problems", "first-run-ended"}


def test_the_present_mx_is_asked_of_the_name_server(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    records = {("example.net", "MX"): ["20 backup.example.net.", "10 mail.example.net."], ("empty.example", "A"): ["192.0.2.1"]}
    migration = planned(
        ring, Order(accounts=[*accounts(1), ("b@empty.example", "b", "secret"), ("c@gone.example", "c", "secret")]), now=HOUR
    )
    with Zone(records) as zone:
        monkeypatch.setenv("TRASLOCO_DNS", zone.address)
        end(migration, 1, HOUR, *[("completed", "", 0)] * 3)
        (mail,) = told(HOUR)
    assert "- empty.example: has no MX at present\n- example.net: present MX: mail.example.net, backup.example.net\n" in mail.text
    assert "- gone.example: has no MX at present" in mail.text
