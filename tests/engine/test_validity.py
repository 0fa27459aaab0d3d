"""Do the rows of a folder still speak of the two folders that are open? Between real servers: faults/test_moves.py."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.engine.conftest import Account, ListSink
from trasloco.engine.departures import Departures, Memory
from trasloco.engine.failure import SideName, TransferError
from trasloco.engine.fate import Fate
from trasloco.engine.identity import Place
from trasloco.engine.ledger import FolderRecord, MessageRow
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.engine.opener import close, open_side
from trasloco.engine.validity import Opened, refuse_exchanged, revalidate, validity
from trasloco.imap.values import Selected

SOURCE, DESTINATION = Selected(b"INBOX", 1, 5, 2, mailbox_id="s"), Selected(b"INBOX", 1, 7, 2, mailbox_id="d")


@pytest.fixture
async def place(account: Account) -> AsyncIterator[Place]:
    client, side = await open_side(account.side(SideName.SOURCE))
    yield Place(side, client, "INBOX")
    await close(client)


async def after(place: Place, source: Selected, destination: Selected) -> tuple[FolderRecord, MemoryLedger, ListSink]:
    """A folder with a message that was brought, opened again like this."""
    ledger, sink = MemoryLedger(), ListSink()
    bound = await ledger.bind(b"INBOX", b"INBOX")
    await ledger.revalidate(bound.id, 5, 7, "s", "d")
    await ledger.record(bound.id, [MessageRow(1, Fate.COPIED, 1, destination_uid=9, digest=b"d")])
    record = replace(bound, source_uidvalidity=5, destination_uidvalidity=7, source_id="s", destination_id="d")
    ours, theirs = Opened(place, source, 5, "s"), Opened(place, destination, 7, "d")
    now = await revalidate(record, ours, theirs, ledger, Departures(2, Memory(), lambda name: False), sink)
    (stored,) = await ledger.folders()
    assert (now.source_uidvalidity, now.destination_uidvalidity, now.source_id, now.destination_id) == (
        stored.source_uidvalidity,
        stored.destination_uidvalidity,
        stored.source_id,
        stored.destination_id,
    )
    return now, ledger, sink


async def left(ledger: MemoryLedger) -> tuple[int, int]:
    """(rows, relics)."""
    rows = [row async for chunk in ledger.rows(1) for row in chunk]
    return len(rows), len([relic async for chunk in ledger.relics() for relic in chunk])


async def test_what_is_as_it_was_keeps_its_rows(place: Place) -> None:
    record, ledger, sink = await after(place, SOURCE, DESTINATION)
    assert (record.source_uidvalidity, record.destination_uidvalidity) == (5, 7)
    assert await left(ledger) == (1, 0)
    assert sink.entries == []


@pytest.mark.parametrize(
    ("source", "destination", "rows_and_relics", "said"),
    [
        (replace(SOURCE, uidvalidity=6), DESTINATION, (0, 1), "uidvalidity-changed"),
        (replace(SOURCE, uids_sticky=False), DESTINATION, (0, 1), "uids-not-lasting"),
        (replace(SOURCE, mailbox_id="other"), DESTINATION, (0, 1), "uidvalidity-changed"),
        (SOURCE, replace(DESTINATION, uidvalidity=8), (0, 0), "uidvalidity-changed"),
        (SOURCE, replace(DESTINATION, mailbox_id="other"), (0, 0), "uidvalidity-changed"),
        (SOURCE, replace(DESTINATION, uidvalidity=None), (0, 0), "uids-not-lasting"),
        (replace(SOURCE, uidvalidity=6), replace(DESTINATION, uidvalidity=8), (0, 0), "uidvalidity-changed"),
    ],
)
async def test_what_changed_leaves_relics_while_the_destination_holds(
    place: Place, source: Selected, destination: Selected, rows_and_relics: tuple[int, int], said: str
) -> None:
    record, ledger, sink = await after(place, source, destination)
    assert (record.source_uidvalidity, record.destination_uidvalidity) == (validity(source), validity(destination))
    assert await left(ledger) == rows_and_relics
    assert [entry.action for entry in sink.entries] == [said]


async def test_another_folder_with_the_same_number_is_refused_once(place: Place) -> None:
    record = FolderRecord(1, b"INBOX", b"INBOX")
    ours, theirs = Opened(place, SOURCE, 5, "s"), Opened(place, DESTINATION, 7, "d")
    refuse_exchanged(record, ours, theirs)
    refuse_exchanged(record, replace(ours, validity=4, mailbox_id="x"), theirs)  # its number tells already
    refuse_exchanged(record, replace(ours, mailbox_id=""), theirs)
    with pytest.raises(TransferError, match="another folder than before"):
        refuse_exchanged(record, ours, replace(theirs, mailbox_id="x"))
