"""The rows of a migration have a partition of their own: what is said of one touches no other's, and it goes in one step."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from trasloco.engine.account import Outcome, RunStatus
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.ledger import Fenced, MessageRow
from trasloco.project.database import Database
from trasloco.records.connection_pool import connection_pool
from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")

WHERE = (
    "SELECT DISTINCT m.tableoid::regclass::text FROM trasloco_ledger_message m JOIN trasloco_ledger_folder f ON f.id = m.folder_id"
    " WHERE f.account_id = %s"
)


def admitted(ring: KeyRing, name: str) -> Any:
    """The admitted transfer of a new migration of one account."""
    from trasloco.records.actions import begin_run
    from trasloco.testing.migration_rows import small_migration

    run = begin_run(small_migration(ring, 1, domain=f"{name}.example.net"))
    run.transfers.update(status="admitted")
    return run.transfers.get()


def claimed(transfer: Any) -> Any:
    from trasloco.records.actions import claim_transfer

    claim = claim_transfer(transfer.pk, transfer.fence, 1)
    assert claim is not None
    return claim


def rows(*uids: int) -> list[MessageRow]:
    return [MessageRow(uid, Fate.COPIED, 1, destination_uid=uid, size=7, identity=uid) for uid in uids]


def with_ledger(database: Database, claim: Any, work: Callable[[Any], Any], **options: str) -> Any:
    """What ``work`` returns, a coroutine of the claim's ledger."""
    from trasloco.records.postgres_ledger import PostgresLedger

    async def go() -> Any:
        async with connection_pool(make_conninfo(database.conninfo, **options), size=2) as pool:
            return await work(PostgresLedger(pool, account_id=claim.account.pk, transfer_id=claim.transfer_id, fence=claim.fence))

    return asyncio.run(go())


async def some(ledger: Any) -> None:
    folder = await ledger.bind(b"INBOX", b"INBOX")
    await ledger.record(folder.id, [*rows(1, 2, 3), MessageRow(4, Fate.REFUSED, 1, size=7, reason="no")])


def place(claim: Any) -> str:
    from trasloco.records.ledger_place import partition
    from trasloco.records.models import MailMigration

    first = MailMigration.objects.get(pk=claim.account.migration_id).ledger_from
    assert first is not None
    return partition(first)


def marked(claim: Any) -> Any:
    """Its migration, ended and deleted, its rows not removed yet."""
    from trasloco.records.deletion import mark_deleted
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import MailMigration

    migration = MailMigration.objects.get(pk=claim.account.migration_id)
    migration.runs.update(status="completed")
    mark_deleted(SCHEDULE, migration)
    return migration


def exists(database: Database, table: str) -> bool:
    with psycopg.connect(database.conninfo) as connection:
        return connection.execute("SELECT to_regclass(%s) IS NOT NULL", [table]).fetchone() == (True,)


def test_the_rows_of_each_migration_are_in_a_table_of_their_own(clean_database: Database, ring: KeyRing) -> None:
    for name in ("one", "two"):
        claim = claimed(admitted(ring, name))
        with_ledger(clean_database, claim, some)
        with psycopg.connect(clean_database.conninfo) as connection:
            assert connection.execute(WHERE, [claim.account.pk]).fetchall() == [(place(claim),)]
        assert place(claim) == f"trasloco_ledger_message_{claim.account.migration_id}"


def test_workers_that_begin_a_migration_at_once_make_one_table(clean_database: Database, ring: KeyRing) -> None:
    from django.db import connection

    from trasloco.records.ledger_place import decide_place

    transfer = admitted(ring, "one")
    failed: list[Exception] = []

    def decide() -> None:
        try:
            decide_place(transfer.pk)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    claim = claimed(transfer)
    assert place(claim) == f"trasloco_ledger_message_{claim.account.migration_id}"


def test_a_folder_bound_before_anything_was_decided_keeps_the_migration_among_others(clean_database: Database, ring: KeyRing) -> None:
    """As by a worker of a version that knows of no partitions."""
    from trasloco.records.ledger_place import EACH, SHARED
    from trasloco.records.models import LedgerFolder

    transfer = admitted(ring, "one")
    early = LedgerFolder.objects.create(account=transfer.account, source_name=b"Early", destination_name=b"Early")
    assert early.pk < EACH
    claim = claimed(transfer)
    assert place(claim) == SHARED
    with_ledger(clean_database, claim, some)
    with psycopg.connect(clean_database.conninfo) as connection:
        assert connection.execute(WHERE, [claim.account.pk]).fetchall() == [(SHARED,)]


def test_the_statements_of_a_version_without_partitions_write_where_the_rows_are_looked_for(
    clean_database: Database, ring: KeyRing
) -> None:
    from trasloco.records.ledger_place import PARENT

    claim = claimed(admitted(ring, "one"))

    async def as_of_old(ledger: Any) -> None:
        ledger._table = PARENT  # as if there were no partitions
        await some(ledger)
        folder = await ledger.bind(b"Sent", b"Sent")
        await ledger.settle(await ledger.begin(folder.id, 1, 1, [9]), rows(9))

    async def uids(ledger: Any) -> list[int]:
        return [row.source_uid for folder in await ledger.folders() async for page in ledger.known(folder.id) for row in page]

    with_ledger(clean_database, claim, as_of_old)
    assert with_ledger(clean_database, claim, uids) == [1, 2, 3, 4, 9]
    with psycopg.connect(clean_database.conninfo) as connection:
        assert connection.execute(WHERE, [claim.account.pk]).fetchall() == [(place(claim),)]


def test_where_no_table_can_be_made_the_rows_go_among_others_and_the_log_says_why(
    clean_database: Database, ring: KeyRing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from trasloco.records import ledger_place

    monkeypatch.setattr(ledger_place, "_MAKE_WAIT", "100ms")
    transfer = admitted(ring, "one")
    with psycopg.connect(clean_database.conninfo) as other:
        other.execute("LOCK TABLE trasloco_ledger_message IN SHARE UPDATE EXCLUSIVE MODE")
        claim = claimed(transfer)
    assert place(claim) == ledger_place.SHARED
    assert "gets no table of its own; its rows are kept with others'. PostgreSQL said: canceling statement due to lock" in caplog.text
    with_ledger(clean_database, claim, some)


def test_no_statement_about_one_migration_touches_the_table_of_another(clean_database: Database, ring: KeyRing) -> None:
    """The other's is locked against everybody: whoever as much as plans a look at it would fail."""
    from django.db import connection

    other = claimed(admitted(ring, "other"))
    with_ledger(clean_database, other, some)
    claim = claimed(admitted(ring, "one"))
    with psycopg.connect(clean_database.conninfo) as locker:
        locker.execute(f"LOCK TABLE ONLY {place(other)} IN ACCESS EXCLUSIVE MODE")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        try:
            for _ in range(7):  # so often that a plan for all values would have been made
                with_ledger(clean_database, claim, everything_of_a_ledger, options="-c lock_timeout=200ms")
                everything_that_is_shown(claim)
            assert finished(claim)
            same = claimed(admitted_again(ring))
            assert same.heir_of == claim.account.migration.code, "it took over the ledger of the first"
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = 0")


def admitted_again(ring: KeyRing) -> Any:
    """Another migration of the same mailbox."""
    from trasloco.records.actions import begin_run
    from trasloco.records.models import MailMigration

    MailMigration.objects.filter(accounts__destination_address="a1@one.example.net").update(identity="first")
    transfer = admitted(ring, "one")
    assert transfer.run.number == 1
    assert begin_run(transfer.run.migration).pk == transfer.run_id
    transfer.run.transfers.update(status="admitted")
    return transfer


def finished(claim: Any) -> bool:
    from trasloco.records.actions import finish_transfer
    from trasloco.records.models import Run

    done = finish_transfer(claim, Outcome(RunStatus.COMPLETED, None, 0.1, 700, (), flags_changed=0))
    Run.objects.filter(transfers=claim.transfer_id).update(status="completed")
    return done


async def everything_of_a_ledger(ledger: Any) -> None:
    folder = await ledger.bind(b"INBOX", b"INBOX")
    gone = await ledger.bind(b"Gone", b"Gone")
    await ledger.record(folder.id, [*rows(1, 2, 3), MessageRow(4, Fate.REFUSED, 1, size=7, reason="no")])
    await ledger.record(gone.id, rows(5, 6))
    await ledger.settle(await ledger.begin(folder.id, 1, 1, [9]), rows(9))
    await ledger.reflag(folder.id, {1: "\\Seen"})
    await ledger.moved(gone.id, [5], folder.id, rows(5))
    await ledger.retire(gone.id)
    await ledger.forget(gone.id, 1, 1)
    assert len(await ledger.twins([1, 2])) == 2
    assert [sum_.count for sum_ in await ledger.sums(folder.id)]
    assert [page async for page in ledger.known(folder.id)]
    assert [page async for page in ledger.rows(folder.id)]


def everything_that_is_shown(claim: Any) -> None:
    from trasloco.records import actions, queries
    from trasloco.records.account_contents import Brought, Exceptions
    from trasloco.records.deletion import contents
    from trasloco.records.fate_list import FateList
    from trasloco.records.fates import counted_folders, fates_by_account
    from trasloco.records.message_exceptions import folder_exceptions
    from trasloco.records.proof_source import open_proof

    account, migration = claim.account, claim.account.migration
    assert fates_by_account(migration)[account.pk] == Tally(copied=5, refused=1)
    assert counted_folders(migration) == []
    assert [line.count for line in FateList(migration, "copied")[:9]] == [5]
    assert [line.uid for line in Exceptions(account)[:9]] == [4]
    assert len(Brought(account, "copied")[:9]) == 5
    assert len(queries.exceptions(migration.code)) == 1
    assert queries.report(migration.code)
    assert [len(found.messages) for found in folder_exceptions(migration.code)] == [1]
    assert contents(migration).messages == 6
    assert actions._brought(account, 1) == 5
    assert actions._copied_bytes(claim) == 35
    with open_proof(account) as proof:
        assert len(list(proof.rows)) == 6


def test_what_is_deleted_is_gone_without_waiting_for_those_who_go_on(clean_database: Database, ring: KeyRing) -> None:
    from trasloco.records.deletion import remove_marked
    from trasloco.records.models import MailMigration

    stays, goes = claimed(admitted(ring, "stays")), claimed(admitted(ring, "goes"))
    for claim in (stays, goes):
        with_ledger(clean_database, claim, some)
    table = place(goes)
    marked(goes)
    assert exists(clean_database, table)
    assert remove_marked() == 1
    assert not exists(clean_database, table)
    with_ledger(clean_database, stays, everything_of_a_ledger)
    assert MailMigration.objects.get().pk == stays.account.migration_id


def test_while_somebody_reads_it_is_removed_later_and_nobody_has_to_wait(
    clean_database: Database, ring: KeyRing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from trasloco.records import ledger_place
    from trasloco.records.deletion import remove_marked

    caplog.set_level("INFO")
    monkeypatch.setattr(ledger_place, "_REMOVE_WAIT", "300ms")
    stays, first, second = (claimed(admitted(ring, name)) for name in ("stays", "first", "second"))
    for claim in (stays, first, second):
        with_ledger(clean_database, claim, some)
    tables = [place(first), place(second)]
    marked(first)
    with psycopg.connect(clean_database.conninfo) as backup:
        backup.execute("SELECT count(*) FROM trasloco_ledger_message")  # of all partitions, in a transaction that stays open
        assert remove_marked() == 0
        assert remove_marked() == 0, "what was begun is gone on with"
        assert "is still being read, it is removed later" in caplog.text
        with_ledger(clean_database, stays, everything_of_a_ledger, options="-c lock_timeout=200ms")
        late = claimed(admitted(ring, "late"))
        assert place(late) != ledger_place.SHARED, "and another migration begins meanwhile"
        marked(second)
    assert remove_marked() == 2
    assert [exists(clean_database, table) for table in tables] == [False, False]


def test_a_worker_that_wakes_up_after_the_deletion_is_told_that_it_is_not_its_own_any_more(clean_database: Database, ring: KeyRing) -> None:
    from trasloco.records.deletion import remove_marked

    claim = claimed(admitted(ring, "goes"))

    async def wakes(ledger: Any) -> None:
        folder = await ledger.bind(b"INBOX", b"INBOX")
        await asyncio.to_thread(remove)
        with pytest.raises(Fenced, match="the migration was deleted"):
            await ledger.record(folder.id, rows(1))

    def remove() -> None:
        from django.db import connection

        marked(claim)
        assert remove_marked() == 1
        connection.close()

    with_ledger(clean_database, claim, wakes)


def test_a_page_of_the_panel_gets_to_no_table_but_over_the_parent(clean_database: Database, ring: KeyRing) -> None:
    from django.db import ProgrammingError, connection

    from trasloco.records import wall
    from trasloco.records.wall import Scope, within

    claim = claimed(admitted(ring, "one"))
    with_ledger(clean_database, claim, some)
    own = place(claim)
    assert wall.build(clean_database.conninfo) == "", "nor after a further start"
    with within(Scope("0", "0")), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM trasloco_ledger_message")
        assert cursor.fetchone() == (0,)
        for table in (own, "trasloco_ledger_message_shared"):
            with pytest.raises(ProgrammingError, match="permission denied"):
                cursor.execute(f"SELECT count(*) FROM {table}")
