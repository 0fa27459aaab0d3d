"""The sums are the sums by construction."""

from __future__ import annotations

from trasloco.engine.fate import Fate, Tally


def test_source_is_the_sum_of_the_fates() -> None:
    tally = Tally()
    for number, fate in enumerate(Fate, 1):
        tally.add(fate, number)
    assert tally.source == sum(range(1, len(Fate) + 1))
    assert tally.as_dict()["source"] == tally.source


def test_a_run_without_changes_finds_everything_already_there() -> None:
    assert Tally(copied=3, adopted=2, moved=1, skipped=4, refused=1, vanished=2).carried() == Tally(adopted=6, skipped=4, refused=1)
