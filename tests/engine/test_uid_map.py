"""A dict is what it is to be told from: whatever is done to both, they hold the same; and small."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trasloco.engine.uid_map import UidMap

UIDS = st.lists(st.integers(1, 40) | st.integers(1, 2**63 - 1), max_size=30)
PAIRS = st.lists(st.tuples(st.integers(1, 45), st.integers(0, 2**63 - 1)), max_size=30)


@given(UIDS, PAIRS, st.lists(st.integers(1, 45), max_size=10))
def test_it_is_a_dict(room: list[int], pairs: list[tuple[int, int]], gone: list[int]) -> None:
    kept, plain = UidMap(room), dict(pairs)
    kept.update(pairs)
    assert dict(kept) == plain
    for uid in gone:
        assert kept.pop(uid, None) == plain.pop(uid, None)
        assert uid not in kept
        assert kept.get(uid) is None
    assert dict(kept.items()) == plain
    assert len(kept) == len(plain)
    assert [uid for uid in kept if uid in set(room)] == sorted(set(room) & plain.keys())


def test_what_is_not_there_is_said_so() -> None:
    kept = UidMap([1])
    for uid in (1, 2):
        with pytest.raises(KeyError):
            kept[uid]
        with pytest.raises(KeyError):
            del kept[uid]


def test_two_hundred_thousand_take_sixteen_bytes_each() -> None:
    tracemalloc.start()
    try:
        kept = UidMap(range(1, 200_001))
        for uid in range(1, 200_001):
            kept[uid] = uid + 1_000_000
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(kept) == 200_000
    assert size < 17 * 200_000 + 20_000
