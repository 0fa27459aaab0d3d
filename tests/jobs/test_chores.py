"""The schedule, with the clock in our hand: hours that are past, doubled or missing, runs that wait, days that are over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from trasloco.records.key_ring import KeyRing
from trasloco.testing.planned_migration import Order, planned

if TYPE_CHECKING:
    from trasloco.records.models import MailMigration

pytestmark = pytest.mark.usefixtures("clean_database")
NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRASLOCO_DNS", "127.0.0.1:9")


def states(migration: MailMigration) -> list[str]:
    return list(migration.runs.order_by("number").values_list("status", flat=True))


def tick(at: datetime) -> None:
    """What a worker does every second."""
    from trasloco.jobs.chores import do_chores

    do_chores(at)


def end(migration: MailMigration, number: int, at: datetime, status: str = "completed") -> None:
    """All its accounts came to this end."""
    from trasloco.records.actions import end_run

    run = migration.runs.get(number=number)
    run.transfers.update(status=status)
    end_run(run)
    migration.runs.filter(number=number).update(started_at=at - timedelta(hours=1), ended_at=at)


def test_a_first_run_in_the_past_starts_at_once_and_the_second_keeps_its_distance(ring: KeyRing) -> None:
    migration = planned(ring, Order(first_run_at="2026-10-01T00:00:00+00:00", second_minutes=360), now=NOW)
    first, second = migration.runs.order_by("number")
    assert (first.due_at, second.due_at) == (NOW, NOW + timedelta(hours=6))
    tick(NOW)
    assert states(migration) == ["waiting", "planned"]


def test_nothing_starts_before_its_hour(ring: KeyRing) -> None:
    migration = planned(ring, Order(first_run_at="2026-10-21T12:00:00+00:00"), now=NOW)
    tick(NOW + timedelta(hours=23, minutes=59, seconds=59))
    assert states(migration) == ["planned", "planned"]
    tick(NOW + timedelta(hours=24))
    assert states(migration) == ["waiting", "planned"]


def test_what_was_due_while_all_was_down_starts_at_the_first_tick(ring: KeyRing) -> None:
    migration = planned(ring, Order(first_run_at="2026-10-21T12:00:00+00:00", second_minutes=60), now=NOW)
    tick(NOW + timedelta(days=3))
    assert states(migration) == ["waiting", "planned"]
    end(migration, 1, NOW + timedelta(days=3, hours=1))
    tick(NOW + timedelta(days=3, hours=1))
    assert states(migration) == ["completed", "waiting"]


@pytest.mark.parametrize(
    ("wall", "meant"),
    [
        ("2026-10-25 02:30", ["2026-10-25T00:30:00+00:00", "2026-10-25T01:30:00+00:00"]),  # comes twice: the person says which
        ("2027-03-28 02:30", []),  # does not exist: the form says so
        ("2027-03-28 01:59", ["2027-03-28T00:59:00+00:00"]),
        ("2027-03-28 03:00", ["2027-03-28T01:00:00+00:00"]),
    ],
)
def test_in_the_night_in_which_the_clocks_change_a_run_begins_at_the_moment_that_was_meant(
    ring: KeyRing, wall: str, meant: list[str]
) -> None:
    from trasloco.panel.forms_moment import moments

    found = moments(datetime.fromisoformat(wall), "Europe/Rome")
    assert found == [datetime.fromisoformat(moment) for moment in meant]
    for number, chosen in enumerate(found):
        accounts = [(f"a{number}@example.net", "a", "secret")]
        migration = planned(ring, Order(accounts=accounts, first_run_at=chosen.isoformat(), second_minutes=240), now=NOW)
        first, second = migration.runs.order_by("number")
        assert first.due_at == chosen
        assert second.due_at is not None
        assert second.due_at - chosen == timedelta(hours=4)  # four hours that pass, whatever the clocks on the wall say
        tick(chosen - timedelta(seconds=1))
        assert states(migration) == ["planned", "planned"]
        tick(chosen)
        assert states(migration) == ["waiting", "planned"]


def test_the_mail_of_that_night_names_the_offset(ring: KeyRing) -> None:
    from trasloco.jobs.letters import write_letters
    from trasloco.records.models import MailKind

    migration = planned(ring, Order(first_run_at="2026-10-25T00:30:00+00:00", second_minutes=60), now=NOW)
    (mail,) = write_letters(MailKind.PLANNED, migration, {"runs": list(migration.runs.order_by("number"))})
    assert "First run: Sunday 25 October 2026, 02:30 (Europe/Rome, UTC+2)" in mail.text
    assert "Second run: Sunday 25 October 2026, 02:30 (Europe/Rome, UTC+1)" in mail.text


def test_the_second_run_waits_for_the_first_and_starts_when_it_has_ended(ring: KeyRing) -> None:
    migration = planned(ring, Order(second_minutes=60), now=NOW)
    tick(NOW)
    tick(NOW + timedelta(hours=5))
    assert states(migration) == ["waiting", "planned"]
    end(migration, 1, NOW + timedelta(hours=5))
    tick(NOW + timedelta(hours=5, seconds=1))
    assert states(migration) == ["completed", "waiting"]


def test_the_second_run_starts_also_when_the_first_has_failed(ring: KeyRing) -> None:
    migration = planned(ring, Order(second_minutes=60), now=NOW)
    tick(NOW)
    end(migration, 1, NOW + timedelta(minutes=5), "failed")
    tick(NOW + timedelta(minutes=59))
    assert states(migration) == ["failed", "planned"]
    tick(NOW + timedelta(minutes=60))
    assert states(migration) == ["failed", "waiting"]


def test_a_run_that_was_stopped_holds_the_next_one_back_until_it_is_resumed(ring: KeyRing) -> None:
    from trasloco.records.history import SCHEDULE
    from trasloco.records.planning import resume, stop

    migration = planned(ring, Order(second_minutes=60), now=NOW)
    tick(NOW)
    stop(SCHEDULE, migration)
    tick(NOW + timedelta(days=2))
    assert states(migration) == ["stopped", "planned"]
    resume(SCHEDULE, migration)
    migration.refresh_from_db()
    assert migration.keep_until is None
    end(migration, 1, NOW + timedelta(days=2))
    tick(NOW + timedelta(days=2, seconds=1))
    assert states(migration) == ["completed", "waiting"]


def test_without_a_second_run_the_first_is_the_last(ring: KeyRing) -> None:
    migration = planned(ring, Order(second_minutes=None), now=NOW)
    tick(NOW)
    end(migration, 1, NOW + timedelta(hours=1))
    tick(NOW + timedelta(hours=1))
    migration.refresh_from_db()
    assert states(migration) == ["completed"]
    assert migration.wrapped_key is None
    assert migration.keep_until == NOW + timedelta(days=30, hours=1)


def test_started_by_hand_the_first_run_takes_the_second_along(ring: KeyRing) -> None:
    from trasloco.records.history import SCHEDULE
    from trasloco.records.planning import start_now

    migration = planned(ring, Order(first_run_at="2026-10-25T12:00:00+00:00", second_minutes=300), now=NOW)
    start_now(SCHEDULE, migration, NOW + timedelta(minutes=7))
    first, second = migration.runs.order_by("number")
    assert (first.status, first.due_at) == ("waiting", NOW + timedelta(minutes=7))
    assert second.due_at == NOW + timedelta(minutes=307)


def test_a_run_begins_once_however_many_workers_tick(ring: KeyRing) -> None:
    from trasloco.records.planning import begin_due_runs, begin_planned

    migration = planned(ring, Order(), now=NOW)
    run = migration.runs.get(number=1)
    assert [begun.pk for begun in begin_due_runs(NOW)] == [run.pk]
    assert begin_due_runs(NOW) == []
    assert not begin_planned(run)
    assert run.transfers.count() == 1


def everything() -> dict[str, int]:
    """Rows of all tables that hold what belongs to a migration."""
    from django.apps import apps

    kept = {"HistoryEntry", "Installation", "Customer", "Person", "Membership", "Domain", "DestinationSystem"}
    models = (model for model in apps.get_app_config("trasloco_records").get_models() if model.__name__ not in kept)
    return {model.__name__: count for model in models if (count := model._default_manager.count())}


def test_after_thirty_days_everything_is_gone_by_itself(ring: KeyRing) -> None:
    from trasloco.records.models import HistoryEntry, LogEntry, ParkedMessage, Transfer
    from trasloco.records.models.ledger import LedgerFolder

    migration = planned(ring, Order(second_minutes=None), now=NOW)
    tick(NOW)
    transfer = Transfer.objects.get()
    LogEntry.objects.create(transfer=transfer, at=NOW, level="info", action="x", words="a line")
    folder = LedgerFolder.objects.create(account=transfer.account, source_name=b"INBOX", destination_name=b"INBOX")
    ParkedMessage.objects.create(folder=folder, source_uid=1, at=NOW, message=b"x")
    end(migration, 1, NOW)
    tick(NOW)
    tick(NOW + timedelta(days=29, hours=23))
    assert {"MailMigration", "Account", "Run", "Transfer", "LogEntry", "LedgerFolder", "ParkedMessage", "Mail"} <= set(everything())
    tick(NOW + timedelta(days=30))
    assert everything() == {}
    assert HistoryEntry.objects.filter(verb="migration-expired", migration_code=migration.code).count() == 1


def test_a_run_that_was_stopped_and_forgotten_goes_with_its_passwords_too(ring: KeyRing) -> None:
    from trasloco.records.clock import now
    from trasloco.records.history import SCHEDULE
    from trasloco.records.planning import stop

    migration = planned(ring, Order(), now=NOW)
    tick(NOW)
    stop(SCHEDULE, migration)
    tick(now() + timedelta(days=29))
    assert everything()
    tick(now() + timedelta(days=31))
    assert everything() == {}


def test_what_is_planned_or_runs_does_not_go_whatever_the_hour(ring: KeyRing) -> None:
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import MailMigration
    from trasloco.records.planning import NotNow, add_run

    migration = planned(ring, Order(second_minutes=None), now=NOW)
    tick(NOW + timedelta(days=100))
    assert MailMigration.objects.filter(deleting_at=None).exists()
    end(migration, 1, NOW + timedelta(days=100))
    with pytest.raises(NotNow, match="being-ended"):  # in the moment before its end is told
        add_run(SCHEDULE, migration)


def test_the_clock_is_the_databases(ring: KeyRing) -> None:
    from django.db import connection

    from trasloco.records.clock import now

    first = now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        between = cursor.fetchone()[0]
    assert first <= between <= now()
    assert first.utcoffset() == timedelta(0)
