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
