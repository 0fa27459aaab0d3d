from __future__ import annotations

from trasloco.engine.day_budget import DAY, SLOT, DayBudget

NOON = 1_800_000_000.0 // DAY * DAY + 12 * 3600
HOUR = 3600.0


def test_what_is_free_is_given_and_not_more() -> None:
    budget = DayBudget(100)
    assert budget.take(60, 1, NOON) == 60
    assert budget.take(60, 1, NOON + HOUR) == 40
    assert budget.take(60, 1, NOON + 2 * HOUR) == 0
    assert budget.used(NOON + 2 * HOUR) == 100


def test_bytes_count_for_a_whole_day_and_not_for_much_longer() -> None:
    budget = DayBudget(100)
    budget.take(100, 1, NOON + 5)
    assert budget.take(1, 1, NOON + DAY) == 0
    assert budget.take(1, 1, NOON + DAY + SLOT - 1) == 0
    assert budget.take(100, 1, NOON + DAY + SLOT) == 100
    assert len(budget.slots) == 1


def test_a_message_larger_than_a_day_comes_when_nothing_else_was_fetched() -> None:
    budget = DayBudget(100)
    assert budget.take(500, 250, NOON) == 250
    assert budget.take(10, 10, NOON) == 0
    assert budget.take(500, 250, NOON + DAY + SLOT) == 250


def test_what_was_taken_and_not_fetched_is_free_again() -> None:
    budget = DayBudget(100)
    budget.take(100, 1, NOON)
    budget.add(-30, NOON)
    assert budget.take(100, 1, NOON) == 30
    budget.add(-500, NOON)
    assert budget.used(NOON) == 0


def test_it_goes_on_when_half_a_day_s_bytes_are_free() -> None:
    budget = DayBudget(100)
    for hour in range(10):
        budget.take(10, 1, NOON + hour * HOUR)
    now = NOON + 10 * HOUR
    # The fifth hour's bytes run out, and what runs out within the hour after it.
    assert now + budget.wait(1, now) == NOON + 5 * HOUR + SLOT + DAY
    assert budget.used(now + budget.wait(1, now)) == 40


def test_what_was_fetched_at_once_is_fetched_at_once_again() -> None:
    budget = DayBudget(100)
    budget.take(60, 1, NOON - 1)
    budget.take(40, 1, NOON + 1)
    after = budget.wait(1, NOON + 2)
    assert budget.used(NOON + 2 + after) == 0
    assert after <= DAY + SLOT


def test_a_message_larger_than_half_a_day_waits_until_it_fits() -> None:
    budget = DayBudget(100)
    budget.take(60, 1, NOON)
    budget.take(30, 1, NOON + 5 * HOUR)
    now = NOON + 6 * HOUR
    assert now + budget.wait(50, now) == NOON + SLOT + DAY
    assert now + budget.wait(80, now) == NOON + 5 * HOUR + SLOT + DAY
    assert now + budget.wait(1000, now) == NOON + 5 * HOUR + SLOT + DAY


def test_nothing_is_waited_for_where_enough_is_free() -> None:
    assert DayBudget(100).wait(10, NOON) == 0.0
