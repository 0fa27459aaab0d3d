from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")

NOON = datetime(2026, 11, 26, 11, 0, tzinfo=UTC)  # in Rome
HOUR = timedelta(hours=1)


def begun(ring: KeyRing, states: list[tuple[str, str, datetime | None]], *, hours: bool = False) -> Any:
    """A run whose transfers have these states, failure codes and hours. hours: mail is moved from 20:00 until 06:00."""
    from trasloco.records.actions import begin_run
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import Transfer
    from trasloco.records.pacing import set_window
    from trasloco.testing.migration_rows import small_migration

    migration = small_migration(ring, len(states))
    if hours:
        set_window(SCHEDULE, migration, time(20), time(6), "Europe/Rome")
    run = begin_run(migration)
    for line, (status, code, not_before) in enumerate(states, 1):
        own = Transfer.objects.filter(run=run, account__line=line)
        own.update(status=status, failure_code=code, not_before=not_before)
    return run


def asleep(hours: int, code: str = "day-budget") -> tuple[str, str, datetime]:
    return ("waiting", code, NOON + hours * HOUR)


WAITING = ("waiting", "", None)
DONE = ("completed", "", None)


def test_while_something_moves_or_may_begin_the_run_does_not_rest(ring: KeyRing) -> None:
    from trasloco.records.resting import rest_of

    for busy in (WAITING, ("running", "", None), ("admitted", "", None), ("waiting", "server-busy", NOON + HOUR)):
        rest = rest_of(begun(ring, [asleep(3), busy, DONE]), NOON)
        assert (rest.sleeping, rest.first_on, rest.goes_on) == (1, NOON + 3 * HOUR, None)


def test_when_all_that_is_left_sleeps_it_goes_on_with_the_first(ring: KeyRing) -> None:
    from trasloco.records.resting import rest_of

    rest = rest_of(begun(ring, [asleep(5), asleep(3, "day-limit"), DONE]), NOON)
    assert (rest.sleeping, rest.first_on, rest.goes_on) == (2, NOON + 3 * HOUR, NOON + 3 * HOUR)
    assert rest.window_opens is None


def test_who_has_slept_enough_may_begin(ring: KeyRing) -> None:
    from trasloco.records.resting import rest_of

    rest = rest_of(begun(ring, [asleep(3), asleep(-1)]), NOON)
    assert (rest.sleeping, rest.goes_on) == (1, None)


def test_outside_its_hours_it_goes_on_when_they_begin(ring: KeyRing) -> None:
    from trasloco.records.resting import rest_of

    opens = NOON + 8 * HOUR
    rest = rest_of(begun(ring, [asleep(3), WAITING], hours=True), NOON)
    assert (rest.window_opens, rest.first_on, rest.goes_on) == (opens, opens, opens)


def test_what_sleeps_longer_than_the_hours_are_closed_goes_on_when_it_has_slept(ring: KeyRing) -> None:
    from trasloco.records.resting import rest_of

    rest = rest_of(begun(ring, [asleep(10), asleep(24)], hours=True), NOON)
    assert (rest.window_opens, rest.goes_on) == (NOON + 8 * HOUR, NOON + 10 * HOUR)
    rest = rest_of(begun(ring, [asleep(24), DONE, DONE], hours=True), NOON)
    assert rest.goes_on == NOON + 32 * HOUR  # the evening after


def test_a_run_that_has_ended_rests_no_more(ring: KeyRing) -> None:
    from trasloco.records.resting import rest_of

    rest = rest_of(begun(ring, [DONE, DONE], hours=True), NOON)
    assert (rest.sleeping, rest.goes_on) == (0, None)
