"""What a first run will be like."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.records.test_forecast import GB, NOON, checked
from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")


def test_the_largest_come_first_and_there_are_few_of_them(ring: KeyRing) -> None:
    from trasloco.records.outlook import outlook

    found = outlook(checked(ring, [GB, 5 * GB, 2 * GB, 3, 4, 6, 7]), now=NOON)
    assert [box.address for box in found.largest] == [f"a{line}@example.net" for line in (2, 3, 1, 7, 6)]
    assert (found.accounts, found.messages, found.size, found.unknown) == (7, 7, 8 * GB + 20, 0)


def test_what_does_not_fit_says_why(ring: KeyRing) -> None:
    from trasloco.records.models import LoginCheck
    from trasloco.records.outlook import outlook

    migration = checked(ring, [3 * GB, GB, GB, GB])
    checks = LoginCheck.objects.filter(account__migration=migration)
    checks.filter(account__line=1).update(room=GB, warnings=["room"])
    checks.filter(account__line=2).update(too_large=2, room=9 * GB)
    checks.filter(account__line=3).update(warnings=["messages-room"])
    found = outlook(migration, now=NOON)
    assert [(box.over, box.too_large, box.too_many) for box in found.misfits] == [(2 * GB, 0, False), (0, 2, False), (0, 0, True)]
    assert found.more_misfits == 0


def test_a_size_that_nobody_tells_is_said_and_comes_last(ring: KeyRing) -> None:
    from trasloco.records.models import LoginCheck
    from trasloco.records.outlook import outlook

    migration = checked(ring, [1, 2])
    LoginCheck.objects.filter(account__line=2).update(size=None)
    found = outlook(migration, now=NOON)
    assert (found.unknown, found.size) == (1, 1)
    assert [box.size for box in found.largest] == [1, None]


def test_who_fails_or_is_left_out_is_not_reckoned_with(ring: KeyRing) -> None:
    from trasloco.records.models import LoginCheck
    from trasloco.records.outlook import outlook

    migration = checked(ring, [GB, GB, GB])
    LoginCheck.objects.filter(account__line=1).update(state="failed")
    migration.accounts.filter(line=2).update(left_out=True)
    assert outlook(migration, now=NOON).accounts == 1


def test_the_mx_waits_for_a_run_that_takes_long(ring: KeyRing) -> None:
    from trasloco.records.outlook import outlook

    found = outlook(checked(ring, [GB] * 20), NOON + timedelta(hours=4), NOON)
    assert found.begins == NOON
    assert found.done_early == NOON + timedelta(seconds=500)
    assert found.done_late == NOON + timedelta(seconds=4000)
    assert found.latest == NOON + timedelta(hours=4) - timedelta(seconds=4000)
