"""Which processes work, what each has in hand, and how it is with them: for the operator's eyes, in one query.

A process is there as long as it holds its lock; what it says of itself stands in its row. Workers of a version that wrote
no such row are counted by the locks they hold, so that an upgrade does not look like an outage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import psycopg
from django.db import connection

from trasloco.records.models import WorkerProcess
from trasloco.records.presence_locks import CLASSES, HELD, STALLED_SECONDS
from trasloco.records.queue_names import ERRANDS, QUEUES

LOST_SECONDS = 3600.0
"""For which a process that went without a word is still told of."""

_LINES = f"""
WITH held AS MATERIALIZED ({HELD}), running AS MATERIALIZED (
    SELECT worker, count(*) AS count FROM trasloco_transfer WHERE status = 'running' GROUP BY 1
), errands AS MATERIALIZED (
    SELECT worker_id, count(*) AS count FROM procrastinate_jobs WHERE status = 'doing' AND queue_name = %(errands)s GROUP BY 1
)
SELECT p.id, p.machine, p.pid, p.version, p.concurrency, p.queues, p.started_at, p.seen_at, p.draining_at,
    extract(epoch FROM clock_timestamp() - p.seen_at)::float8,
    EXISTS (SELECT FROM held h WHERE h.class = %(process)s AND h.number = p.id & 2147483647),
    (SELECT coalesce(sum(r.count), 0)::int FROM running r WHERE r.worker = ANY(p.queue_workers)),
    (SELECT coalesce(sum(e.count), 0)::int FROM errands e WHERE e.worker_id = ANY(p.queue_workers))
FROM trasloco_worker_process p ORDER BY p.machine, p.pid, p.id
"""  # noqa: S608 - constants only

_UNNAMED = f"""
WITH held AS MATERIALIZED ({HELD})
SELECT count(*) FROM procrastinate_workers w JOIN held h ON h.class = %(queue_worker)s AND h.number = w.id & 2147483647
WHERE w.last_heartbeat > now() - make_interval(secs => %(stalled)s)
    AND NOT EXISTS (SELECT FROM trasloco_worker_process p WHERE w.id = ANY(p.queue_workers))
"""  # noqa: S608 - constants only

# pid: of this one process of a machine; None: anybody who takes what the panel asks for.
_SOMEBODY = f"""
WITH held AS MATERIALIZED ({HELD})
SELECT EXISTS (
    SELECT FROM trasloco_worker_process p JOIN held h ON h.class = %(process)s AND h.number = p.id & 2147483647
    WHERE p.seen_at > now() - make_interval(secs => %(stalled)s) AND p.draining_at IS NULL AND p.queues && %(queues)s::text[]
        AND (%(pid)s::integer IS NULL OR p.pid = %(pid)s::integer AND p.machine = %(machine)s)
) OR %(pid)s::integer IS NULL AND ({_UNNAMED}) > 0
"""  # noqa: S608 - constants only

_FORGET = f"""
WITH held AS MATERIALIZED ({HELD})
DELETE FROM trasloco_worker_process p WHERE p.seen_at < %(before)s
    AND NOT EXISTS (SELECT FROM held h WHERE h.class = %(process)s AND h.number = p.id & 2147483647)
"""  # noqa: S608 - constants only


class WorkerState(StrEnum):
    """working: it takes what there is. draining: it puts down what it has. frozen: its connection is there, its signs of life
    are not. lost: it went without a word."""

    WORKING = "working"
    DRAINING = "draining"
    FROZEN = "frozen"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class WorkerLine:
    """A worker process. concurrency: transfers at once. transfers, errands: what it has in hand. silent: seconds since its last
    sign of life, of which there is one every 3 s."""

    id: int
    machine: str
    pid: int
    version: str
    concurrency: int
    queues: tuple[str, ...]
    started_at: datetime
    seen_at: datetime
    draining_at: datetime | None
    silent: float
    state: WorkerState
    transfers: int
    errands: int

    def takes(self, queue: str) -> bool:
        """Would it take a job of this queue?"""
        return self.state is WorkerState.WORKING and queue in self.queues

    @property
    def free(self) -> int:
        """Transfers it could begin now."""
        return max(0, self.concurrency - self.transfers) if self.state is WorkerState.WORKING else 0


@dataclass(frozen=True, slots=True)
class Workers:
    """lines: processes, lost ones too. unnamed: workers alive of a version that did not say who it is."""

    lines: tuple[WorkerLine, ...]
    unnamed: int

    def taking(self, queue: str) -> list[WorkerLine]:
        """Those that take jobs of this queue."""
        return [line for line in self.lines if line.takes(queue)]

    def anybody(self, queues: Sequence[str]) -> bool:
        """Is somebody there for one of these queues?"""
        return bool(self.unnamed) or any(self.taking(queue) for queue in queues)


def workers() -> Workers:
    """All that are there or were lost within the last hour. Two queries, of which none grows with the work that waits."""
    values: dict[str, Any] = {**CLASSES, "errands": ERRANDS, "stalled": STALLED_SECONDS}
    with connection.cursor() as cursor:
        cursor.execute(_LINES, values)
        lines = [_line(*row) for row in cursor.fetchall()]
        cursor.execute(_UNNAMED, values)
        unnamed = cursor.fetchone()[0]
    return Workers(tuple(line for line in lines if line.state is not WorkerState.LOST or line.silent < LOST_SECONDS), unnamed)


def somebody_works(asked: psycopg.Connection[Any], pid: int | None = None, machine: str = "") -> bool:
    """Is a worker there that takes new work: whichever, or this process of this machine?

    On a connection of one's own, so that it says something about the database and not about a busy pool. Raises ``psycopg.Error``.
    """
    values: dict[str, Any] = {**CLASSES, "stalled": STALLED_SECONDS, "queues": list(QUEUES), "pid": pid, "machine": machine}
    row = asked.execute(_SOMEBODY, values).fetchone()
    return row is not None and bool(row[0])


def forget_workers(now: datetime) -> int:
    """Remove the rows of processes that were lost long ago; returns how many."""
    if not WorkerProcess.objects.filter(seen_at__lt=now - timedelta(seconds=LOST_SECONDS)).exists():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {**CLASSES, "before": now - timedelta(seconds=LOST_SECONDS)})
        return int(cursor.rowcount)


def _line(
    pk: int,
    machine: str,
    pid: int,
    version: str,
    concurrency: int,
    queues: list[str],
    started_at: datetime,
    seen_at: datetime,
    draining_at: datetime | None,
    silent: float,
    held: bool,
    transfers: int,
    errands: int,
) -> WorkerLine:
    """A row of ``_LINES``."""
    if not held:
        state = WorkerState.LOST
    elif silent > STALLED_SECONDS:
        state = WorkerState.FROZEN
    else:
        state = WorkerState.DRAINING if draining_at is not None else WorkerState.WORKING
    times = (started_at, seen_at, draining_at)
    return WorkerLine(pk, machine, pid, version, concurrency, tuple(queues), *times, max(0.0, silent), state, transfers, errands)
