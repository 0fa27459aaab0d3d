"""Who left a folder: given away once, known by place and by bytes, counted once. With real servers: faults/test_moves.py."""

from __future__ import annotations

from trasloco.engine.departures import Departures, Memory
from trasloco.engine.fate import Fate
from trasloco.engine.ledger import FolderRecord, MessageRow
from trasloco.engine.memory_ledger import MemoryLedger

DONE = FolderRecord(3, b"Done", b"Fertig", source_uidvalidity=5, destination_uidvalidity=7)


def row(uid: int, digest: bytes | None = b"d", *, run: int = 1, fate: Fate = Fate.COPIED, listed: int | None = None) -> MessageRow:
    return MessageRow(uid, fate, run, destination_uid=uid + 100, size=10, digest=digest, listed=listed)


def nobody(name: bytes) -> bool:
    return False


def test_each_is_given_away_once_and_a_second_look_adds_nothing() -> None:
    departures = Departures(2, Memory(), nobody)
    assert not departures
    for _ in range(2):
        departures.add_row(DONE, row(1))
    assert departures
    first = departures.claim(b"d", b"INBOX")
    assert first is not None
    assert (first.folder_id, first.source_name, first.destination_name, first.destination_uidvalidity) == (3, b"Done", b"Fertig", 7)
    assert departures.claim(b"d", b"INBOX") is None


def test_the_size_asked_for_is_the_one_that_is_listed() -> None:
    departures = Departures(2, Memory(), nobody)
    departures.add_row(DONE, row(1, listed=4))
    assert departures.may_be(4)
    assert not departures.may_be(10)


async def test_one_that_is_in_this_folder_of_the_destination_goes_first() -> None:
    ledger = MemoryLedger()
    other = await ledger.bind(b"Other", b"Anderes")
    await ledger.revalidate(other.id, 1, 9)
    await ledger.record(other.id, [row(8)])
    await ledger.retire(other.id)
    departures = Departures(2, Memory(), nobody)
    await departures.add_relics(ledger)
    await departures.add_relics(ledger)
    departures.add_row(DONE, row(1))
    relic = departures.at(b"Anderes", 9, 108)
    assert relic is not None
    assert departures.claim(b"d", b"Anderes") is relic
    assert departures.at(b"Anderes", 9, 108) is None
    assert departures.claim(b"d", b"Anderes") is not None
    assert departures.claim(b"d", b"Anderes") is None


def test_what_a_pass_has_counted_is_counted_there_no_more_when_it_is_taken() -> None:
    memory = Memory()
    before = Departures(2, memory, nobody)
    before.add_row(DONE, row(1))  # gone before the folder's pass: the pass will not count it
    departures = Departures(2, memory, lambda name: name == b"Done")
    for item in (row(1), row(2), row(3, run=2)):
        departures.add_row(DONE, item)
    departures.took([departure for _ in range(3) if (departure := departures.claim(b"d", b"")) is not None])
    assert memory.uncounted == {(b"Done", Fate.ADOPTED): 1, (b"Done", Fate.COPIED): 1}


def test_what_nothing_can_tell_from_others_is_not_looked_for() -> None:
    departures = Departures(2, Memory(), nobody)
    departures.add_row(DONE, MessageRow(1, Fate.ADOPTED, 1, size=10))
    assert not departures
