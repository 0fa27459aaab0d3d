"""The bytes of a day of a source mailbox, in the database: kept over runs, migrations, workers and restarts.

What is to be fetched is written down before it is asked for, so a process that is killed has counted too much, never
too little. Two workers that fetch from the same mailbox take turns at an advisory lock. The clock is the database's.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from trasloco.engine.day_budget import DAY, SLOT, DayBudget
from trasloco.engine.ledger import LedgerUnavailable
from trasloco.records.connection_pool import Pool
from trasloco.records.models import FetchedBytes

LOCK_CLASS = 0x7472_6174  # the first of the two keys; the second is made of the mailbox

_LOCK = "SELECT pg_advisory_xact_lock(%(class)s::integer, hashtext(%(host)s || ' ' || %(login)s))"
_FORGET = "DELETE FROM trasloco_fetched_bytes WHERE host = %(host)s AND login = %(login)s AND begun <= clock_timestamp() - %(over)s"
_READ = """
SELECT extract(epoch FROM clock_timestamp())::float8, extract(epoch FROM b.begun)::bigint, b.size
FROM (SELECT) AS one LEFT JOIN trasloco_fetched_bytes b ON b.host = %(host)s AND b.login = %(login)s
"""
_ADD = """
INSERT INTO trasloco_fetched_bytes AS b (host, login, begun, size)
VALUES (%(host)s, %(login)s, to_timestamp(floor(extract(epoch FROM clock_timestamp()) / %(slot)s) * %(slot)s),
    greatest(0, %(size)s::bigint))
ON CONFLICT (host, login, begun) DO UPDATE SET size = greatest(0, b.size + %(size)s::bigint)
"""


class MailboxAllowance:
    """An ``engine.pace.Allowance``. host, login: of the source; limit: bytes in 24 hours."""

    def __init__(self, pool: Pool, host: str, login: str, limit: int) -> None:
        self._pool = pool
        self.limit = limit
        self._mailbox: dict[str, Any] = {
            **mailbox_key(host, login),
            "class": LOCK_CLASS,
            "slot": SLOT,
            "over": timedelta(seconds=DAY + SLOT),
        }

    async def take(self, size: int, least: int) -> int:
        try:
            async with self._pool.connection() as connection, connection.transaction():
                await connection.execute(_LOCK, self._mailbox)
                await connection.execute(_FORGET, self._mailbox)
                budget, now = await self._read(connection)
                granted = budget.take(size, least, now)
                if granted:
                    await connection.execute(_ADD, self._mailbox | {"size": granted})
                return granted
        except psycopg.Error as error:
            raise LedgerUnavailable(str(error)) from error

    async def add(self, size: int) -> None:
        try:
            async with self._pool.connection() as connection:
                await connection.execute(_ADD, self._mailbox | {"size": size})
        except psycopg.Error as error:
            raise LedgerUnavailable(str(error)) from error

    async def wait(self, size: int) -> float:
        try:
            async with self._pool.connection() as connection:
                budget, now = await self._read(connection)
                return budget.wait(size, now)
        except psycopg.Error as error:
            raise LedgerUnavailable(str(error)) from error

    async def _read(self, connection: psycopg.AsyncConnection[tuple[Any, ...]]) -> tuple[DayBudget, float]:
        rows = await (await connection.execute(_READ, self._mailbox)).fetchall()
        return DayBudget(self.limit, {begun: size for _, begun, size in rows if begun is not None}), rows[0][0]


def mailbox_key(host: str, login: str) -> dict[str, str]:
    """Under which a mailbox's bytes are counted, however host and login are written."""
    return {"host": host.lower().rstrip("."), "login": login.casefold()}


def fetched_today(host: str, login: str, now: datetime) -> int:
    """Bytes that count against the day of a mailbox."""
    sizes = FetchedBytes.objects.filter(**mailbox_key(host, login), begun__gt=now - timedelta(seconds=DAY + SLOT)).values_list(
        "size", flat=True
    )
    return sum(sizes)


def forget_fetched_bytes(now: datetime | None = None) -> int:
    """Remove what does not count any more, of mailboxes that nobody fetches from too; returns how many rows."""
    over = (now or datetime.now(UTC)) - timedelta(seconds=DAY + SLOT)
    return FetchedBytes.objects.filter(begun__lte=over).delete()[0]
