"""What may be said of the old INBOXes, by what the runs noted of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trasloco.testing.run_states import begin, set_states

Make = Callable[..., Any]
NOON = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def note(migration: Any, number: int, *looks: tuple[int, int, int] | None, state: str = "completed") -> Any:
    """The run ends; of each account: minutes after noon of the look and of the newest message, and the next UID."""
    from trasloco.records.models import Transfer

    run = begin(migration)
    assert run.number == number
    set_states(run, [state] * len(looks))
    for transfer, look in zip(run.transfers.order_by("account__line"), looks, strict=True):
        facts = {}
        if look is not None:
            looked, newest, uidnext = look
            facts = {
                "inbox_looked": str(int((NOON + looked * MINUTE).timestamp())),
                "inbox_newest": str(int((NOON + newest * MINUTE).timestamp())),
                "inbox_uidvalidity": "1",
                "inbox_uidnext": str(uidnext),
            }
        Transfer.objects.filter(pk=transfer.pk).update(facts=facts)
    return run


def said(migration: Any, run: Any) -> tuple[int, int] | None:
    """Minutes after noon: since when, and until when it was looked at."""
    from trasloco.records.quiet import quiet_of

    found = quiet_of(migration, run)
    return None if found is None else (round((found.since - NOON) / MINUTE), round((found.looked_at - NOON) / MINUTE))


def test_the_latest_arrival_of_all_until_the_earliest_look(make_migration: Make) -> None:
    migration = make_migration()
    assert said(migration, note(migration, 1, (60, 10, 5), (70, 30, 5), (80, 20, 5))) == (30, 60)


def test_what_arrived_at_one_after_another_was_looked_at_leaves_nothing_to_say(make_migration: Make) -> None:
    migration = make_migration(accounts=2)
    assert said(migration, note(migration, 1, (60, 10, 5), (90, 75, 5))) is None


def test_an_account_that_was_not_looked_at_leaves_nothing_to_say(make_migration: Make) -> None:
    migration = make_migration(accounts=2)
    assert said(migration, note(migration, 1, (60, 10, 5), None)) is None


def test_an_account_that_failed_in_this_run_was_not_looked_at(make_migration: Make) -> None:
    migration = make_migration(accounts=1)
    note(migration, 1, (60, 10, 5))
    assert said(migration, note(migration, 2, (120, 10, 5), state="failed")) is None


def test_one_that_is_left_out_does_not_count(make_migration: Make) -> None:
    migration = make_migration(accounts=2)
    run = note(migration, 1, (60, 10, 5), None)
    migration.accounts.filter(line=2).update(left_out=True)
    assert said(migration, run) == (10, 60)


@pytest.mark.parametrize(("uidnext", "since"), [(5, 10), (6, 95)])
def test_where_the_next_uid_stands_still_nothing_has_come_since_the_run_before(make_migration: Make, uidnext: int, since: int) -> None:
    migration = make_migration(accounts=1)
    note(migration, 1, (60, 10, 5))
    assert said(migration, note(migration, 2, (120, 95, uidnext))) == (since, 120)


def test_nothing_is_said_before_a_run_has_noted_anything(make_migration: Make) -> None:
    migration = make_migration(accounts=1)
    assert said(migration, note(migration, 1, None)) is None
