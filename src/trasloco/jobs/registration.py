"""The row by which an operator sees this process (``records.models.WorkerProcess``), on the connection of its presence.

Nothing depends on it: a process whose row is gone writes another one, and goes on.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from trasloco import __version__
from trasloco.records.presence_locks import PROCESS, lock_number

BEAT_SECONDS = 3.0

_REGISTER = """
INSERT INTO trasloco_worker_process (machine, pid, version, concurrency, queues, queue_workers, started_at, seen_at, draining_at)
VALUES (%(machine)s, %(pid)s, %(version)s, %(concurrency)s, %(queues)s, %(workers)s, now(), now(), CASE WHEN %(draining)s THEN now() END)
RETURNING id
"""
_BEAT = "UPDATE trasloco_worker_process SET seen_at = now(), queue_workers = %(workers)s WHERE id = %(id)s"
_DRAIN = "UPDATE trasloco_worker_process SET draining_at = coalesce(draining_at, now()) WHERE id = %(id)s"
_REMOVE = "DELETE FROM trasloco_worker_process WHERE id = %(id)s"
_LOCK = "SELECT pg_try_advisory_lock(%s::integer, %s::integer)"


@dataclass(frozen=True, slots=True)
class About:
    """What is said of this process. concurrency: transfers at once."""

    machine: str
    pid: int
    version: str
    concurrency: int
    queues: tuple[str, ...]

    @classmethod
    def this_process(cls, concurrency: int, queues: Sequence[str]) -> About:
        """The process that calls."""
        return cls(socket.gethostname(), os.getpid(), __version__, concurrency, tuple(queues))


class Registration:
    """Each method takes the connection and raises ``psycopg.Error`` when the database is away."""

    def __init__(self, about: About) -> None:
        self._about = about
        self._id: int | None = None
        self._workers: list[int] = []
        self._draining = False
        self._beaten = 0.0

    async def begin(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """On a new connection: be seen, under the row there was before if it is still there."""
        if self._id is None or not await self._said(connection, _BEAT):
            await self._register(connection)
        assert self._id is not None
        self._beaten = time.monotonic()
        await connection.execute(_LOCK, (PROCESS, lock_number(self._id)))

    async def beat(self, connection: psycopg.AsyncConnection[Any]) -> bool:
        """A sign of life if the last one is old enough; False: nothing was asked of the database."""
        if time.monotonic() - self._beaten < BEAT_SECONDS:
            return False
        await self._beat(connection)
        return True

    async def works_under(self, connection: psycopg.AsyncConnection[Any], workers: Collection[int]) -> None:
        """These are the ids of its Procrastinate workers."""
        self._workers = sorted(workers)
        await self._beat(connection)

    async def drain(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """It takes nothing new."""
        self._draining = True
        await self._said(connection, _DRAIN)

    async def end(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """It goes, and everybody may know."""
        await self._said(connection, _REMOVE)

    async def _beat(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._beaten = time.monotonic()
        if not await self._said(connection, _BEAT):
            await self.begin(connection)

    async def _register(self, connection: psycopg.AsyncConnection[Any]) -> None:
        about = self._about
        values = {
            "machine": about.machine,
            "pid": about.pid,
            "version": about.version,
            "concurrency": about.concurrency,
            "queues": list(about.queues),
            "workers": self._workers,
            "draining": self._draining,
        }
        cursor = await connection.execute(_REGISTER, values)
        row = await cursor.fetchone()
        assert row is not None
        self._id = row[0]

    async def _said(self, connection: psycopg.AsyncConnection[Any], statement: str) -> bool:
        """False: the row is gone."""
        cursor = await connection.execute(statement, {"id": self._id, "workers": self._workers})
        return cursor.rowcount == 1
