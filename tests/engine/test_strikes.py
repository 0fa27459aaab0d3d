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
