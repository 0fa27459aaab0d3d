"""The worker's connections beside Django's: one small pool for the ledger, the counters and the queue."""

from __future__ import annotations

import math
import select
import time
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg_pool import AsyncConnectionPool

TRIED_AGAIN_AFTER = 1.0
"""Seconds for which a connection that was tried is lent again without."""

SIZE = 4
"""Connections a process has for the ledger at the most. Statements are short, and each connection has to be opened, and each
statement to be planned, once more: with eight, ten accounts took a tenth longer than with two."""

Pool = AsyncConnectionPool[psycopg.AsyncConnection[tuple[Any, ...]]]


def connection_pool(conninfo: str, size: int = SIZE) -> Pool:
    """A pool to be entered with ``async with``. Autocommit: each of our statements is a transaction.

    A connection that was idle is tried before it is lent, so that a restarted server is noticed here and not in a
    statement. One that has just answered is only looked at, for a server that goes says so or closes: a folder takes
    half a dozen statements, and each would be two.
    """
    answered: WeakKeyDictionary[psycopg.AsyncConnection[tuple[Any, ...]], float] = WeakKeyDictionary()

    async def check(connection: psycopg.AsyncConnection[tuple[Any, ...]]) -> None:
        if time.monotonic() - answered.get(connection, -math.inf) > TRIED_AGAIN_AFTER or _has_something_to_say(connection):
            await AsyncConnectionPool.check_connection(connection)
            answered[connection] = time.monotonic()

    return AsyncConnectionPool(
        conninfo,
        min_size=1,
        max_size=size,
        max_idle=60,
        timeout=30,
        open=False,
        kwargs={"application_name": "trasloco"},
        configure=_configure,
        check=check,
    )


def _has_something_to_say(connection: psycopg.AsyncConnection[tuple[Any, ...]]) -> bool:
    """Whether bytes, or the end of the connection, are there to be read although nothing was asked."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


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
