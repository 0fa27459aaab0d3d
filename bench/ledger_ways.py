"""How rows come into the ledger: the statement in use beside COPY, and what partitions cost, for ``make bench BENCH="--ledger"``.

Each way does what is needed for a batch and no less: the fence is looked at and locked, the intent goes with the rows, all or nothing.

- **INSERT**: ``PostgresLedger.settle``, one statement.
- **COPY, staged**: into a temporary table, then INSERT ... ON CONFLICT from there: five statements. What a row may be replaced by is kept.
- **COPY, straight**: into the partition: four statements. A row that is there already is an error; it could only be used where all are new.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.ledger_growth import owned_ledger, rows
from trasloco.engine.ledger import MessageRow
from trasloco.project.database import Database

if TYPE_CHECKING:
    from trasloco.records.postgres_ledger import PostgresLedger

BATCHES = ((1, 150), (100, 100), (1_000, 30), (10_000, 6))
"""Rows of a batch, and how often it is written by each way."""

_COLUMNS = "folder_id, source_uid, destination_uid, size, fate, run, digest, flags"
_FENCE = "SELECT id FROM trasloco_transfer WHERE id = %(transfer)s AND fence = %(fence)s AND status = 'running' FOR SHARE"
_STAGE = "CREATE TEMPORARY TABLE stage (LIKE trasloco_ledger_message INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
_UPSERT = """INSERT INTO {table} SELECT * FROM stage ON CONFLICT (folder_id, source_uid) DO UPDATE SET
    destination_uid = excluded.destination_uid, size = excluded.size, fate = excluded.fate, run = excluded.run,
    digest = excluded.digest, flags = excluded.flags, reason = excluded.reason, listed = excluded.listed, identity = excluded.identity"""


@dataclass(slots=True)
class Way:
    """figures: microseconds for a row, wall time, of each batch; by rows of a batch."""

    title: str
    figures: dict[int, list[float]] = field(default_factory=dict)

    def median(self, batch: int) -> float:
        return statistics.median(self.figures[batch])


def measure_ways(database: Database, say: Callable[[str], None]) -> list[Way]:
    """Every way with each size of a batch, in turns."""
    ways = asyncio.run(_measure(database))
    for batch, _ in BATCHES:
        say(f"{batch:6,} rows a batch: " + ", ".join(f"{way.title} {way.median(batch):.1f} us a row" for way in ways))
    return ways


async def _measure(database: Database) -> list[Way]:
    from asgiref.sync import sync_to_async

    from trasloco.records.connection_pool import connection_pool
    from trasloco.records.ledger_place import PARENT, partition

    async with connection_pool(database.conninfo, size=1) as pool:
        ledger, migration = await sync_to_async(owned_ledger)(pool)
        table = partition(migration.ledger_from)
        async with pool.connection() as connection:
            await connection.execute(_STAGE.encode())
        over_parent, _ = await sync_to_async(owned_ledger)(pool)
        over_parent._table = PARENT

        async def staged(intent: int, batch: Sequence[MessageRow]) -> None:
            await _copied(pool, ledger, intent, batch, "stage", _UPSERT.format(table=table))

        async def straight(intent: int, batch: Sequence[MessageRow]) -> None:
            await _copied(pool, ledger, intent, batch, table, "")

        by_way: list[tuple[Way, PostgresLedger, Callable[[int, Sequence[MessageRow]], Awaitable[None]]]] = [
            (Way("INSERT"), ledger, ledger.settle),
            (Way("INSERT over the parent table"), over_parent, over_parent.settle),
            (Way("COPY, staged"), ledger, staged),
            (Way("COPY, straight"), ledger, straight),
        ]
        next_uid = 1
        for count, times in BATCHES:
            for number in range(times + 1):  # the first is not measured
                for way, owner, write in by_way:
                    folder = await owner.bind(way.title.encode(), b"there")
                    batch = rows(next_uid, count)
                    next_uid += count
                    intent = await owner.begin(folder.id, 1, 1, [row.source_uid for row in batch])
                    began = time.perf_counter()
                    await write(intent, batch)
                    if number:
                        way.figures.setdefault(count, []).append((time.perf_counter() - began) / count * 1e6)
        return [way for way, _, _ in by_way]


async def _copied(pool: Any, ledger: PostgresLedger, intent: int, batch: Sequence[MessageRow], into: str, then: str) -> None:
    """A batch by COPY, in its text format: what psycopg takes without a look at each value."""
    from trasloco.records.models import FATE_CODES

    async with pool.connection() as connection, connection.transaction():
        await connection.execute("SELECT set_config('synchronous_commit', 'off', true)")
        if await (await connection.execute(_FENCE, ledger._owner)).fetchone() is None:
            raise AssertionError("not ours")
        gone = await connection.execute("DELETE FROM trasloco_ledger_intent WHERE id = %s RETURNING folder_id", [intent])
        (folder,) = await gone.fetchone()
        lines = [
            f"{folder}\t{row.source_uid}\t{row.destination_uid}\t{row.size}\t{FATE_CODES[row.fate]}\t{row.run}"
            f"\t\\\\x{(row.digest or b'').hex()}\t" + row.flags.replace("\\", "\\\\")
            for row in batch
        ]
        async with connection.cursor() as cursor, cursor.copy(f"COPY {into} ({_COLUMNS}) FROM STDIN".encode()) as copy:
            await copy.write("\n".join(lines) + "\n")
        if then:
            await connection.execute(then.encode())
