from __future__ import annotations

import random

import pytest

from trasloco.engine import inventory
from trasloco.engine.inventory import Inventory
from trasloco.imap.errors import LimitExceeded
from trasloco.imap.values import Fetched

DATE = b"17-Jul-2023 02:44:25 +0200"


def item(uid: int, *flags: str, size: int | None = 0) -> Fetched:
    return Fetched(1, uid, frozenset(flags), None if size is None else DATE, None if size is None else size or uid)


@pytest.mark.parametrize("few", [0, 5, 10_000])
def test_messages_in_any_order_end_in_that_of_their_uids(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "_FEW", few)
    uids = random.Random(7).sample(range(1, 5000), 400)
    taken = Inventory()
    for uid in uids:
        taken.add(item(uid, "\\Seen" if uid % 2 else "\\Answered"))
    taken.add(item(uids[0], "again", size=None))  # only its flags
    taken.add(item(uids[1], "once more"))
    taken.in_order()
    assert list(taken.uids) == sorted(uids)
    for uid in uids[2:]:
        position = taken.position(uid)
        assert position is not None
        assert (taken.sizes[position], taken.flags(position)) == (uid, "\\Seen" if uid % 2 else "\\Answered")
        assert taken.date(position) is not None
    told_again = [taken.position(uid) for uid in uids[:2]]
    assert [taken.flags(position) for position in told_again if position is not None] == ["again", "once more"]
    assert [taken.sizes[position] for position in told_again if position is not None] == uids[:2]


def test_flags_without_end_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "MOST_FLAGS", 100_000)
    taken = Inventory()
    with pytest.raises(LimitExceeded, match="different flags"):
        for uid in range(1, 1000):
            taken.add(item(uid, f"k{uid}"))
    assert len(taken) < 300
