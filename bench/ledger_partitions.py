"""What many partitions cost: ``make bench BENCH="--ledger"`` measures with 10, 100, 1,000 and 3,000 migrations in the ledger.

Partitions are made as ``ledger_place`` makes them, empty: statements that are about one migration must not get slower by those of others.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.ledger_growth import owned_ledger, rows
from trasloco.project.database import Database

COUNTS = (10, 100, 1_000, 3_000)
_FAR = 1_000_000
"""Numbers of migrations that there are not."""


@dataclass(frozen=True, slots=True)
class PartitionPoint:
    """In milliseconds. made: to make a partition and attach it. settled: one batch of 500 rows. page: a question of the panel about one
    migration, over the parent table. first: the same, as the first statement of a new connection. careless: one that does not say which
    migration it is about, as it would be if ``rows_of`` were forgotten."""

    partitions: int
    made: float
    settled: float
    page: float
    first: float
    careless: float

    def __str__(self) -> str:
        return (
            f"{self.partitions:6,} partitions: made {self.made:.1f} ms, batch of 500 {self.settled:.2f} ms, page {self.page:.2f} ms, "
            f"first of a connection {self.first:.1f} ms, careless {self.careless:.1f} ms"
        )


def measure_partitions(database: Database, say: Callable[[str], None]) -> list[PartitionPoint]:
    """A point for each of ``COUNTS``, in one database that grows."""
    points = []
    done = 0
    for count in COUNTS:
        _make(database, done, count)
        done = count
        points.append(asyncio.run(_point(database, count)))
        say(str(points[-1]))
    return points


def _make(database: Database, first: int, last: int) -> None:
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        for number in range(_FAR + first, _FAR + last):
            _attach(connection, number)


def _attach(connection: psycopg.Connection[Any], number: int) -> None:
    name, start = f"trasloco_ledger_message_{number}", number << 32
    with connection.transaction():
        connection.execute(f"CREATE TABLE {name} (LIKE trasloco_ledger_message INCLUDING ALL)".encode())
        bounds = f"FROM ({start}) TO ({start + 2**32})"
        connection.execute(f"ALTER TABLE trasloco_ledger_message ATTACH PARTITION {name} FOR VALUES {bounds}".encode())


async def _point(database: Database, count: int) -> PartitionPoint:
    from asgiref.sync import sync_to_async

    from trasloco.records.connection_pool import connection_pool
    from trasloco.records.ledger_place import rows_of

    question = """SELECT m.fate, count(*) FROM trasloco_ledger_folder f JOIN trasloco_ledger_message m ON m.folder_id = f.id
    WHERE f.account_id = %(account)s {} GROUP BY 1"""
    async with connection_pool(database.conninfo, size=1) as pool:
        ledger, migration = await sync_to_async(owned_ledger)(pool)
        folder = await ledger.bind(b"INBOX", b"INBOX")
        settled = []
        for start in range(1, 30_000, 500):
            batch = rows(start, 500)
            intent = await ledger.begin(folder.id, 1, 1, [row.source_uid for row in batch])
            began = time.perf_counter()
            await ledger.settle(intent, batch)
            settled.append(time.perf_counter() - began)
        asked = {"account": ledger._owner["account"], "migration": migration.pk}
    with psycopg.connect(database.conninfo, autocommit=True, prepare_threshold=None) as connection:
        exact, careless = (question.format(f"AND {where} m.source_uid < 10").encode() for where in (f"{rows_of()} AND", ""))
        first = _times(lambda: connection.execute(exact, asked).fetchall(), 1)
        page = _times(lambda: connection.execute(exact, asked).fetchall(), 20)
        all_of_them = _times(lambda: connection.execute(careless, asked).fetchall(), 5)
        numbers = itertools.count(2 * _FAR + count)
        made = _times(lambda: _attach(connection, next(numbers)), 3)
    return PartitionPoint(count, made, statistics.median(settled) * 1e3, page, first, all_of_them)


def _times(act: Callable[[], object], times: int) -> float:
    """Milliseconds, the median."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1e3
