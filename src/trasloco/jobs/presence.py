"""A worker's sign of life: a session advisory lock on a connection of its own, keyed by the worker's id.

The database drops it the moment the process is gone, however it went, so its transfers can go on at
once; a heartbeat (Procrastinate's) is still needed for a worker that is frozen and keeps its connection.
On the same connection the process has a lock and a row of its own, by which an operator sees it (``registration``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from types import TracebackType
from typing import Any

import psycopg

from trasloco.jobs.registration import About, Registration
from trasloco.records.presence_locks import QUEUE_WORKER, lock_number

log = logging.getLogger(__name__)

END_SECONDS = 2.0  # to say goodbye to a database that may hang


class Presence:
    """``async with Presence(conninfo) as presence``; then ``hold`` each worker id this process works under.

    about: what an operator sees of this process, None: nothing. lost: the database was away when it was last asked.
    """

    def __init__(self, conninfo: str, about: About | None = None) -> None:
        self._conninfo = conninfo
        self._registration = Registration(about) if about is not None else None
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._held: set[int] = set()
        self._turn = asyncio.Lock()
        self.lost = False

    async def __aenter__(self) -> Presence:
        self._connection = await self._connect()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._connection is not None:
            if self._registration is not None and not self.lost:
                with contextlib.suppress(psycopg.Error, TimeoutError):
                    async with asyncio.timeout(END_SECONDS):
                        await self._registration.end(self._connection)
            await self._connection.close()

    @property
    def workers(self) -> frozenset[int]:
        """The ids held."""
        return frozenset(self._held)

    async def hold(self, worker: int) -> None:
        """Show that this worker lives. Raises ``psycopg.OperationalError`` when the database is away."""
        async with self._turn:
            if worker not in self._held:
                if self._registration is not None and self._connection is not None:
                    await self._registration.works_under(self._connection, self._held | {worker})
                await self._lock(worker)
                self._held.add(worker)

    async def drain(self) -> None:
        """Show that this process takes nothing new. Raises nothing for a database that is away."""
        async with self._turn:
            with contextlib.suppress(psycopg.Error):
                if self._registration is not None and self._connection is not None:
                    await self._registration.drain(self._connection)

    async def check(self) -> bool:
        """Ask the connection; after a loss connect again and take all locks anew. False when there was a loss.

        Raises nothing for a database that stays away: ask again later.
        """
        async with self._turn:
            try:
                if self._connection is not None and not self._connection.closed:
                    if self._registration is None or not await self._registration.beat(self._connection):
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
        connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True, application_name="trasloco presence")
        if self._registration is not None:
            try:
                await self._registration.begin(connection)
            except BaseException:
                await connection.close()
                raise
        return connection

    async def _lock(self, worker: int) -> None:
        assert self._connection is not None
        await self._connection.execute("SELECT pg_try_advisory_lock(%s::integer, %s::integer)", (QUEUE_WORKER, lock_number(worker)))
