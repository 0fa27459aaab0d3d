from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trasloco.imap.errors import LimitExceeded
from trasloco.imap.number_set import NumberSet, count, expand, parse_set, place_of, rising, uid_set


def test_runs_become_ranges() -> None:
    assert uid_set([5, 1, 2, 3, 9, 5]) == [b"1:3,5,9"]
    assert uid_set([]) == []


@given(st.sets(st.integers(1, 2**32 - 1), max_size=300), st.integers(25, 200))
def test_split_sets_hold_every_number_once(numbers: set[int], longest: int) -> None:
    texts = uid_set(numbers, longest)
    assert all(len(text) <= longest for text in texts)
    assert [number for text in texts for number in expand(parse_set(text), 10**10)] == sorted(numbers)
    looked_in = NumberSet(pair for text in texts for pair in parse_set(text))
    assert all((number in looked_in) == (number in numbers) for near in numbers for number in (near - 1, near, near + 1))


def test_a_long_set_is_split_under_the_usual_command_length() -> None:
    assert [len(text) <= 7000 for text in uid_set(range(1, 100_000, 2))].count(False) == 0


def test_a_range_from_high_to_low() -> None:
    assert parse_set(b"5:1,7") == ((1, 5), (7, 7))


@pytest.mark.parametrize("text", [b"", b"*", b"1:*", b"1,,2", b"1:2:3", b"a", b"-1", b"9" * 21, "²".encode()])
def test_no_set(text: bytes) -> None:
    with pytest.raises(ValueError):
        parse_set(text)


def test_a_set_of_four_thousand_million_is_not_made() -> None:
    found = parse_set(b"1:4294967295")
    assert count(found) == 4294967295
    with pytest.raises(LimitExceeded) as failure:
        expand(found, 1000)
    assert failure.value.limit == "entries"
    assert 4294967296 not in NumberSet(found)


def test_an_array_in_order_is_taken_as_it_is() -> None:
    numbers = array("Q", [1, 5, 9])
    assert rising(numbers) is numbers
    assert list(rising(array("Q", [5, 1, 5]))) == [1, 5]
    assert list(rising(number for number in (3, 2, 3))) == [2, 3]


@given(st.sets(st.integers(1, 50)), st.integers(1, 50))
def test_a_number_stands_in_its_place_or_nowhere(numbers: set[int], number: int) -> None:
    kept = rising(numbers)
    place = place_of(number, kept)
    assert (place is not None) == (number in numbers)
    assert place is None or kept[place] == number
