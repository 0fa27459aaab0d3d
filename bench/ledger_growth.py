"""``make bench BENCH="--ledger 100000 1000000 10000000"``: what the ledger costs when it is large.

No mail is moved: rows are written as a worker does it (``PostgresLedger``: an intent, then the rows of the batch, 500 at a time), into a
database of its own in TMPDIR, and removed as the service does it. Each size is a migration of one account in folders of 100,000 messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from bench.servers import offspring_seconds
from trasloco.engine.fate import Fate
from trasloco.engine.ledger import MessageRow
from trasloco.project.database import Database, prepare

if TYPE_CHECKING:
    from trasloco.records.postgres_ledger import PostgresLedger

FOLDER = 100_000
BATCH = 500
SOME = 10
IN_PIECES_UP_TO = 1_000_000
"""Rows that are removed once more the other way, among those of others; more would take minutes."""


@dataclass(frozen=True, slots=True)
class LedgerPoint:
    """One size. table, indexes: bytes. first, last: rows written per second, the median of the first and of the last ``SOME`` folders.
    cost_first, cost_last: microseconds of PostgreSQL's processors for a row of those. read: rows per second. sums: milliseconds to add
    up a folder. removed: seconds from the deletion until the last row is gone; in_pieces: the same where rows are among others', None =
    not measured."""

    messages: int
    table: int
    indexes: int
    first: float
    last: float
    cost_first: float
    cost_last: float
    read: float
    sums: float
    removed: float
    in_pieces: float | None

    def __str__(self) -> str:
        pieces = "" if self.in_pieces is None else f" (in pieces {self.in_pieces:.2f})"
        return (
            f"{self.messages:11,} rows: {self.table / self.messages:.0f} + {self.indexes / self.messages:.0f} bytes a row, "
            f"written {self.first:,.0f} to {self.last:,.0f} a second, database {self.cost_first:.1f} to {self.cost_last:.1f} us a row, "
            f"read {self.read:,.0f} a second, sums of a folder {self.sums:.0f} ms, removed in {self.removed:.2f} s{pieces}"
        )


@dataclass(frozen=True, slots=True)
class _Written:
    seconds: list[float]
    database: list[float]
    read: float
    sums: float


@contextlib.contextmanager
def ledger_database() -> Iterator[Database]:
    """A new database with our schema, and Django on it. Once in a process."""
    home = Path(tempfile.mkdtemp(prefix="trasloco-ledger-"))
    state = home / "state"
    state.mkdir()
    for directory in (home, state):
        directory.chmod(0o711)  # the database's own user has to get through, or its files would be elsewhere
    os.environ |= {"TRASLOCO_STATE_DIR": str(state), "TRASLOCO_MASTER_KEY_FILE": str(state / "master.key")}
    os.environ.pop("DATABASE_URL", None)
    try:
        with prepare() as database:
            yield database
    finally:
        shutil.rmtree(home, ignore_errors=True)


def measure_sizes(database: Database, sizes: list[int], say: Callable[[str], None]) -> list[LedgerPoint]:
    """One point a size, from the smallest on; a small one before them is not measured."""
    _point(database, BATCH)
    points = []
    for size in sorted(sizes):
        points.append(_point(database, size))
        say(str(points[-1]))
    return points


def rows(first: int, count: int) -> list[MessageRow]:
    """Rows as a first run writes them: copied messages, half of them seen."""
    some = random.Random(first)
    return [
        MessageRow(uid, Fate.COPIED, 1, uid + 7, 1000 + uid % 5000, some.randbytes(32), "\\Seen" if uid % 2 else "")
        for uid in range(first, first + count)
    ]


def owned_ledger(pool: Any, ledger_from: int | None = None) -> tuple[PostgresLedger, Any]:
    """A ledger of a running transfer, and its migration. ledger_from: 0 = its rows are among others'."""
    from django.conf import settings

    from trasloco.records.actions import begin_run, claim_transfer
    from trasloco.records.key_ring import KeyRing
    from trasloco.records.models import MailMigration, Transfer
    from trasloco.records.postgres_ledger import PostgresLedger
    from trasloco.testing.migration_rows import small_migration

    name = f"m{random.SystemRandom().randrange(2**48)}.example"
    migration = small_migration(KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE), 1, domain=name)
    MailMigration.objects.filter(pk=migration.pk).update(ledger_from=ledger_from)
    transfer = begin_run(migration).transfers.get()
    Transfer.objects.filter(pk=transfer.pk).update(status="admitted")
    claim = claim_transfer(transfer.pk, transfer.fence, 1)
    assert claim
    ledger = PostgresLedger(pool, account_id=claim.account.pk, transfer_id=claim.transfer_id, fence=claim.fence)
    return ledger, MailMigration.objects.get(pk=migration.pk)


def _point(database: Database, size: int) -> LedgerPoint:
    from trasloco.records.ledger_place import partition

    migration, written = asyncio.run(_filled(database, size, None))
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        name = partition(migration.ledger_from or 0)
        found = connection.execute("SELECT pg_table_size(%s::regclass), pg_indexes_size(%s::regclass)", [name, name]).fetchone()
        assert found
        table, indexes = found
    removed = _removed(migration)
    in_pieces = None
    if size <= IN_PIECES_UP_TO:
        in_pieces = _removed(asyncio.run(_filled(database, size, 0))[0])
    each = min(size, FOLDER)
    pace, cost = (
        [statistics.median(some) / each for some in (spent[:SOME], spent[-SOME:])] for spent in (written.seconds, written.database)
    )
    rates, costs = (1 / pace[0], 1 / pace[1]), (cost[0] * 1e6, cost[1] * 1e6)
    return LedgerPoint(size, table, indexes, *rates, *costs, written.read, written.sums, removed, in_pieces)


def _removed(migration: Any) -> float:
    from trasloco.records.deletion import mark_deleted, remove_marked
    from trasloco.records.history import SCHEDULE

    migration.runs.update(status="completed")
    began = time.perf_counter()
    mark_deleted(SCHEDULE, migration)
    if remove_marked(seconds=3600.0) != 1:
        raise AssertionError("it was not removed")
    return time.perf_counter() - began


async def _filled(database: Database, size: int, ledger_from: int | None) -> tuple[Any, _Written]:
    from asgiref.sync import sync_to_async

    from trasloco.records.connection_pool import connection_pool

    async with connection_pool(database.conninfo, size=2) as pool:
        ledger, migration = await sync_to_async(owned_ledger)(pool, ledger_from)
        async with pool.connection() as connection:
            postmaster = _parent(connection.info.backend_pid)
        seconds, spent = [], []
        for number in range(-(-size // FOLDER)):
            before = offspring_seconds(postmaster)
            folder = await ledger.bind(b"%d" % number, b"%d" % number)
            seconds.append(await _write(ledger, folder.id, min(FOLDER, size)))
            spent.append(offspring_seconds(postmaster) - before)
        began = time.perf_counter()
        read = sum([len(page) async for page in ledger.known(folder.id)])
        reading = time.perf_counter() - began
        began = time.perf_counter()
        await ledger.sums(folder.id)
        return migration, _Written(seconds, spent, read / reading, (time.perf_counter() - began) * 1e3)


async def _write(ledger: PostgresLedger, folder: int, count: int) -> float:
    """Seconds for intents and rows; making the rows does not count."""
    seconds = 0.0
    for start in range(1, count + 1, BATCH):
        batch = rows(start, BATCH)
        began = time.perf_counter()
        intent = await ledger.begin(folder, 1, start + 7, [row.source_uid for row in batch])
        await ledger.settle(intent, batch)
        seconds += time.perf_counter() - began
    return seconds


def _parent(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("PPid:")))
