from __future__ import annotations

import pytest

from trasloco.documents.units import count_words, duration_words, left_words, parse_size, size_words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1536, "1.5 KiB"),
        (150 << 10, "150 KiB"),
        (50 << 20, "50.0 MiB"),
        (3 << 30, "3.0 GiB"),
        (5 << 40, "5.0 TiB"),
    ],
)
def test_sizes(count: int, words: str) -> None:
    assert size_words(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.26, "0.3 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (75, "1 min 15 s"), (7500, "2 h 05 min"), (200_000, "2 days 7 h")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


def test_counts() -> None:
    assert [count_words(number, "message") for number in (0, 1, 1234)] == ["0 messages", "1 message", "1,234 messages"]


@pytest.mark.parametrize(
    ("text", "size"),
    [("50M", 50 << 20), ("50 MB", 50 << 20), ("1.5GiB", 3 << 29), ("1048576", 1 << 20), (" 10k ", 10 << 10), ("7b", 7)],
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "M", "ten", "-5M", "5X", "1..5M", "٣M", "nan", "1e9", "inf"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_size(text)


@pytest.mark.parametrize(("seconds", "words"), [(0, "about 1 s left"), (2.2, "about 3 s left"), (75, "about 1 min 15 s left")])
def test_time_to_come_is_not_told_more_exactly_than_it_is_known(seconds: float, words: str) -> None:
    assert left_words(seconds) == words
