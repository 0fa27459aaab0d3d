"""What moves on the page of a migration: one letter for each account, and sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from trasloco.testing.crowd import EACH, FAILURES, crowd
from trasloco.testing.run_states import begin, close, set_states

Make = Callable[..., Any]


def test_each_state_has_its_letter_in_the_order_of_the_csv(make_migration: Make) -> None:
    from trasloco.records.live_figures import live_figures, squares

    migration = make_migration(accounts=9)
    assert live_figures(migration).letters == "p" * 9
    migration.accounts.filter(line=9).update(left_out=True)
    run = begin(migration)
    set_states(run, ["completed", "completed_with_errors", "failed", "running", "admitted", "waiting", "waiting", "stopped"])
    run.transfers.filter(account__line=7).update(attempts=1)
    figures = live_figures(migration)
    assert (figures.letters, figures.run, figures.stage, figures.over) == ("cefrrwasl", 1, "running", False)
    drawn = squares(migration, run)
    assert [square.letter for square in drawn] == list(figures.letters)
    assert drawn[0].address == f"a1@{migration.domains[0]}"


def test_sums_count_what_is_not_opened_yet_as_its_check_found_it(make_migration: Make) -> None:
    from trasloco.records.live_figures import live_figures
    from trasloco.records.models import LoginCheck, Transfer

    migration = make_migration()
    run = begin(migration)
    set_states(run, ["completed", "running", "waiting"])
    LoginCheck.objects.filter(account__line=3).update(messages=50, size=500)
    Transfer.objects.filter(account__line=1).update(done_messages=10, expected_messages=12, copied_bytes=70, expected_bytes=900)
    Transfer.objects.filter(account__line=2).update(done_messages=3, expected_messages=10, copied_bytes=30, expected_bytes=100)
    figures = live_figures(migration)
    assert (figures.done, figures.expected, figures.size, figures.expected_size) == (13, 72, 100, 670)


def test_the_stamp_changes_with_a_state_and_not_with_a_number(make_migration: Make) -> None:
    from trasloco.records.live_figures import live_figures
    from trasloco.records.models import Transfer

    migration = make_migration()
    run = begin(migration)
    set_states(run, ["running", "running", "waiting"])
    before = live_figures(migration).as_json()
    Transfer.objects.filter(account__line=1).update(done_messages=10)
    moved = live_figures(migration).as_json()
    assert (moved["stamp"] == before["stamp"], moved["done"]) == (True, 10)
    Transfer.objects.filter(account__line=1).update(status="completed")
    assert live_figures(migration).as_json()["stamp"] != before["stamp"]


def test_it_is_over_when_nothing_will_move_any_more(make_migration: Make) -> None:
    from trasloco.records.live_figures import live_figures

    migration = make_migration(second_minutes=None)
    set_states(begin(migration), ["completed"] * 3)
    close(migration)
    assert live_figures(migration).over


def test_500_accounts_cost_a_handful_of_queries(make_migration: Make) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from trasloco.records.live_figures import live_figures

    migration = make_migration(accounts=500)
    run = crowd(migration)
    with CaptureQueriesContext(connection) as queries:
        figures = live_figures(migration)
    assert len(queries) <= 6
    counts = Counter(figures.letters)
    assert (counts["f"], sum(counts.values()), figures.expected) == (60, 500, 500 * EACH)
    codes = set(run.transfers.filter(status="failed").values_list("failure_code", flat=True))
    assert codes == {code for _side, code, _words in FAILURES}
