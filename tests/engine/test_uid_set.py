"""A set is what it is to be told from: whatever is done to both, they hold the same; in order, and small."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from trasloco.engine.uid_set import UidSet
from trasloco.imap.number_set import rising

UIDS = st.lists(st.integers(1, 40) | st.integers(1, 2**63 - 1), max_size=30)
STEPS = st.lists(st.tuples(st.sampled_from(["add", "discard"]), st.integers(1, 45)), max_size=30)


@given(UIDS, STEPS)
def test_it_is_a_set(uids: list[int], steps: list[tuple[str, int]]) -> None:
    kept, plain = UidSet(uids), set(uids)
    for step, uid in steps:
        getattr(kept, step)(uid)
        getattr(plain, step)(uid)
        assert (uid in kept) == (uid in plain)
        assert len(kept) == len(plain)
    assert list(kept) == sorted(plain)
    assert set(kept) == plain
    assert bool(kept) == bool(plain)


@given(UIDS, UIDS)
def test_what_is_done_to_a_copy_leaves_it_as_it_is(uids: list[int], more: list[int]) -> None:
    kept = UidSet(uids)
    copied = kept.copy()
    copied.update(more)
    for uid in uids:
        copied.discard(uid)
    assert list(kept) == sorted(set(uids))
    assert set(copied) == set(more) - set(uids)


@given(UIDS, UIDS, UIDS)
def test_many_go_at_once_in_any_order(uids: list[int], later: list[int], gone: list[int]) -> None:
    kept = UidSet(uids)
    kept.update(later)
    kept.discard_all(gone)
    assert list(kept) == sorted({*uids, *later} - set(gone))
    assert len(kept) == len(list(kept))


@given(UIDS, UIDS)
def test_an_empty_one_takes_those_it_has_room_for_and_others(uids: list[int], more: list[int]) -> None:
    room = rising(uids)
    kept = UidSet.with_room_for(room)
    assert not kept
    kept.update(more)
    assert list(kept) == sorted(set(more))
    assert list(room) == sorted(set(uids))


def test_what_is_no_number_is_not_in_it() -> None:
    things: list[object] = ["1", None]
    assert not [thing for thing in things if thing in UidSet([1])]


def test_two_hundred_thousand_take_nine_bytes_each() -> None:
    tracemalloc.start()
    try:
        kept = UidSet(range(1, 200_001))
        size, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(kept) == 200_000
    assert size < 10 * 200_000
    assert most < 12 * 200_000
