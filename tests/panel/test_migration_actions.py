"""What can be done with a migration by its buttons, and what is said when it cannot."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from trasloco.testing.run_states import begin, close, set_states

Make = Callable[..., Any]
ROME = zoneinfo.ZoneInfo("Europe/Rome")


def _do(client: Client, migration: Any, verb: str) -> str:
    """Press the button; returns what the page says afterwards."""
    answer = client.post(f"/migrations/{migration.code}/do/{verb}/", follow=True)
    assert answer.redirect_chain[0] == (f"/migrations/{migration.code}/", 302)
    return " ".join(answer.content.decode().split())


def _status(migration: Any, number: int = 1) -> str:
    return str(migration.runs.get(number=number).status)


def test_start_stop_resume(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    _do(anna, migration, "start")
    assert _status(migration) == "waiting"
    _do(anna, migration, "stop")
    assert _status(migration) == "stopped"
    _do(anna, migration, "resume")
    assert _status(migration) == "waiting"


def test_what_failed_is_tried_again_all_or_one(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    run = begin(migration)
    set_states(run, ["failed", "failed", "completed"])
    second = migration.accounts.get(line=2)
    answer = anna.post(f"/migrations/{migration.code}/accounts/{second.pk}/retry/", follow=True)
    assert f"{second.destination_address} is tried again." in answer.content.decode()
    assert list(run.transfers.order_by("account__line").values_list("status", flat=True)) == ["failed", "waiting", "completed"]
    _do(anna, migration, "retry")
    assert list(run.transfers.order_by("account__line").values_list("status", flat=True)) == ["waiting", "waiting", "completed"]


def test_a_renewed_certificate_is_accepted_by_a_person_for_the_whole_server(anna: Client, make_migration: Make) -> None:
    from trasloco.records.models import Account, HistoryEntry, Transfer

    migration = make_migration()
    run = begin(migration)
    set_states(run, ["failed", "failed", "completed"])
    first = migration.accounts.get(line=1)
    Account.objects.filter(migration=migration).update(source_trust="pin", source_fingerprint="ab" * 32)
    url = f"/migrations/{migration.code}/accounts/{first.pk}/"
    assert "accept-certificate" not in anna.get(url).content.decode()
    assert "There is nothing to try again" in anna.post(f"{url}certificate/", follow=True).content.decode()
    assert set(migration.accounts.values_list("source_fingerprint", flat=True)) == {"ab" * 32}
    Transfer.objects.filter(run=run, account=first).update(failure_code="certificate-changed", failure_side="source")
    page = anna.get(url).content.decode()
    assert "accept-certificate" in page
    assert "somebody may be in between" in page
    assert f"{first.destination_address} is tried again." in anna.post(f"{url}certificate/", follow=True).content.decode()
    assert set(migration.accounts.values_list("source_fingerprint", flat=True)) == {None}
    assert list(run.transfers.order_by("account__line").values_list("status", flat=True)) == ["waiting", "failed", "completed"]
    assert HistoryEntry.objects.filter(verb="certificate-renewed").count() == 1


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("stop", "No run is under way any more."),
        ("resume", "There is no stopped run to go on with"),
        ("retry", "There is nothing to try again"),
    ],
)
def test_what_is_not_possible_any_more_says_why(anna: Client, make_migration: Make, verb: str, words: str) -> None:
    assert words in _do(anna, make_migration(), verb)


def test_a_verb_nobody_knows_is_not_there_and_none_is_done_by_asking(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    assert anna.post(f"/migrations/{migration.code}/do/explode/").status_code == 404
    assert anna.get(f"/migrations/{migration.code}/do/start/").status_code == 405
    assert _status(migration) == "planned"


def _date_page(client: Client, migration: Any, number: int, at: datetime, zone: str = "Europe/Rome") -> Any:
    wall = at.astimezone(zoneinfo.ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
    return client.post(f"/migrations/{migration.code}/runs/{number}/date/", {"at": wall, "time_zone": zone}, follow=True)


def test_the_date_of_a_run_is_changed_in_the_zone_that_was_chosen(anna: Client, make_migration: Make) -> None:
    tomorrow = datetime.now(ROME).replace(second=0, microsecond=0) + timedelta(days=1)
    migration = make_migration(first_run_at=tomorrow.isoformat())
    wanted = tomorrow + timedelta(hours=3)
    page = _date_page(anna, migration, 1, wanted, "Asia/Tokyo").content.decode()
    assert "The date of run 1 is changed." in page
    assert migration.runs.get(number=1).due_at == wanted
    assert migration.runs.get(number=2).due_at == wanted + timedelta(hours=6)


def test_the_form_shows_the_present_date_in_the_persons_zone(anna: Client, make_migration: Make) -> None:
    tomorrow = datetime.now(ROME).replace(hour=4, minute=20, second=0, microsecond=0) + timedelta(days=1)
    migration = make_migration(first_run_at=tomorrow.isoformat())
    page = anna.get(f"/migrations/{migration.code}/runs/1/date/").content.decode()
    assert f'value="{tomorrow:%Y-%m-%d}T04:20"' in page


@pytest.mark.parametrize(
    ("hours", "words"), [(40, "within 23 hours"), (-30, "That is in the past. Choose a later one."), (30_000, "more than a year away")]
)
def test_a_date_that_cannot_be_is_refused_beside_its_field(anna: Client, make_migration: Make, hours: int, words: str) -> None:
    migration = make_migration()
    before = migration.runs.get(number=2).due_at
    page = _date_page(anna, migration, 2, datetime.now(ROME) + timedelta(hours=hours)).content.decode()
    assert words in page
    assert migration.runs.get(number=2).due_at == before


def test_a_date_that_is_missing_or_nonsense_is_asked_for(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    for at in ("", "soon"):
        page = anna.post(f"/migrations/{migration.code}/runs/2/date/", {"at": at, "time_zone": "Europe/Rome"})
        assert page.status_code == 200
        assert 'class="errors"' in page.content.decode()


def test_a_run_that_has_begun_keeps_its_date(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    begin(migration)
    answer = anna.get(f"/migrations/{migration.code}/runs/1/date/", follow=True)
    assert "The run has begun meanwhile" in answer.content.decode()
    assert anna.get(f"/migrations/{migration.code}/runs/7/date/").status_code == 404


def test_deletion_names_what_goes_and_then_it_is_gone(anna: Client, make_migration: Make) -> None:
    migration = make_migration(accounts=4, second_minutes=None)
    set_states(begin(migration), ["completed"] * 4)
    close(migration)
    page = " ".join(anna.get(f"/migrations/{migration.code}/delete/").content.decode().split())
    assert "4 accounts with their passwords" in page
    assert "1 run with its logs" in page
    answer = anna.post(f"/migrations/{migration.code}/delete/", follow=True)
    assert f"Migration {migration.code} is deleted." in answer.content.decode()
    assert anna.get(f"/migrations/{migration.code}/").status_code == 404


def test_nothing_is_deleted_while_a_run_is_in_progress_and_the_button_says_so(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    begin(migration)
    page = anna.get(f"/migrations/{migration.code}/delete/").content.decode()
    assert "Delete (not while a run is in progress)" in page
    assert 'type="submit" disabled' in page
    anna.post(f"/migrations/{migration.code}/delete/")
    assert anna.get(f"/migrations/{migration.code}/").status_code == 200


def test_a_run_that_is_still_to_come_is_spoken_of_before_deletion(anna: Client, make_migration: Make) -> None:
    page = anna.get(f"/migrations/{make_migration().code}/delete/").content.decode()
    assert "still to come" in page
