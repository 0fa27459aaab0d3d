"""What is known of Gmail's messages, in a few bytes each."""

from __future__ import annotations

import tracemalloc

from trasloco.engine.inventory import Inventory
from trasloco.engine.labelled_inventory import IdentifiedInventory, LabelledInventory
from trasloco.imap.values import Fetched


def fetched(uid: int, identity: int, labels: tuple[bytes, ...] = ()) -> Fetched:
    item = Fetched(uid, uid, frozenset({"\\Seen"}), None, uid * 10)
    item.other = {"X-GM-MSGID": identity, "X-GM-LABELS": labels}
    return item


def test_an_inventory_of_some_messages_keeps_all_that_is_known_of_them() -> None:
    whole = LabelledInventory()
    for uid in (3, 1, 2):
        whole.add(fetched(uid, 2**64 - uid, (b"\\Inbox",) if uid == 2 else ()))
    part = whole.only([0, 2])
    assert list(part.uids) == [1, 3]
    assert [part.identity(position) for position in range(2)] == [2**64 - 1, 2**64 - 3]
    assert [part.sets[part.set_number(position)] for position in range(2)] == [frozenset(), frozenset()]
    assert part.flags(1) == "\\Seen"
    assert part.position(2) is None
    assert len(whole) == 3


def test_the_labels_of_200_000_messages_are_known_in_a_few_bytes_each() -> None:
    tracemalloc.start()
    try:
        before = LabelledInventory()
        for uid in range(1, 200_001):
            before.add(fetched(uid, 10**18 + uid, (b"\\Inbox", b"Work") if uid % 3 else (b"\\Sent",)))
        assert tracemalloc.get_traced_memory()[1] < 20 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert len(before.sets) == 2


def test_a_plain_inventory_knows_no_identity() -> None:
    plain, known = Inventory(), IdentifiedInventory()
    for inventory in (plain, known):
        inventory.add(fetched(1, 77))
    assert (plain.identity(0), known.identity(0)) == (None, 77)
