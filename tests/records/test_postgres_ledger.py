from __future__ import annotations

import asyncio
from dataclasses import replace

import psycopg
import pytest
from asgiref.sync import sync_to_async

from trasloco.engine.fate import Fate, Tally
from trasloco.engine.ledger import Fenced, Ledger, LedgerUnavailable, MessageRow
from trasloco.project.database import Database
from trasloco.records.connection_pool import Pool, connection_pool
from trasloco.records.key_ring import KeyRing
from trasloco.testing.ledger_contract import LedgerContract, everything, row


@pytest.fixture
async def ledger(pool: Pool, ring: KeyRing) -> Ledger:
    return await sync_to_async(owned_ledger)(pool, ring)


def owned_ledger(pool: Pool, ring: KeyRing) -> Ledger:
    """A ledger of a running transfer, as the task makes it."""
    from trasloco.records.actions import begin_run, claim_transfer
    from trasloco.records.models import Transfer, TransferState
    from trasloco.records.postgres_ledger import PostgresLedger
    from trasloco.testing.migration_rows import small_migration

    run = begin_run(small_migration(ring, 1))
    transfer = Transfer.objects.get(run=run)
    Transfer.objects.filter(pk=transfer.pk).update(status=TransferState.ADMITTED)
    claim = claim_transfer(transfer.pk, transfer.fence, 1)
    assert claim is not None
    return PostgresLedger(pool, account_id=claim.account.pk, transfer_id=claim.transfer_id, fence=claim.fence)


class TestPostgresLedger(LedgerContract):
    """The contract, word for word."""


async def test_whoever_lost_the_transfer_writes_nothing(ledger: Ledger, clean_database: Database) -> None:
    folder = await ledger.bind(b"INBOX", b"INBOX")
    intent = await ledger.begin(folder.id, 1, 1, [1])
    with psycopg.connect(clean_database.conninfo) as taker:
        taker.execute("UPDATE trasloco_transfer SET fence = fence + 1")
    with pytest.raises(Fenced):
        await ledger.confirm()
    with pytest.raises(Fenced):
        await ledger.begin(folder.id, 1, 1, [2])
    with pytest.raises(Fenced):
        await ledger.settle(intent, [row(1)])
    with pytest.raises(Fenced):
        await ledger.record(folder.id, [row(1)])
    with pytest.raises(Fenced):
        await ledger.bind(b"Other", b"Other")
    with pytest.raises(Fenced):
        await ledger.bind(b"INBOX", b"INBOX")
    with pytest.raises(Fenced):
        await ledger.reflag(folder.id, {1: "x"})
    with pytest.raises(Fenced):
        await ledger.revalidate(folder.id, 5, 5)
    with pytest.raises(Fenced):
        await ledger.forget(folder.id, 5, 5)
    with pytest.raises(Fenced):
        await ledger.narrow(intent, [1], [""], [row(2)])
    with pytest.raises(Fenced):
        await ledger.complete(replace(folder, source_uidnext=5))
    with pytest.raises(Fenced):
        await ledger.left_out(b"Trash", "a rule", Tally())
    assert list(await ledger.folders()) == [replace(folder, begun=True)]
    assert [found.id for found in await ledger.intents(folder.id)] == [intent]
    assert await everything(ledger, folder.id) == []


async def test_a_write_waits_for_a_taker_and_then_sees_him(ledger: Ledger, clean_database: Database) -> None:
    folder = await ledger.bind(b"INBOX", b"INBOX")
    with psycopg.connect(clean_database.conninfo) as taker:
        taker.execute("UPDATE trasloco_transfer SET fence = fence + 1")
        late = asyncio.ensure_future(ledger.record(folder.id, [row(1)]))
        await asyncio.sleep(0.2)
        assert not late.done()
        taker.commit()
    with pytest.raises(Fenced):
        await late
    assert await everything(ledger, folder.id) == []


async def test_a_transfer_that_does_not_run_is_not_written(ledger: Ledger, clean_database: Database) -> None:
    with psycopg.connect(clean_database.conninfo) as other:
        other.execute("UPDATE trasloco_transfer SET status = 'waiting'")
    with pytest.raises(Fenced):
        await ledger.bind(b"INBOX", b"INBOX")


async def test_words_no_database_can_keep_are_made_fit(ledger: Ledger) -> None:
    folder = await ledger.bind(b"INBOX", b"INBOX", "a\0b\ud800")
    await ledger.record(folder.id, [MessageRow(1, Fate.REFUSED, 1, reason="NO \0 \udcff", flags="\\Seen \udcff")])
    assert (await everything(ledger, folder.id))[0].flags == "\\Seen ?"
    assert folder.renamed == "a\ufffdb?"


async def test_the_report_can_be_read_before_the_end(ledger: Ledger, clean_database: Database) -> None:
    folder = await ledger.bind(b"Entw&APw-rfe", b"Drafts", "a role")
    await ledger.complete(replace(folder, tally=Tally(copied=2, refused=1)))
    await ledger.left_out(b"Trash", "Trash is left out", Tally(skipped=4))
    with psycopg.connect(clean_database.conninfo) as connection:
        found = connection.execute(
            "SELECT position, source, destination, note, copied, refused, skipped FROM trasloco_folder_tally ORDER BY position"
        ).fetchall()
    assert found == [(1, "Entwürfe", "Drafts", "a role", 2, 1, 0), (2, "Trash", "", "Trash is left out", 0, 0, 4)]


async def test_a_lost_database_has_its_own_name(ledger: Ledger, clean_database: Database) -> None:
    async with connection_pool(clean_database.conninfo, size=1) as lost:
        ledger._pool = lost  # type: ignore[attr-defined]
        await ledger.folders()
    with pytest.raises(LedgerUnavailable, match="cannot be reached"):
        await ledger.folders()


async def test_a_connection_cut_in_between_is_replaced(ledger: Ledger, clean_database: Database) -> None:
    folder = await ledger.bind(b"INBOX", b"INBOX")
    with psycopg.connect(clean_database.conninfo, autocommit=True) as other:
        # Waits until they are gone: one that is still on its way out when it is lent is met in a statement.
        other.execute("SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE application_name = 'trasloco'")
    await ledger.record(folder.id, [row(1)])
    assert len(await everything(ledger, folder.id)) == 1
