"""A ledger goes from one migration to another that moves the same mailbox, and back."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from trasloco.engine.account import Outcome, RunStatus, Settings
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.ledger import MessageRow
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")


def claimed(migration: Any, address: str) -> Any:
    """A claim on the account's transfer in the migration's run under way, or in a new one."""
    from trasloco.records.actions import begin_run, claim_transfer
    from trasloco.records.models import Transfer

    transfer = Transfer.objects.get(run=begin_run(migration), account__destination_address__iexact=address)
    Transfer.objects.filter(pk=transfer.pk).update(status="admitted")
    claim = claim_transfer(transfer.pk, transfer.fence, 1)
    assert claim is not None
    return claim


def ended(claim: Any) -> None:
    from trasloco.records.actions import finish_transfer
    from trasloco.records.models import Run

    assert finish_transfer(claim, Outcome(RunStatus.COMPLETED, None, 1.0, 0, ()))
    Run.objects.filter(transfers=claim.transfer_id).update(status="completed")


def ledger_of(claim: Any, pool: Any) -> Any:
    from trasloco.records.postgres_ledger import PostgresLedger

    return PostgresLedger(pool, account_id=claim.account.pk, transfer_id=claim.transfer_id, fence=claim.fence)


def two_migrations(ring: KeyRing, **other: Any) -> tuple[Any, Any]:
    """One of two accounts, and one with a line more; the lines of both are the same two mailboxes."""
    from trasloco.records.opening import open_migration
    from trasloco.testing.migration_rows import account_rows, destination

    rows = account_rows(3)
    second = [replace(row, **other) for row in rows]
    return tuple(open_migration(some, destination(), Settings(), ring) for some in (rows[:2], second))  # type: ignore[return-value]


def row(uid: int, fate: Fate = Fate.COPIED, run: int = 1, **more: Any) -> MessageRow:
    digest = hashlib.sha256(bytes([uid])).digest()
    return MessageRow(uid, fate, run, destination_uid=uid + 100, size=uid, digest=digest, flags="\\Seen", **more)


async def fill(ledger: Any) -> None:
    folder = await ledger.bind(b"INBOX", b"INBOX", "a note")
    await ledger.revalidate(folder.id, 7, 8, "s", "d")
    rows = [row(1), row(2, Fate.ADOPTED), row(3, Fate.MOVED, reason="moved from “A”"), row(4, reason="repaired (line-ends) after")]
    await ledger.record(folder.id, [*rows, MessageRow(5, Fate.REFUSED, 1, size=5, reason="no")])
    await ledger.begin(folder.id, 8, 200, [6], ["\\Seen"])
    done = replace(folder, source_uidvalidity=7, destination_uidvalidity=8, source_uidnext=7, source_messages=6, run=1)
    await ledger.complete(replace(done, tally=Tally(copied=2, adopted=1, moved=1, refused=1)))
    gone = await ledger.bind(b"Gone", b"Gone")
    await ledger.revalidate(gone.id, 9, 10)
    await ledger.record(gone.id, [row(9)])
    await ledger.retire(gone.id)


async def rows_of(ledger: Any) -> dict[int, MessageRow]:
    folder = (await ledger.folders())[0]
    return {found.source_uid: found async for chunk in ledger.rows(folder.id) for found in chunk}


async def relics_of(ledger: Any) -> list[int]:
    return [relic.row.source_uid async for chunk in ledger.relics() for relic in chunk]


async def test_another_migration_of_the_same_mailbox_takes_the_ledger_over(ring: KeyRing, pool: Any) -> None:
    first, second = await sync_to_async(two_migrations)(ring)
    claim = await sync_to_async(claimed)(first, "a1@example.net")
    assert claim.heir_of is None
    await fill(ledger_of(claim, pool))
    await sync_to_async(ended)(claim)

    heir = await sync_to_async(claimed)(second, "a1@example.net")
    assert heir.heir_of == first.code
    ledger = ledger_of(heir, pool)
    (folder, gone) = await ledger.folders()
    assert (folder.source_name, folder.destination_name, folder.renamed, folder.run) == (b"INBOX", b"INBOX", "a note", 0)
    assert (folder.source_uidvalidity, folder.destination_uidvalidity, folder.source_id, folder.destination_id) == (7, 8, "s", "d")
    assert (folder.source_uidnext, folder.source_messages, folder.tally) == (7, 6, Tally(adopted=4, refused=1))
    assert (gone.source_name, gone.run) == (b"Gone", None)
    found = await rows_of(ledger)
    words = f"brought by migration {first.code}"
    reasons = {1: words, 2: "", 3: "moved from “A”", 4: "repaired (line-ends) after", 5: "no"}
    assert {uid: (item.fate, item.run, item.reason) for uid, item in found.items()} == {
        uid: (Fate.REFUSED if uid == 5 else Fate.ADOPTED, 0, reason) for uid, reason in reasons.items()
    }
    assert found[1] == replace(row(1), fate=Fate.ADOPTED, run=0, reason=words)
    (intent,) = await ledger.intents(folder.id)
    assert (intent.destination_uidnext, intent.source_uids, intent.flags) == (200, (6,), ("\\Seen",))
    assert await relics_of(ledger) == [9]
    untouched = await sync_to_async(claimed)(second, "a3@example.net")
    assert untouched.heir_of is None


async def test_the_first_migration_takes_it_back_and_its_own_fates_are_its_own(ring: KeyRing, pool: Any) -> None:
    first, second = await sync_to_async(two_migrations)(ring)
    claim = await sync_to_async(claimed)(first, "a1@example.net")
    await fill(ledger_of(claim, pool))
    await sync_to_async(ended)(claim)
    heir = await sync_to_async(claimed)(second, "a1@example.net")
    ledger = ledger_of(heir, pool)
    folder = (await ledger.folders())[0]
    await ledger.record(folder.id, [row(8), replace(row(2), destination_uid=None, fate=Fate.ADOPTED, run=0)])
    await sync_to_async(ended)(heir)

    back = await sync_to_async(claimed)(first, "a1@example.net")
    assert back.heir_of == second.code
    found = await rows_of(ledger_of(back, pool))
    assert {uid: (item.fate, item.run) for uid, item in found.items()} == {
        1: (Fate.COPIED, 1),
        2: (Fate.ADOPTED, 1),
        3: (Fate.MOVED, 1),
        4: (Fate.COPIED, 1),
        5: (Fate.REFUSED, 0),
        8: (Fate.ADOPTED, 0),
    }
    assert found[1].reason == ""
    assert found[2].destination_uid is None
    assert found[8].reason == f"brought by migration {second.code}"
    assert len(await ledger_of(back, pool).folders()) == 2
    await sync_to_async(ended)(back)
    once_more = await sync_to_async(claimed)(first, "a1@example.net")
    assert once_more.heir_of is None


@pytest.mark.parametrize(
    "other",
    [
        {"login": "somebody.else"},
        {"source": Endpoint("other.example.org", 993, Security.IMPLICIT, address="127.0.0.1")},
        {"source": Endpoint("imap.example.org", 1993, Security.IMPLICIT, address="127.0.0.1")},
    ],
)
async def test_another_mailbox_is_not_taken_for_the_same(ring: KeyRing, pool: Any, other: dict[str, Any]) -> None:
    first, second = await sync_to_async(two_migrations)(ring, **other)
    claim = await sync_to_async(claimed)(first, "a1@example.net")
    await fill(ledger_of(claim, pool))
    await sync_to_async(ended)(claim)
    assert (await sync_to_async(claimed)(second, "a1@example.net")).heir_of is None


@pytest.mark.parametrize(
    "same",
    [
        {"destination_address": "A1@Example.NET"},
        {"source": Endpoint("IMAP.example.org", 143, Security.STARTTLS, address="127.0.0.1")},
    ],
)
async def test_another_spelling_is_the_same_mailbox(ring: KeyRing, pool: Any, same: dict[str, Any]) -> None:
    from trasloco.records.opening import open_migration
    from trasloco.testing.migration_rows import account_rows, destination

    (first_row,) = account_rows(1)
    first = await sync_to_async(open_migration)([first_row], destination(), Settings(), ring)
    second = await sync_to_async(open_migration)([replace(first_row, **same)], destination(), Settings(), ring)
    claim = await sync_to_async(claimed)(first, "a1@example.net")
    await fill(ledger_of(claim, pool))
    await sync_to_async(ended)(claim)
    assert (await sync_to_async(claimed)(second, "a1@example.net")).heir_of == first.code


async def test_what_another_customer_has_moved_is_not_taken_over(ring: KeyRing, pool: Any) -> None:
    from trasloco.records.models import Customer, MailMigration

    first, second = await sync_to_async(two_migrations)(ring)
    claim = await sync_to_async(claimed)(first, "a1@example.net")
    await fill(ledger_of(claim, pool))
    await sync_to_async(ended)(claim)

    def give_away() -> None:
        MailMigration.objects.filter(pk=second.pk).update(customer=Customer.objects.create(name="Other"))

    await sync_to_async(give_away)()
    assert (await sync_to_async(claimed)(second, "a1@example.net")).heir_of is None


async def test_the_sources_own_numbers_and_copies_within_the_destination_are_taken_over(ring: KeyRing, pool: Any) -> None:
    from trasloco.engine.ledger import Origin

    first, second = await sync_to_async(two_migrations)(ring)
    address = "a1@example.net"
    claim = await sync_to_async(claimed)(first, address)
    ledger = ledger_of(claim, pool)
    folder = await ledger.bind(b"Work", b"Work")
    await ledger.revalidate(folder.id, 7, 8)
    await ledger.record(folder.id, [row(1, identity=2**63 + 5)])
    await ledger.begin(folder.id, 8, 200, [6], [""], Origin(b"INBOX", 4, (17,), stays=True))
    gone = await ledger.bind(b"Gone", b"Gone")
    await ledger.revalidate(gone.id, 9, 10)
    await ledger.record(gone.id, [row(9, identity=77)])
    await ledger.retire(gone.id)
    await sync_to_async(ended)(claim)
    heir = ledger_of(await sync_to_async(claimed)(second, address), pool)
    (twin,) = await heir.twins([2**63 + 5])
    assert (twin.row.source_uid, twin.row.fate) == (1, Fate.ADOPTED)
    (intent,) = await heir.intents(twin.folder_id)
    assert intent.origin == Origin(b"INBOX", 4, (17,), stays=True)
    assert [relic.row.identity async for chunk in heir.relics() for relic in chunk] == [77]
