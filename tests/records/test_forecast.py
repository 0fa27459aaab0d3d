from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")

NOON = datetime(2026, 11, 26, 11, 0, tzinfo=UTC)  # in Rome
GB = 1_000_000_000


def checked(ring: KeyRing, sizes: list[int], **settings: Any) -> Any:
    """A migration whose accounts hold so many bytes, in one message each."""
    from trasloco.records.models import CheckState, LoginCheck, MailMigration
    from trasloco.testing.migration_rows import small_migration

    migration = small_migration(ring, len(sizes))
    accounts = migration.accounts.order_by("line")
    LoginCheck.objects.bulk_create(
        LoginCheck(account=account, state=CheckState.OK, messages=1, size=size) for account, size in zip(accounts, sizes, strict=True)
    )
    MailMigration.objects.filter(pk=migration.pk).update(settings=migration.settings | settings)
    return MailMigration.objects.get(pk=migration.pk)


def test_accounts_go_side_by_side_as_admission_lets_them(ring: KeyRing) -> None:
    from trasloco.records.forecast import forecast

    found = forecast(checked(ring, [GB] * 20), NOON)
    assert (found.least, found.most) == (500.0, 4000.0)  # ten at once, a guessed 1 MB a second
    assert (found.sleepers, found.window, found.measured) == (0, False, False)


def test_fewer_connections_take_longer(ring: KeyRing) -> None:
    from trasloco.records.forecast import forecast

    assert forecast(checked(ring, [GB] * 20, connections_per_host=2), NOON).most == 20_000.0


def test_a_mailbox_of_three_days_sleeps_twice(ring: KeyRing) -> None:
    from trasloco.records.forecast import forecast

    found = forecast(checked(ring, [6 * GB, GB], bytes_per_day=2_500_000_000), NOON)
    assert found.sleepers == 1
    assert found.least >= 2 * 24 * 3600
    assert found.most < 2.5 * 24 * 3600


def test_a_rate_for_all_accounts_is_the_least_it_takes(ring: KeyRing) -> None:
    from trasloco.records.forecast import forecast

    assert forecast(checked(ring, [GB] * 10, bytes_per_second=100_000), NOON).least == 100_000.0
    assert forecast(checked(ring, [1] * 11, messages_per_second=0.1), NOON).least == pytest.approx(110.0)


def test_hours_are_waited_for(ring: KeyRing) -> None:
    from trasloco.records.forecast import forecast
    from trasloco.records.models import MailMigration

    migration = checked(ring, [36 * GB])
    hours = {"window_start": time(20), "window_end": time(6), "time_zone": "Europe/Rome"}
    MailMigration.objects.filter(pk=migration.pk).update(**hours)
    found = forecast(MailMigration.objects.get(pk=migration.pk), NOON)
    assert found.window
    assert found.least == timedelta(hours=8 + 2.5).total_seconds()  # from 20:00 on, 9000 seconds
    assert found.most == timedelta(hours=8 + 24 + 10).total_seconds()  # 20 hours of work: two nights


def test_nothing_to_do_takes_no_time(ring: KeyRing) -> None:
    from trasloco.records.forecast import forecast

    assert forecast(checked(ring, []), NOON).most == 0.0


def test_no_more_accounts_go_at_once_than_a_worker_has_hands_for(ring: KeyRing) -> None:
    from trasloco.records.forecast import forecast

    migration = checked(ring, [GB] * 40)
    for account in migration.accounts.all():
        account.source_host = f"imap{account.line % 10}.example.org"
        account.save()
    assert forecast(migration, NOON).most == 2 * 40 * 1000 / 20, "ten servers, but twenty accounts at once in all"


def test_it_must_begin_so_long_before_it_is_wanted_done(ring: KeyRing) -> None:
    from trasloco.records.forecast import forecast, latest_start

    migration = checked(ring, [GB] * 20)
    by = NOON + timedelta(hours=5)
    assert latest_start(migration, by, NOON) == by - timedelta(seconds=forecast(migration, NOON).most)
    assert latest_start(migration, NOON + timedelta(hours=1), NOON) is None, "4000 seconds"
    assert latest_start(migration, NOON - timedelta(hours=1), NOON) is None


def test_hours_of_rest_are_reckoned_with_from_the_end(ring: KeyRing) -> None:
    from trasloco.records.forecast import latest_start
    from trasloco.records.models import MailMigration

    migration = checked(ring, [18 * GB])  # ten hours
    hours = {"window_start": time(20), "window_end": time(6), "time_zone": "Europe/Rome"}
    MailMigration.objects.filter(pk=migration.pk).update(**hours)
    found = MailMigration.objects.get(pk=migration.pk)
    tomorrow = NOON + timedelta(hours=20)  # 08:00 in Rome
    latest = latest_start(found, tomorrow, NOON)
    assert latest is not None
    assert latest == NOON + timedelta(hours=8), "a whole night from 20:00 on"
    assert latest_start(found, tomorrow - timedelta(hours=3), NOON) is None


def test_the_first_run_begins_at_its_hour_or_now(ring: KeyRing) -> None:
    from trasloco.records.forecast import begins_at
    from trasloco.records.models import Run

    migration = checked(ring, [GB])
    assert begins_at(migration, NOON) == NOON
    Run.objects.create(migration=migration, number=1, status="planned", due_at=NOON + timedelta(hours=3))
    assert begins_at(migration, NOON) == NOON + timedelta(hours=3)
    assert begins_at(migration, NOON + timedelta(hours=4)) == NOON + timedelta(hours=4)
