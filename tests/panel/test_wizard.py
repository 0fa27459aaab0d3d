"""The five steps: gone back to without loss, and no password on a page once it was accepted."""

from __future__ import annotations

import html
import io
import re
import zipfile
from typing import Any

import psycopg
import pytest

from tests.fix_wizard import MAILBOXES, WizardCast
from trasloco.project.database import Database
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.zone import Zone

KEPT = "••••••••"


def page_of(wizard: WizardCast, path: str) -> str:
    answer = wizard.client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return html.unescape(answer.content.decode())


def steps_of(code: str) -> dict[str, str]:
    return {name: f"/migrations/new/{code}/{name}/" for name in ("type", "csv", "check", "when", "review")}


# Going back


def test_every_step_is_as_it_was_left(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1) + wizard.line(2))
    given = {"start": "at", "at": "2027-01-15T21:30", "time_zone": "Europe/Rome", "second": "240", "verification": "sample"}
    wizard.client.post(steps_of(code)["when"], {**given, "recipients": "bruno@example.org, carla@example.org"})
    assert '<input type="radio" name="source_type" value="standard" checked required>' in page_of(wizard, steps_of(code)["type"])
    assert f"user2@example.net;127.0.0.1:{wizard.source.port};user2@old.example.org;{KEPT}" in page_of(wizard, steps_of(code)["csv"])
    assert "All 2 accounts work on both sides." in page_of(wizard, steps_of(code)["check"])
    when = page_of(wizard, steps_of(code)["when"])
    for shown in ('value="2027-01-15T21:30"', '"Europe/Rome" selected', 'value="240" selected', 'value="sample" selected'):
        assert shown in when, shown
    assert 'value="bruno@example.org, carla@example.org"' in when


def test_no_second_run_stays_no_second_run(wizard: WizardCast) -> None:
    code = wizard.begin()
    assert 'value="360" selected' in page_of(wizard, steps_of(code)["when"])
    wizard.client.post(steps_of(code)["when"], {"start": "now", "time_zone": "UTC", "second": ""})
    assert 'value="" selected' in page_of(wizard, steps_of(code)["when"])


def test_a_pasted_csv_with_a_mistake_is_there_again_after_another_step(wizard: WizardCast, clean_database: Database) -> None:
    code = wizard.begin()
    text = wizard.line(1) + "user2@example.net;192.0.2.1;user2;my-typed-secret;a;b;c\n"
    answer = wizard.give(code, text, back="type")
    assert answer.headers["Location"] == steps_of(code)["type"]
    page = page_of(wizard, steps_of(code)["csv"])
    assert "my-typed-secret;a;b;c" in page
    assert "There are 7 fields instead of 4 or 5." in page
    with psycopg.connect(clean_database.conninfo) as connection:
        rows = connection.execute("SELECT session_data FROM django_session").fetchall()
    from django.contrib.sessions.backends.db import SessionStore

    kept = [str(SessionStore().decode(data)) for (data,) in rows]
    assert any(f"typed-{code}-csv" in session for session in kept)
    assert not any("my-typed-secret" in session for session in kept)


def test_what_was_typed_is_forgotten_when_it_was_accepted(wizard: WizardCast) -> None:
    code = wizard.begin()
    wizard.give(code, "user1@example.net;192.0.2.1;user1\n")
    wizard.give(code, wizard.line(1))
    assert not [key for key in wizard.client.session.keys() if key.startswith("typed-")]  # noqa: SIM118 - a session is no dictionary


def test_a_date_that_is_wrong_is_there_again_after_another_step(wizard: WizardCast) -> None:
    code = wizard.begin()
    given = {"start": "at", "at": "2020-01-01T10:00", "time_zone": "Europe/Rome", "recipients": "half an addr", "back": "check"}
    assert wizard.client.post(steps_of(code)["when"], given).headers["Location"] == steps_of(code)["check"]
    page = page_of(wizard, steps_of(code)["when"])
    assert 'value="2020-01-01T10:00"' in page
    assert 'value="half an addr"' in page


def test_going_back_from_a_step_that_is_right_keeps_it(wizard: WizardCast) -> None:
    code = wizard.begin()
    wizard.give(code, wizard.line(1))
    given = {"start": "now", "time_zone": "Europe/Rome", "second": "60", "back": "csv"}
    assert wizard.client.post(steps_of(code)["when"], given).headers["Location"] == steps_of(code)["csv"]
    assert wizard.migration(code).second_run_minutes == 60


def test_a_planned_migration_has_no_steps_any_more(wizard: WizardCast) -> None:
    code = wizard.planned(wizard.line(1))
    for path in steps_of(code).values():
        assert wizard.client.get(path).headers["Location"] == f"/migrations/{code}/", path
    assert wizard.give(code, wizard.line(2)).headers["Location"] == f"/migrations/{code}/"
    assert wizard.migration(code).accounts.count() == 1


# Type


def test_each_type_says_what_it_needs_and_nothing_that_does_not_work(wizard: WizardCast) -> None:
    page = page_of(wizard, "/migrations/new/")
    assert "Needs an app password for each mailbox" in page
    assert "Passwords are not taken by IMAP any more, app passwords included." in page


def test_a_large_provider_is_always_reached_by_checked_tls(wizard: WizardCast) -> None:
    answer = wizard.client.post("/migrations/new/", {"source_type": "gmail", "source_tls": "off"})
    assert wizard.migration(answer.headers["Location"].split("/")[3]).source_tls == "verify"


def test_another_encryption_keeps_ports_that_were_written_and_checks_again(wizard: WizardCast) -> None:
    code = wizard.begin()
    wizard.give(code, "a@example.net;192.0.2.1;a;x\nb@example.net;192.0.2.1:1143;b;x\nc@example.net;192.0.2.1:993;c;x\n")
    wizard.client.post(steps_of(code)["type"], {"source_type": "standard", "source_tls": "verify"})
    ports = {account.login: (account.source_port, account.source_security) for account in wizard.migration(code).accounts.all()}
    assert ports == {"a": (993, "implicit"), "b": (1143, "implicit"), "c": (993, "implicit")}
    wizard.client.post(steps_of(code)["type"], {"source_type": "standard", "source_tls": "verify"})
    wizard.give(code, "a@example.net;192.0.2.1:143;a;x\n")
    wizard.client.post(steps_of(code)["type"], {"source_type": "standard", "source_tls": "pin"})
    assert wizard.migration(code).accounts.get().source_port == 143


def test_another_type_alone_does_not_check_again(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1))
    wizard.client.post(steps_of(code)["type"], {"source_type": "exchange", "source_tls": "off"})
    assert wizard.migration(code).accounts.get().check_result.state == "ok"
    assert wizard.migration(code).settings["skip_non_mail"] is True


def test_what_is_taken_of_gmail_is_kept_with_the_draft_and_shown_again(wizard: WizardCast) -> None:
    given = {"source_type": "gmail", "gmail": ["chats", "starred"]}
    code = wizard.client.post("/migrations/new/", given).headers["Location"].split("/")[3]
    settings = wizard.migration(code).settings
    assert settings["gmail"] == ["chats", "starred"]
    assert settings["skip_folders"] == []
    page = page_of(wizard, steps_of(code)["type"])
    assert re.findall(r'name="gmail" value="(\w+)"[^>]* checked', page) == ["starred", "chats"]
    wizard.client.post(steps_of(code)["type"], {"source_type": "gmail", "gmail": ["categories"]})
    assert wizard.migration(code).settings["gmail"] == ["categories"]
    assert "[Gmail]/Chats" in wizard.migration(code).settings["skip_folders"]
    wizard.client.post(steps_of(code)["type"], {"source_type": "standard", "source_tls": "verify", "gmail": ["categories"]})
    assert wizard.migration(code).settings["gmail"] == []


def test_an_unknown_choice_for_gmail_is_refused(wizard: WizardCast) -> None:
    answer = wizard.client.post("/migrations/new/", {"source_type": "gmail", "gmail": ["everything"]})
    assert answer.status_code == 200
    assert "everything" in html.unescape(answer.content.decode())


# CSV


@pytest.mark.parametrize(("source_type", "server"), [("gmail", "imap.gmail.com"), ("office365", "outlook.office365.com")])
def test_a_large_providers_server_need_not_stand_in_the_csv(wizard: WizardCast, source_type: str, server: str) -> None:
    code = wizard.client.post("/migrations/new/", {"source_type": source_type}).headers["Location"].split("/")[3]
    page = page_of(wizard, steps_of(code)["csv"])
    assert f"The source IMAP server may be left empty: it is {server} then." in page
    oauth = 'kind = "microsoft-app"\ntenant = "t"\nclient_id = "c"\nclient_secret = "s"\n' if source_type == "office365" else ""
    answer = wizard.give(code, "user1@example.net;;anna@old.example.org;abcd\n", oauth=oauth)
    assert answer.status_code == 302, html.unescape(answer.content.decode())
    account = wizard.migration(code).accounts.get()
    assert (account.source_host, account.source_port, account.source_security) == (server, 993, "implicit")


def test_every_problem_stands_beside_its_line_with_the_password_masked(wizard: WizardCast) -> None:
    text = "a@example.net;imap://x;a;first-secret\nb@elsewhere.org;192.0.2.1;b;second-secret;m\nc@example.net;192.0.2.1;third-secret\n"
    page = page_of_answer(wizard.give(wizard.begin(), text))
    shown = page.split("<tbody>")[1].split("</tbody>")[0]
    assert "a@example.net;imap://x;a;•••" in shown
    assert "b@elsewhere.org;192.0.2.1;b;•••;•••" in shown
    assert "c@example.net;192.0.2.1;•••" in shown
    assert "secret" not in shown
    assert "3 things are wrong" in page
    assert text.splitlines()[0] in page.split("<textarea")[1]


def page_of_answer(answer: Any) -> str:
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def test_no_password_is_on_any_page_once_it_was_accepted(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1) + wizard.line(2, password="a wrong one"))
    account = wizard.migration(code).accounts.get(line=2)
    for path in [*steps_of(code).values(), f"/migrations/new/{code}/check/{account.pk}/", f"/migrations/new/{code}/check/table/"]:
        page = page_of(wizard, path)
        assert "hush;1" not in page, path
        assert "a wrong one" not in page, path


def test_lines_that_are_given_again_keep_their_passwords_and_their_checks(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1) + wizard.line(2))
    checks = [account.check_result.pk for account in wizard.migration(code).accounts.order_by("line")]
    stored = html.unescape(page_of(wizard, steps_of(code)["csv"])).split("</textarea>")[0].rsplit(">", 1)[1].lstrip()
    assert stored.count(KEPT) == 2
    assert wizard.give(code, stored + wizard.line(3)).status_code == 302
    accounts = list(wizard.migration(code).accounts.order_by("line"))
    assert [account.check_result.pk for account in accounts[:2]] == checks
    wizard.check(code)
    assert wizard.migrate(code).headers["Location"] == f"/migrations/{code}/"


def test_who_was_left_out_stays_left_out_when_his_line_is_the_same(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1) + wizard.line(2, password="wrong"))
    wizard.client.post(f"/migrations/new/{code}/check/leave-out/", {"out": "yes", "account": "failed"})
    wizard.give(code, wizard.line(1) + wizard.line(2, password="wrong") + wizard.line(3))
    assert [account.left_out for account in wizard.migration(code).accounts.order_by("line")] == [False, True, False]
    wizard.give(code, wizard.line(1) + wizard.line(2))
    assert not wizard.migration(code).accounts.filter(left_out=True).exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"user1@example.net;192.0.2.66;user1@old.example.org;{KEPT}\n", "The password of this line was given for another server"),
        (f"user1@example.net;127.0.0.1:{{port}};user1@elsewhere.example;{KEPT}\n", "or for a login in another domain."),
        (f"user9@example.net;127.0.0.1;user9@old.example.org;{KEPT}\n", "The password of this line is not stored here."),
    ],
)
def test_a_stored_password_goes_to_no_other_server_and_to_no_other_mailbox(wizard: WizardCast, line: str, words: str) -> None:
    code = wizard.begin()
    wizard.give(code, wizard.line(1))
    assert words in page_of_answer(wizard.give(code, line.replace("{port}", str(wizard.source.port))))


def test_where_each_new_mailbox_has_a_password_all_of_them_are_asked_for(wizard: WizardCast) -> None:
    from trasloco.records.models import DestinationSystem

    DestinationSystem.objects.update(form="password")
    code = wizard.begin()
    assert "Passwords of the new mailboxes" in page_of(wizard, steps_of(code)["csv"])
    page = page_of_answer(wizard.give(code, wizard.line(1) + wizard.line(2), passwords="user1@example.net;one\nusser2@example.net;two\n"))
    assert "There is no password of the new mailbox for this address." in page
    assert "1 of the passwords of the new mailboxes is for an address that is not in the CSV." in page
    given = "user1@example.net;one\nuser2@example.net;two\n"
    assert wizard.give(code, wizard.line(1) + wizard.line(2), passwords=given).status_code == 302
    assert wizard.give(code, wizard.line(1) + wizard.line(2)).status_code == 302  # those that are stored are kept


def test_the_templates_are_a_zip_and_each_of_them_is_taken(wizard: WizardCast) -> None:
    from trasloco.plan.table import read

    answer = wizard.client.get("/migrations/new/templates.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        assert names == ["trasloco-standard.csv", "trasloco-master.csv", "README.txt"]
        for name in names[:2]:
            table = read(archive.read(name))
            assert table.rows
            assert not table.problems
        assert "trasloco-master.csv is for servers where one master user" in archive.read("README.txt").decode()


# Check


def test_an_account_is_corrected_in_place_and_only_it_is_tried_again(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1) + wizard.line(2, password="wrong"))
    good, bad = wizard.migration(code).accounts.order_by("line")
    before = good.check_result.ended_at
    given = {"server": f"127.0.0.1:{wizard.source.port}", "login": bad.login, "password": MAILBOXES[bad.login], "master": ""}
    answer = wizard.client.post(f"/migrations/new/{code}/check/{bad.pk}/", given)
    assert answer.headers["Location"] == f"/migrations/new/{code}/check/#account-{bad.pk}"
    wizard.check(code, bad.pk)
    assert "All 2 accounts work on both sides." in page_of(wizard, steps_of(code)["check"])
    good.check_result.refresh_from_db()
    assert good.check_result.ended_at == before


def test_a_server_without_imap_is_said_checked_and_shown_as_it_was_written(wizard: WizardCast, pop3_source: Dovecot) -> None:
    server = f"pop3://127.0.0.1:{pop3_source.pop3_port}"
    secret = pop3_source.password.replace('"', '""')
    line = f'user1@example.net;{server};user1@old.example.org;"{secret}"\n'
    code = wizard.checked(line)
    account = wizard.migration(code).accounts.get()
    assert (account.source_speech, account.check_result.state) == ("pop3", "ok")
    page = html.unescape(page_of(wizard, steps_of(code)["check"]))
    assert "is asked by POP3, which knows INBOX only, and no flags" in page
    assert f"user1@example.net;{server};user1@old.example.org;{KEPT}" in html.unescape(page_of(wizard, steps_of(code)["csv"]))
    assert wizard.give(code, f"user1@example.net;{server};user1@old.example.org;{KEPT}\n").status_code == 302
    assert server in page_of(wizard, f"/migrations/new/{code}/check/{account.pk}/")
    imap = {"server": f"127.0.0.1:{pop3_source.port}", "login": account.login, "password": "", "master": ""}
    wizard.client.post(f"/migrations/new/{code}/check/{account.pk}/", imap)
    account.refresh_from_db()
    assert (account.source_speech, account.source_port) == ("imap", pop3_source.port)


def test_looking_at_the_page_again_does_not_try_a_refused_login_again(wizard: WizardCast) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    code = wizard.checked(wizard.line(1, password="wrong"))
    ProcrastinateJob.objects.filter(status="todo").count()
    check = wizard.migration(code).accounts.get().check_result
    page_of(wizard, steps_of(code)["check"])
    check.refresh_from_db()
    assert check.state == "failed"
    wizard.client.post(f"/migrations/new/{code}/check/again/")
    check.refresh_from_db()
    assert check.state == "waiting"


def test_a_quota_that_is_too_small_is_said_in_figures_with_what_comes_of_it(wizard: WizardCast) -> None:
    from trasloco.records.models import LoginCheck

    code = wizard.checked(wizard.line(1))
    LoginCheck.objects.update(size=5 * 1024**3, room=1024**3, warnings=["room"])
    page = " ".join(page_of(wizard, steps_of(code)["check"]).split())
    assert "5.0 GB are to be moved, 4.0 GB more than the new mailbox has room for." in page
    assert "without room for all its mail an account fails" in page
    assert "Of 1 not everything will fit" in page


def test_500_accounts_are_pages_with_the_problems_first(wizard: WizardCast) -> None:
    from trasloco.records.models import CheckState, LoginCheck

    code = wizard.begin()
    wizard.give(code, "".join(f"a{number}@example.net;192.0.2.1;a{number};secret\n" for number in range(1, 501)))
    refused = {"ok": False, "code": "login-refused", "words": "NO", "server": ""}
    for account in wizard.migration(code).accounts.all():
        bad = account.line % 100 == 0
        LoginCheck.objects.create(
            account=account,
            state=CheckState.FAILED if bad else CheckState.OK,
            source=refused if bad else {"ok": True, "code": "", "words": "", "server": ""},
            folders=1,
            messages=2,
            size=3,
        )
    page = page_of(wizard, steps_of(code)["check"])
    assert page.count('<tr id="account-') == 50
    assert page.index("a100@example.net") < page.index("a500@example.net") < page.index("a1@example.net")
    assert "5 accounts do not work yet." in page
    assert "Page 1 of 10" in page
    assert page_of(wizard, steps_of(code)["check"] + "?show=failed").count('<tr id="account-') == 5
    assert page_of(wizard, steps_of(code)["check"] + "?show=ok&page=10").count('<tr id="account-') == 45
    assert len(page) < 150_000


# When


@pytest.mark.parametrize(
    ("at", "which", "words"),
    [
        ("2027-03-28T02:30", "", "this hour does not exist in Europe/Rome on that day"),
        ("2027-10-31T02:30", "", "this hour comes twice in Europe/Rome. Say which one."),
        ("2027-10-31T02:30", "7", "Select a valid choice."),
    ],
)
def test_an_hour_that_does_not_exist_or_comes_twice_is_said_and_not_guessed(
    wizard: WizardCast, monkeypatch: pytest.MonkeyPatch, at: str, which: str, words: str
) -> None:
    from trasloco.records.models import Person

    _pretend_it_is_2027(monkeypatch)
    Person.objects.update(time_zone="Europe/Rome")
    code = wizard.begin()
    given = {"start": "at", "at": at, "time_zone": "Europe/Rome", "which": which}
    assert words in page_of_answer(wizard.client.post(steps_of(code)["when"], given))
    assert wizard.migration(code).first_run_at is None


@pytest.mark.parametrize(("which", "hour"), [("0", "2027-10-31T00:30:00+00:00"), ("1", "2027-10-31T01:30:00+00:00")])
def test_of_two_hours_with_one_name_the_chosen_one_is_kept(
    wizard: WizardCast, monkeypatch: pytest.MonkeyPatch, which: str, hour: str
) -> None:
    from trasloco.records.models import Person

    _pretend_it_is_2027(monkeypatch)
    Person.objects.update(time_zone="Europe/Rome")
    code = wizard.begin()
    given = {"start": "at", "at": "2027-10-31T02:30", "time_zone": "Europe/Rome", "which": which}
    assert wizard.client.post(steps_of(code)["when"], given).status_code == 302
    found = wizard.migration(code).first_run_at
    assert found is not None
    assert found.isoformat() == hour
    page = page_of(wizard, steps_of(code)["when"])
    assert 'value="2027-10-31T02:30"' in page
    assert f'name="which" value="{which}" id="id_which_{which}" checked' in page.replace(" required", "")


def test_an_hour_that_is_missing_where_the_person_lives_exists_elsewhere(wizard: WizardCast, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.records.models import Person

    _pretend_it_is_2027(monkeypatch)
    Person.objects.update(time_zone="Europe/Rome")
    code = wizard.begin()
    assert wizard.client.post(steps_of(code)["when"], {"start": "at", "at": "2027-03-28T02:30", "time_zone": "UTC"}).status_code == 302
    found = wizard.migration(code).first_run_at
    assert found is not None
    assert found.isoformat() == "2027-03-28T02:30:00+00:00"
    assert 'value="2027-03-28T02:30"' in page_of(wizard, steps_of(code)["when"])


def _pretend_it_is_2027(monkeypatch: pytest.MonkeyPatch) -> None:
    """The form looks at most a year ahead; only its own clock is put forward."""
    from datetime import UTC, datetime

    from django.utils import timezone

    from trasloco.panel import forms_moment

    class Clock:
        override = timezone.override

        @staticmethod
        def now() -> datetime:
            return datetime(2027, 2, 1, tzinfo=UTC)

    monkeypatch.setattr(forms_moment, "timezone", Clock)


# Review


def test_the_review_has_every_answer(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1) + wizard.line(2, password="wrong"))
    wizard.client.post(f"/migrations/new/{code}/check/leave-out/", {"out": "yes", "account": "failed"})
    wizard.later(code)
    page = " ".join(page_of(wizard, steps_of(code)["review"]).split())
    for shown in ("Alice & Co", "example.net", "without TLS", "Ours", "(1 left out)", "6 hours after the first", "alice@example.net"):
        assert shown in page, shown
    assert "Expected to take" in page
    assert '<button class="primary" type="submit"> Migrate' in page


def test_the_review_names_what_is_taken_of_gmail(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1))
    migration = wizard.migration(code)
    migration.settings["gmail"] = ["important", "categories"]
    migration.save(update_fields=["settings"])
    page = page_of(wizard, steps_of(code)["review"])
    assert "the folder of messages that Gmail holds important" in page
    assert "the categories of the inbox" in page
    assert "the folder of chats" not in page


def test_the_present_mx_of_each_domain_is_asked_for(wizard: WizardCast, monkeypatch: pytest.MonkeyPatch) -> None:
    code = wizard.begin()
    wizard.give(code, wizard.line(1) + wizard.line(2, "user2@example.org"))
    with Zone({("example.net", "MX"): ["10 mx.old.example.org."]}, silent={"example.org"}) as zone:
        monkeypatch.setenv("TRASLOCO_DNS", zone.address)
        page = page_of(wizard, f"/migrations/new/{code}/review/mail-servers/")
    assert "mx.old.example.org" in page
    assert "the name server does not answer" in page


def test_a_first_run_whose_hour_has_passed_begins_at_once_and_says_so(wizard: WizardCast) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from trasloco.records.models import MailMigration, Run

    code = wizard.checked(wizard.line(1))
    MailMigration.objects.filter(code=code).update(first_run_at=timezone.now() - timedelta(hours=2))
    assert "This hour has passed: it begins at once." in page_of(wizard, steps_of(code)["review"])
    wizard.migrate(code)
    first, second = Run.objects.filter(migration__code=code).order_by("number")
    assert first.due_at and second.due_at
    assert abs(first.due_at - timezone.now()) < timedelta(minutes=5)
    assert second.due_at - first.due_at == timedelta(hours=6)


# Passwords at the end


def test_passwords_are_wiped_as_soon_as_the_last_run_has_ended(wizard: WizardCast) -> None:
    from django.utils import timezone

    from trasloco.jobs.ends_of_runs import look_after_ended_runs
    from trasloco.records.models import Run

    code = wizard.planned(wizard.line(1))
    runs = Run.objects.filter(migration__code=code)
    runs.filter(number=1).update(status="completed", ended_at=timezone.now())
    look_after_ended_runs()
    assert wizard.migration(code).wrapped_key is not None  # the second run needs them
    runs.filter(number=2).update(status="failed", ended_at=timezone.now())
    look_after_ended_runs()
    migration = wizard.migration(code)
    assert migration.wrapped_key is None
    assert migration.destination_secret is None
    assert migration.accounts.get().source_secret is None
