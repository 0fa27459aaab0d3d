"""A worker's sign of life: a session advisory lock on a connection of its own, keyed by the worker's id.

The database drops it the moment the process is gone, however it went, so its transfers can go on at
once; a heartbeat (Procrastinate's) is still needed for a worker that is frozen and keeps its connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from types import TracebackType
from typing import Any

import psycopg

log = logging.getLogger(__name__)

LOCK_CLASS = 0x7472_6173  # the first of the two keys; the second is the worker's id


class Presence:
    """``async with Presence(conninfo) as presence``; then ``hold`` each worker id this process works under.

    lost: the database was away when it was last asked.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._held: set[int] = set()
        self._turn = asyncio.Lock()
        self.lost = False

    async def __aenter__(self) -> Presence:
        self._connection = await self._connect()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._connection is not None:
            await self._connection.close()

    @property
    def workers(self) -> frozenset[int]:
        """The ids held."""
        return frozenset(self._held)

    async def hold(self, worker: int) -> None:
        """Show that this worker lives. Raises ``psycopg.OperationalError`` when the database is away."""
        async with self._turn:
            if worker not in self._held:
                await self._lock(worker)
                self._held.add(worker)

    async def check(self) -> bool:
        """Ask the connection; after a loss connect again and take all locks anew. False when there was a loss.

        Raises nothing for a database that stays away: ask again later.
        """
        async with self._turn:
            try:
                if self._connection is not None and not self._connection.closed:
                    await self._connection.execute("SELECT 1")
                    return True
            except psycopg.OperationalError:
                pass
            if not self.lost:
                log.warning("the database cannot be reached; the work waits until it is back")
            self.lost = True
            with contextlib.suppress(psycopg.OperationalError):
                if self._connection is not None:
                    await self._connection.close()
                self._connection = await self._connect()
                for worker in self._held:
                    await self._lock(worker)
                self.lost = False
                log.info("the database is back; the work goes on")
            return False

    async def _connect(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        return await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True, application_name="trasloco presence")

    async def _lock(self, worker: int) -> None:
        assert self._connection is not None
        await self._connection.execute("SELECT pg_try_advisory_lock(%s::integer, %s::integer)", (LOCK_CLASS, lock_number(worker)))


def lock_number(worker: int) -> int:
    """Worker ids are bigints, the second key of a lock an integer."""
    return worker & 0x7FFF_FFFF
