from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async

from trasloco.engine.sink import Entry, Level
from trasloco.project.database import Database
from trasloco.records.connection_pool import Pool, connection_pool
from trasloco.records.key_ring import KeyRing


def claimed(ring: KeyRing) -> Any:
    from trasloco.records.actions import begin_run, claim_transfer
    from trasloco.testing.migration_rows import small_migration

    run = begin_run(small_migration(ring, 1))
    run.transfers.update(status="admitted", copied_bytes=50, seconds=100.0)
    return claim_transfer(run.transfers.get().pk, 0, 1)


def rows(database: Database, question: str) -> list[Any]:
    with psycopg.connect(database.conninfo) as connection:
        return connection.execute(question).fetchall()


async def test_counters_and_log_arrive(pool: Pool, ring: KeyRing, clean_database: Database) -> None:
    from trasloco.jobs.database_sink import DatabaseSink

    claim = await sync_to_async(claimed)(ring)
    async with DatabaseSink(pool, claim) as sink:
        sink.expect(10, None)
        sink.enter("Entwürfe \ud800\0")
        for _ in range(3):
            sink.advance(2, 20)
        sink.write(Entry(Level.WARNING, "message-refused", "NO \0 bad", "INBOX", 7))
        sink.write(Entry(Level.INFO, "folder-done", "done"))
        assert rows(clean_database, "SELECT count(*) FROM trasloco_log_entry") == [(0,)]
    counters = rows(clean_database, "SELECT expected_messages, expected_bytes, done_messages, copied_bytes, folder FROM trasloco_transfer")
    assert counters == [(10, None, 6, 110, "Entwürfe ?\ufffd")]
    assert rows(clean_database, "SELECT seconds >= 100 AND seconds < 105 FROM trasloco_transfer") == [(True,)]
    log = rows(clean_database, "SELECT level, action, folder, uid, words FROM trasloco_log_entry ORDER BY id")
    assert log == [("warning", "message-refused", "INBOX", 7, "NO \ufffd bad"), ("info", "folder-done", "", None, "done")]


async def test_it_is_written_while_it_goes_on(pool: Pool, ring: KeyRing, clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.jobs import database_sink

    monkeypatch.setattr(database_sink, "FLUSH_SECONDS", 0.05)
    claim = await sync_to_async(claimed)(ring)
    async with database_sink.DatabaseSink(pool, claim) as sink:
        sink.advance(2, 20)
        await asyncio.sleep(0.3)
        assert rows(clean_database, "SELECT done_messages FROM trasloco_transfer") == [(2,)]


async def test_it_notices_that_the_transfer_is_somebody_elses(pool: Pool, ring: KeyRing, clean_database: Database) -> None:
    from trasloco.jobs.database_sink import DatabaseSink

    claim = await sync_to_async(claimed)(ring)
    with psycopg.connect(clean_database.conninfo) as taker:
        taker.execute("UPDATE trasloco_transfer SET fence = fence + 1")
    async with DatabaseSink(pool, claim) as sink:
        sink.advance(2, 20)
        sink.write(Entry(Level.INFO, "x", "y"))
        await sink.flush()
        assert sink.fenced.is_set()
    assert rows(clean_database, "SELECT done_messages FROM trasloco_transfer") == [(0,)]
    assert rows(clean_database, "SELECT count(*) FROM trasloco_log_entry") == [(0,)]


async def test_a_log_without_end_is_cut(pool: Pool, ring: KeyRing, clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.jobs import database_sink

    monkeypatch.setattr(database_sink, "MOST_ENTRIES", 5)
    claim = await sync_to_async(claimed)(ring)
    async with database_sink.DatabaseSink(pool, claim) as sink:
        for number in range(20):
            sink.write(Entry(Level.INFO, "again", f"line {number}"))
    log = rows(clean_database, "SELECT action FROM trasloco_log_entry ORDER BY id")
    assert log == [("again",)] * 4 + [("log-full",)]


async def test_a_database_that_is_away_loses_no_line(pool: Pool, ring: KeyRing, clean_database: Database) -> None:
    from trasloco.jobs.database_sink import DatabaseSink

    claim = await sync_to_async(claimed)(ring)
    async with connection_pool(clean_database.conninfo, size=1) as closed:
        pass
    sink = DatabaseSink(closed, claim)
    sink.write(Entry(Level.INFO, "kept", "a line"))
    await sink.flush()
    sink._pool = pool
    await sink.flush()
    assert rows(clean_database, "SELECT action FROM trasloco_log_entry") == [("kept",)]
