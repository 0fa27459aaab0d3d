"""Worker processes as the database sees them, without any: a row each, and the lock of those that are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from trasloco.project.database import Database
from trasloco.records.presence_locks import PROCESS, lock_number


@pytest.fixture
def lock(clean_database: Database) -> Iterator[Callable[[int, int], None]]:
    """Takes a lock of a class and an id as a living worker does; all are let go at the end."""
    with psycopg.connect(clean_database.conninfo, autocommit=True) as connection:

        def take(kind: int, key: int) -> None:
            connection.execute("SELECT pg_advisory_lock(%s::integer, %s::integer)", (kind, lock_number(key)))

        yield take


@pytest.fixture
def process(lock: Callable[[int, int], None]) -> Callable[..., Any]:
    """Makes a process that takes from both queues. there: it holds its lock; else it is lost. values: of its row."""

    def make(*, there: bool = True, **values: Any) -> Any:
        from trasloco import __version__
        from trasloco.records.clock import now
        from trasloco.records.models import WorkerProcess

        usual = {"machine": "mail1", "pid": 7, "version": __version__, "concurrency": 5, "queues": ["transfers", "errands"]}
        times = {"started_at": now(), "seen_at": now() + timedelta(minutes=10)}  # it gives signs of life as long as a test may last
        made = WorkerProcess.objects.create(**{**times, **usual, **values})
        if there:
            lock(PROCESS, made.pk)
        return made

    return make
