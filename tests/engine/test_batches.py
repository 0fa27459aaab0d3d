"""Batches keep order, lose nothing and keep their bounds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trasloco.engine.batches import cut
from trasloco.engine.inventory import Inventory
from trasloco.imap.values import Fetched


def inventory(sizes: list[int]) -> Inventory:
    taken = Inventory()
    for uid, size in enumerate(sizes, 1):
        taken.add(Fetched(uid, uid, frozenset(), None, size))
    return taken


@given(st.lists(st.integers(0, 50)), st.integers(1, 5), st.integers(1, 60), st.sets(st.integers(1, 20)))
def test_batches_hold_all_messages_in_order_within_bounds(sizes: list[int], messages: int, size: int, alone: set[int]) -> None:
    taken = inventory(sizes)
    batches = list(cut(taken, range(len(taken)), messages=messages, size=size, alone=frozenset(alone)))
    assert [uid for batch in batches for uid in batch.uids] == list(taken.uids)
    for batch in batches:
        assert len(batch.uids) <= messages
        assert batch.size <= size or len(batch.uids) == 1
        assert batch.alone == (batch.uids[0] in alone)
        assert len(batch.uids) == 1 or not alone.intersection(batch.uids)


def test_halves_are_the_whole() -> None:
    (batch,) = cut(inventory([1, 2, 3, 4, 5]), range(5), messages=9, size=99)
    first, second = batch.halves()
    assert first.uids + second.uids == batch.uids
    assert first.positions + second.positions == batch.positions


def test_a_batch_cut_from_the_end_is_turned_round() -> None:
    taken = inventory([1, 2, 3, 4, 5])
    batches = [batch.ascending() for batch in cut(taken, reversed(range(5)), messages=2, size=99)]
    assert [batch.uids for batch in batches] == [(4, 5), (2, 3), (1,)]
    assert [batch.positions for batch in batches] == [(3, 4), (1, 2), (0,)]
