from __future__ import annotations

from dataclasses import replace

import pytest

from trasloco.engine import memory_ledger
from trasloco.engine.changes import Changes, Since, since_last_pass
from trasloco.engine.fate import Fate
from trasloco.engine.inventory import ITEMS, Lister
from trasloco.engine.labelled_inventory import LabelledInventory
from trasloco.engine.ledger import FolderRecord, MessageRow
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.imap.values import Fetched, Status

RECORD = FolderRecord(1, b"INBOX", b"INBOX", "", 7, 8, source_uidnext=11, source_messages=10, source_modseq=100, run=1)
NOW = Status(messages=12, uidnext=13, uidvalidity=7, highest_modseq=120)


def test_since_the_last_pass_by_its_marks() -> None:
    since = since_last_pass(RECORD, NOW)
    assert since == Since(7, 11, 10, 100)
    assert since is not None
    assert [(uids, modseq) for uids, _, modseq in since.fetches()] == [("1:10", 100), ("11:*", None)]


@pytest.mark.parametrize(
    ("record", "status"),
    [
        (RECORD, None),
        (RECORD, replace(NOW, uidvalidity=9)),
        (RECORD, replace(NOW, highest_modseq=None)),
        (replace(RECORD, source_modseq=None), NOW),
        (replace(RECORD, source_messages=0), NOW),
        (RECORD, replace(NOW, uidnext=10)),
        (RECORD, replace(NOW, highest_modseq=99)),
    ],
    ids=["not listed", "renumbered", "no CONDSTORE", "no marks", "was empty", "UIDNEXT went back", "mod-sequence went back"],
)
def test_where_nothing_can_be_told_all_is_listed(record: FolderRecord, status: Status | None) -> None:
    assert since_last_pass(record, status) is None


async def ledger_with(*uids: int, fate: Fate = Fate.COPIED) -> MemoryLedger:
    ledger = MemoryLedger()
    await ledger.bind(b"INBOX", b"INBOX")
    await ledger.record(1, [MessageRow(uid, fate, 1, uid, 5, flags="\\Seen") for uid in uids])
    return ledger


def changes() -> Changes:
    found = Changes(Since(7, 11, 3, 100))
    found.take(Fetched(1, 4, frozenset({"\\Flagged"})))
    found.take(Fetched(4, 12, frozenset(), b"01-Jan-2024 10:00:00 +0000", 9))
    return found


async def test_the_ledger_makes_it_whole() -> None:
    inventory = await changes().whole(await ledger_with(2, 4, 6), 1, exists=4)
    assert inventory is not None
    assert list(inventory.uids) == [2, 4, 6, 12]
    assert [inventory.flags(position) for position in range(4)] == ["\\Seen", "\\Flagged", "\\Seen", ""]
    assert inventory.sizes[3] == 9


async def test_what_counting_does_not_prove_is_not_whole() -> None:
    ledger = await ledger_with(2, 4, 6)
    assert await changes().whole(ledger, 1, exists=3) is None, "one is gone"
    assert await changes().whole(ledger, 1, exists=5) is None, "one came that was not told"
    assert await changes().whole(await ledger_with(2, 4), 1, exists=4) is None, "one has no row"
    assert await changes().whole(await ledger_with(1, 2, 4, 6), 1, exists=4) is None, "a row of one that left earlier"
    assert await changes().whole(await ledger_with(2, 4, 6, fate=Fate.REFUSED), 1, exists=4) is None, "to be tried again"


async def test_the_last_message_that_a_server_adds_to_an_open_set_is_not_new() -> None:
    found = Changes(Since(7, 11, 3, 100))
    found.take(Fetched(3, 6, frozenset({"\\Answered"}), b"01-Jan-2024 10:00:00 +0000", 9))  # 11:* where there is none above 10
    inventory = await found.whole(await ledger_with(2, 4, 6), 1, exists=3)
    assert inventory is not None
    assert list(inventory.uids) == [2, 4, 6]
    assert inventory.flags(2) == "\\Answered"


async def test_the_rows_it_has_read_are_not_read_again_where_they_are_all(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, found = await ledger_with(2, 4, 6), changes()
    await found.whole(ledger, 1, exists=4)
    assert found.rows is not None
    assert [row.source_uid for row in found.rows] == [2, 4, 6]
    monkeypatch.setattr(memory_ledger, "CHUNK", 2)
    for exists, fate in ((4, Fate.COPIED), (5, Fate.COPIED), (4, Fate.REFUSED)):  # two pages; not whole; not whole from the first page on
        found = changes()
        await found.whole(await ledger_with(2, 4, 6, fate=fate), 1, exists=exists)
        assert found.rows is None


async def test_the_numbers_of_gmail_come_from_the_ledger_too() -> None:
    ledger = MemoryLedger()
    await ledger.bind(b"INBOX", b"INBOX")
    await ledger.record(1, [MessageRow(uid, Fate.COPIED, 1, uid, identity=uid * 2**60) for uid in (2, 4, 6)])
    found = Changes(Since(7, 11, 3, 100), Lister((*ITEMS, "X-GM-MSGID"), LabelledInventory))
    found.take(Fetched(4, 12, frozenset(), b"01-Jan-2024 10:00:00 +0000", 9, other={"X-GM-MSGID": 5, "X-GM-LABELS": (b"work",)}))
    inventory = await found.whole(ledger, 1, exists=4)
    assert isinstance(inventory, LabelledInventory)
    assert [inventory.identity(position) for position in range(4)] == [2 * 2**60, 4 * 2**60, 6 * 2**60, 5]
    assert [inventory.sets[inventory.set_number(position)] for position in range(4)] == [frozenset()] * 3 + [frozenset({b"work"})]
    assert inventory.date(0) is None
    assert inventory.date(3) is not None
