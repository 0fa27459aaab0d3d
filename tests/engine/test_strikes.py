"""A break of the line counts against what was on its way."""

from __future__ import annotations

from trasloco.engine.strikes import Strikes


def test_strikes_add_up_by_folder_and_message() -> None:
    strikes = Strikes()
    strikes.of(1).add({5, 6})
    strikes.of(1).add({6})
    strikes.of(2).add({5})
    assert strikes.of(1).struck(1) == {5, 6}
    assert strikes.of(1).struck(2) == {6}
    assert strikes.of(2).struck(2) == set()


def test_who_breaks_a_line_that_carries_others_is_convicted() -> None:
    strikes = Strikes().of(1)
    for _ in range(4):
        strikes.add({5, 6})
    assert strikes.convicted(4, [5, 6, 7]) == set()
    strikes.carried()
    assert strikes.convicted(4, [5, 6, 7]) == {5, 6}
    assert strikes.convicted(4, [6]) == {6}


def test_the_last_one_left_has_one_more_chance() -> None:
    strikes = Strikes().of(1)
    for _ in range(4):
        strikes.add({5})
    assert strikes.convicted(4, [5]) == set()
    strikes.add({5})
    assert strikes.convicted(4, [5]) == {5}


def test_suspects_go_last() -> None:
    strikes = Strikes().of(1)
    strikes.add({1, 2, 3})
    strikes.add({2, 3})
    strikes.add({3})
    assert sorted([1, 2, 3, 4], key=strikes.order) == [1, 4, 2, 3], "to prove the line"
    strikes.carried()
    assert sorted([1, 2, 3, 4], key=strikes.order) == [1, 4, 3, 2], "to come to an end"
