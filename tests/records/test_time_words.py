"""Durations within sentences."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (3540, "59 min"), (5400, "2 h"), (47 * 3600, "47 h"), (100 * 3600, "4 d 4 h")],
)
def test_times_are_said_in_one_unit(seconds: float, words: str) -> None:
    from trasloco.records.time_words import time_words

    assert time_words(seconds) == words
