"""A list of messages is the same whether its lines are taken one by one or many at a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trasloco.engine.inventory import Inventory
from trasloco.engine.labelled_inventory import IdentifiedInventory, LabelledInventory
from trasloco.imap.fetch_response import ListedItems, listed_at, listed_message

DATES = (b"01-Jul-2019 10:00:00 +0200", b" 1-Jan-1970 00:00:00 +0000", b"31-Feb-2001 99:00:00 +0000", b"")
FLAGS = (b"", b"\\Seen", b"\\Seen \\Flagged", b"$Label1 \\Seen")

lines = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from(FLAGS), st.sampled_from(DATES), st.integers(0, 10**10), st.integers(1, 2**64 - 1)),
    min_size=1,
    max_size=30,
)


def _items(uid: int, flags: bytes, date: bytes, size: int, identity: int) -> ListedItems:
    line = b'* 1 FETCH (UID %d FLAGS (%b) INTERNALDATE "%b" RFC822.SIZE %d X-GM-MSGID %d)\r\n' % (uid, flags, date, size, identity)
    found = listed_at(line, 0)
    assert found is not None
    return found[0]


def _contents(inventory: Inventory) -> list[tuple[object, ...]]:
    places = range(len(inventory))
    known = (inventory.uids, inventory.sizes, map(inventory.date, places), map(inventory.flags, places), map(inventory.identity, places))
    return list(zip(*known, strict=True))


@pytest.mark.parametrize("make", [Inventory, IdentifiedInventory, LabelledInventory])
@given(lines, st.booleans(), st.integers(0, 30))
def test_many_at_a_time(make: Callable[[], Inventory], drawn: list[tuple[int, bytes, bytes, int, int]], in_order: bool, cut: int) -> None:
    unique = sorted({line[0]: line for line in drawn}.values()) if in_order else drawn
    items = [_items(*line) for line in unique]
    one_by_one, together = make(), make()
    for item in items:
        one_by_one.add(listed_message(item))
    for block in (items[:cut], items[cut:]):
        if block:
            together.add_many(block)
    assert _contents(together) == _contents(one_by_one)


def test_a_line_of_labels_comes_by_itself_and_the_others_have_none() -> None:
    inventory = LabelledInventory()
    inventory.add_many([_items(1, b"", DATES[0], 5, 7), _items(2, b"", DATES[0], 5, 8)])
    item = listed_message(_items(3, b"", DATES[0], 5, 9))
    item.other["X-GM-LABELS"] = (b"Work",)
    inventory.add(item)
    assert [inventory.sets[inventory.set_number(position)] for position in range(3)] == [frozenset(), frozenset(), frozenset({b"Work"})]
