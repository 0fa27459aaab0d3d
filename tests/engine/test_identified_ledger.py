"""Whoever writes a row of a folder, it has the source's number of its message."""

from __future__ import annotations

from trasloco.engine.fate import Fate
from trasloco.engine.identified_ledger import identified
from trasloco.engine.labelled_inventory import IdentifiedInventory
from trasloco.engine.ledger import MessageRow
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.imap.values import Fetched


def inventory(*numbers: int) -> IdentifiedInventory:
    """Messages with UIDs from 1 on and these identities."""
    made = IdentifiedInventory()
    for uid, number in enumerate(numbers, 1):
        item = Fetched(uid, uid, frozenset(), None, 10)
        item.other["X-GM-MSGID"] = number
        made.add(item)
    return made


async def test_every_verb_that_writes_rows_gives_them_their_identity() -> None:
    plain = MemoryLedger()
    ledger = identified(plain, inventory(11, 12, 13))
    folder = await ledger.bind(b"INBOX", b"INBOX")
    await ledger.record(folder.id, [MessageRow(1, Fate.SKIPPED, 1)])
    await ledger.settle(await ledger.begin(folder.id, 1, 1, [2]), [MessageRow(2, Fate.COPIED, 1, 5)])
    await ledger.moved(None, [], folder.id, [MessageRow(3, Fate.MOVED, 1, 6), MessageRow(4, Fate.VANISHED, 1)])
    found = {row.source_uid: row.identity async for rows in plain.rows(folder.id) for row in rows}
    assert found == {1: 11, 2: 12, 3: 13, 4: None}
    assert [twin.row.source_uid for twin in await ledger.twins([12, 13])] == [2, 3]
    assert await ledger.intents(folder.id) == ()


async def test_a_message_without_a_number_has_none() -> None:
    plain = MemoryLedger()
    folder = await plain.bind(b"INBOX", b"INBOX")
    await identified(plain, inventory(0)).record(folder.id, [MessageRow(1, Fate.COPIED, 1, 5)])
    assert [row.identity async for rows in plain.rows(folder.id) for row in rows] == [None]
