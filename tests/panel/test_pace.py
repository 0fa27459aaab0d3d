"""Hours and pace in the panel: chosen in the step "when", changed on a page of the migration, shown where it rests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.fix_people import Cast
from tests.fix_wizard import WizardCast
from trasloco.testing.run_states import begin, set_states

Make = Callable[..., Any]
HOURS = {"window_start": "20:00", "window_end": "06:00", "time_zone": "Europe/Rome"}
LIMITS = {
    "bytes_per_day": "20",
    "bytes_per_second": "500",
    "messages_per_second": "2.5",
    "connections_per_host": "4",
    "connections": "2",
}


def words(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def pace_page(migration: Any) -> str:
    return f"/migrations/{migration.code}/pace/"


def test_the_hours_of_the_step_when_are_kept_and_named_in_review(wizard: WizardCast) -> None:
    from trasloco.records.pacing import window_of

    code = wizard.checked(wizard.line(1))
    when = f"/migrations/new/{code}/when/"
    page = words(wizard.client.get(when))
    assert "In which hours" in page
    answer = wizard.client.post(when, {"start": "now", "second": "", "verification": "", **HOURS})
    assert answer.status_code == 302, answer.content.decode()
    assert str(window_of(wizard.migration(code))) == "20:00-06:00"
    assert "only from 20:00 until 06:00 (Europe/Rome)" in words(wizard.client.get(f"/migrations/new/{code}/review/"))
    assert 'value="20:00"' in words(wizard.client.get(when))
    wizard.client.post(when, {"start": "now", "second": "", "verification": "", **HOURS, "window_start": "", "window_end": ""})
    assert window_of(wizard.migration(code)) is None
    assert "at any hour" in words(wizard.client.get(f"/migrations/new/{code}/review/"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"window_start": "20:00", "window_end": ""}, "Write until which hour, or empty both for any hour."),
        ({"window_start": "", "window_end": "06:00"}, "Write from which hour on, or empty both for any hour."),
        ({"window_start": "06:00", "window_end": "06:00"}, "It begins and ends at the same hour."),
        ({"window_start": "25:00", "window_end": "06:00"}, "Enter a valid time."),
    ],
)
def test_half_a_window_is_asked_about(anna: Client, make_migration: Make, given: dict[str, str], said: str) -> None:
    migration = make_migration()
    page = words(anna.post(pace_page(migration), HOURS | given))
    assert said in page
    migration.refresh_from_db()
    assert migration.window_start is None


def test_the_forecast_counts_the_nights_of_a_mailbox_larger_than_a_day(wizard: WizardCast) -> None:
    from trasloco.records.models import LoginCheck, MailMigration

    code = wizard.checked(wizard.line(1))
    migration = wizard.migration(code)
    MailMigration.objects.filter(pk=migration.pk).update(settings=migration.settings | {"bytes_per_day": 1_000_000_000})
    LoginCheck.objects.filter(account__migration=migration).update(size=2_500_000_000)
    page = words(wizard.client.get(f"/migrations/new/{code}/review/"))
    assert "1 mailbox holds more than the" in page
    assert "Expected to take 49 hours to" in page


def test_an_admin_changes_the_hours_and_sees_no_limits(cast: Cast, make_client: Make) -> None:
    from trasloco.records.models import HistoryEntry

    page = words(make_client(cast.people["admin"]).get(pace_page(cast.moving)))
    assert "In which hours" in page
    assert "bytes_per_day" not in page
    answer = make_client(cast.people["admin"]).post(pace_page(cast.moving), HOURS | LIMITS)
    assert answer.status_code == 302
    cast.moving.refresh_from_db()
    assert (cast.moving.window_start, cast.moving.window_end, cast.moving.time_zone) == (time(20), time(6), "Europe/Rome")
    assert "bytes_per_day" not in cast.moving.settings or cast.moving.settings["bytes_per_day"] is None
    assert list(HistoryEntry.objects.filter(verb__in=["window-changed", "pace-changed"]).values_list("verb", flat=True)) == [
        "window-changed"
    ]


def test_the_operator_changes_the_limits_within_their_bounds(cast: Cast, make_client: Make) -> None:
    from trasloco.records.pacing import limits_of

    client = make_client(cast.people["superuser"])
    nothing = {"window_start": "", "window_end": "", "time_zone": "UTC"}
    assert client.post(pace_page(cast.moving), nothing | LIMITS).status_code == 302
    cast.moving.refresh_from_db()
    limits = limits_of(cast.moving)
    assert (limits.bytes_per_day, limits.bytes_per_second, limits.messages_per_second) == (20_000_000, 500_000, 2.5)
    assert (limits.connections_per_host, limits.connections) == (4, 2)
    page = words(client.get(pace_page(cast.moving)))
    assert 'value="20"' in page
    for name, value in (
        ("bytes_per_day", "0"),
        ("bytes_per_second", "3"),
        ("messages_per_second", "0"),
        ("connections", "11"),
        ("connections", ""),
    ):
        assert client.post(pace_page(cast.moving), nothing | LIMITS | {name: value}).status_code == 200, name
    assert client.post(pace_page(cast.moving), nothing | LIMITS | {"bytes_per_day": "", "bytes_per_second": ""}).status_code == 302
    cast.moving.refresh_from_db()
    assert limits_of(cast.moving).bytes_per_day is None


def test_a_sleeping_account_says_when_it_goes_on(anna: Client, make_migration: Make) -> None:
    migration = make_migration(accounts=3)
    run = begin(migration)
    set_states(run, ["completed", "waiting", "running"])
    sleeper = run.transfers.get(status="waiting")
    goes_on = datetime.now(UTC) + timedelta(hours=7)
    type(sleeper).objects.filter(pk=sleeper.pk).update(failure_code="day-budget", failure_words="enough", not_before=goes_on, attempts=0)
    page = words(anna.get(f"/migrations/{migration.code}/"))
    assert "1 account sleeps, as much of it has been fetched today as its provider allows. It goes on <time" in page
    assert ">in 7 h (" in page
    assert "As much has been fetched today as may be." in page
    assert "sleeps</span>" in page
    assert "did not succeed" not in page
    assert "What is wrong" not in page
    page = words(anna.get(f"/migrations/{migration.code}/accounts/{sleeper.account_id}/"))
    assert "It goes on <time" in page
    assert "did not succeed" not in page
    assert "Try this account again" not in page


def test_outside_its_hours_a_migration_says_until_when_it_rests(
    anna: Client, make_migration: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trasloco.records import clock
    from trasloco.records.history import SCHEDULE
    from trasloco.records.pacing import set_window

    migration = make_migration(accounts=2)
    run = begin(migration)
    set_states(run, ["waiting", "waiting"])
    set_window(SCHEDULE, migration, time(20), time(6), "Europe/Rome")
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 26, 12, 0, tzinfo=UTC))
    page = words(anna.get(f"/migrations/{migration.code}/"))
    assert "It rests until the hours in which mail is moved begin: it goes on <time" in page
    assert 'datetime="2026-11-26T19:00:00+00:00"' in page or 'datetime="2026-11-26T20:00:00+01:00"' in page
    assert "Hours: 20:00 to 06:00" in page
    assert page.count("rests</span>") == 2
    account = run.transfers.order_by("account__line").first().account_id
    assert "It rests until the hours" in words(anna.get(f"/migrations/{migration.code}/accounts/{account}/"))
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 26, 23, 0, tzinfo=UTC))
    assert "It rests until" not in words(anna.get(f"/migrations/{migration.code}/"))


def test_the_mail_about_the_plan_names_the_hours(make_migration: Make) -> None:
    from trasloco.jobs.letters import write_letters
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import MailKind
    from trasloco.records.pacing import set_window

    migration = make_migration()
    set_window(SCHEDULE, migration, time(20), time(6), "Europe/Rome")
    migration.refresh_from_db()
    [mail] = write_letters(MailKind.PLANNED, migration, {"runs": list(migration.runs.all())})
    for text in (mail.text, mail.html):
        said = " ".join(text.split())
        assert "Mail is moved only from 20:00 until 06:00 (Europe/Rome); outside these hours everything rests." in said
