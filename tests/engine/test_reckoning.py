from __future__ import annotations

import pytest

from trasloco.engine.failure import Retry, SideName, TransferError
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.inventory import Inventory
from trasloco.engine.ledger import MessageRow
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.engine.reckoning import reckon
from trasloco.imap.values import Fetched


def inventory(*uids: int) -> Inventory:
    found = Inventory()
    for uid in uids:
        found.add(Fetched(uid, uid, size=10))
    return found


async def check(rows: list[MessageRow], tally: Tally, *uids: int, run: int = 2) -> None:
    ledger = MemoryLedger()
    folder = await ledger.bind(b"INBOX", b"INBOX")
    await ledger.record(folder.id, rows)
    await reckon(ledger, folder.id, inventory(*uids), tally, run, "INBOX")


async def test_sums_that_match_say_nothing() -> None:
    rows = [
        MessageRow(1, Fate.COPIED, 1),
        MessageRow(2, Fate.COPIED, 2),
        MessageRow(4, Fate.SKIPPED, 2),
        MessageRow(5, Fate.REFUSED, 2),
        MessageRow(6, Fate.COPIED, 1),  # gone from the source since
        MessageRow(7, Fate.VANISHED, 2),  # gone while we copied
        MessageRow(8, Fate.VANISHED, 1),
        MessageRow(9, Fate.MOVED, 2),
    ]
    await check(rows, Tally(copied=1, adopted=1, moved=1, skipped=1, refused=1, vanished=1), 1, 2, 4, 5, 9)


async def test_a_message_without_a_fate_is_named() -> None:
    rows = [MessageRow(2, Fate.COPIED, 2), MessageRow(3, Fate.REFUSED, 1)]
    with pytest.raises(TransferError, match=r"4 messages of “INBOX” have no fate .*UID 1, 3, 4, 5") as caught:
        await check(rows, Tally(copied=1), 1, 2, 3, 4, 5)
    assert caught.value.failure.code == "sums-differ"
    assert caught.value.failure.side is SideName.OURS
    assert caught.value.failure.retry is Retry.LATER


async def test_many_without_a_fate_are_counted() -> None:
    with pytest.raises(TransferError, match=r"20 messages .*UID 1, 2, 3, 4, 5 and 15 more"):
        await check([], Tally(), *range(1, 21))


async def test_a_wrong_count_is_said() -> None:
    with pytest.raises(TransferError, match="the ledger has 1 copied, counted were 2 copied"):
        await check([MessageRow(1, Fate.COPIED, 2)], Tally(copied=2), 1)


async def test_a_row_too_many_does_not_make_up_for_one_too_few() -> None:
    rows = [MessageRow(1, Fate.COPIED, 2), MessageRow(9, Fate.COPIED, 2)]
    with pytest.raises(TransferError, match=r"1 message of “INBOX” has no fate .*UID 2\b"):
        await check(rows, Tally(copied=2), 1, 2)


async def test_what_an_earlier_run_could_not_bring_needs_a_fate_of_this_one() -> None:
    with pytest.raises(TransferError, match=r"1 message of “INBOX” has no fate .*UID 2\b"):
        await check([MessageRow(1, Fate.COPIED, 1), MessageRow(2, Fate.REFUSED, 1)], Tally(adopted=1, refused=1), 1, 2)
