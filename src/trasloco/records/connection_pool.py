"""The worker's connections beside Django's: one small pool for the ledger, the counters and the queue."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

Pool = AsyncConnectionPool[psycopg.AsyncConnection[tuple[Any, ...]]]


def connection_pool(conninfo: str, size: int = 8) -> Pool:
    """A pool to be entered with ``async with``. Autocommit: each of our statements is a transaction.

    A connection is tried before it is lent, so that a restarted server is noticed here and not in a statement.
    """
    return AsyncConnectionPool(
        conninfo,
        min_size=1,
        max_size=size,
        max_idle=60,
        timeout=30,
        open=False,
        kwargs={"application_name": "trasloco"},
        configure=_configure,
        check=AsyncConnectionPool.check_connection,
    )


async def renew(pool: Pool) -> None:
    """The server was away: drop what is left of its connections, this pool's and Django's.

    A pool finds them out one by one, waiting longer after each; with eight of them that takes minutes.
    """
    from django.db import connections

    await pool.drain()
    if django_pool := connections["default"].pool:  # type: ignore[attr-defined] # of the PostgreSQL backend
        django_pool.drain()


def conninfo() -> str:
    """How Django reaches its database, in libpq's words. It may hold a password: not to be shown."""
    from django.db import connections
    from psycopg.conninfo import make_conninfo

    parameters = connections["default"].get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return make_conninfo(**parameters)


async def _configure(connection: psycopg.AsyncConnection[tuple[Any, ...]]) -> None:
    """Not by a keyword of the connection: Procrastinate adds that keyword itself for its listener."""
    await connection.set_autocommit(True)
