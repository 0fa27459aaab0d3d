"""Lost workers: their transfers go back to waiting, with a new fence, and are admitted again.

A worker is lost when its presence lock is gone (the process ended: known at once) or its heartbeat
is old (frozen, or cut off from the database). It may still wake up: the fence then keeps it from writing.
Jobs nobody will run are removed; a job's ticket is the fence of its admission, so an old one does nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection, transaction

from trasloco.jobs.dispatch import TASK
from trasloco.records.actions import hand_back
from trasloco.records.presence_locks import QUEUE_WORKER, STALLED_SECONDS

FETCH_SECONDS = 10  # between fetching a job and claiming its transfer
UNFETCHED_SECONDS = 120  # admitted, and no worker takes the job

# The living: registered, with a recent heartbeat and with their lock.
_ALIVE = """
WITH alive AS MATERIALIZED (
    SELECT w.id FROM procrastinate_workers w
    WHERE w.last_heartbeat > now() - make_interval(secs => %(stalled)s) AND EXISTS (
        SELECT 1 FROM pg_locks l
        WHERE l.locktype = 'advisory' AND l.classid = %(class)s AND l.objid = (w.id & 2147483647)::oid AND l.objsubid = 2
            AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
)"""

_LOST_RUNNING = f"""{_ALIVE}
SELECT t.id, t.fence FROM trasloco_transfer t
WHERE t.status = 'running' AND (t.worker IS NULL OR t.worker NOT IN (SELECT id FROM alive))
"""  # noqa: S608 - constants only

# Admitted, but its job is gone, was fetched by a worker that then died, or lies about unfetched.
_LOST_ADMITTED = f"""{_ALIVE}, young AS MATERIALIZED (
    SELECT id FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %(fetch)s)
)
SELECT t.id, t.fence FROM trasloco_transfer t
WHERE t.status = 'admitted' AND NOT EXISTS (
    SELECT 1 FROM procrastinate_jobs j
    WHERE j.task_name = %(task)s AND (j.args ->> 'transfer_id')::bigint = t.id AND (j.args ->> 'ticket')::integer = t.fence
        AND (j.status = 'todo' AND t.admitted_at > now() - make_interval(secs => %(unfetched)s)
            OR j.status = 'doing' AND (j.worker_id IN (SELECT id FROM alive) OR j.worker_id IN (SELECT id FROM young))))
"""  # noqa: S608 - constants only

# What is left in the queue and will never do anything: void tickets, and jobs of workers long gone.
_STALE_JOBS = """
DELETE FROM procrastinate_jobs j
WHERE j.task_name = %(task)s AND (
    j.status = 'todo' AND NOT EXISTS (
        SELECT 1 FROM trasloco_transfer t
        WHERE t.id = (j.args ->> 'transfer_id')::bigint AND t.status = 'admitted' AND t.fence = (j.args ->> 'ticket')::integer)
    OR j.status = 'doing' AND NOT EXISTS (
        SELECT 1 FROM procrastinate_workers w
        WHERE w.id = j.worker_id AND w.last_heartbeat > now() - make_interval(secs => %(stalled)s)))
"""

# Errands (checks, tests, verifications) whose worker is gone: they are begun again, by whoever takes them.
_LOST_ERRANDS = f"""{_ALIVE}
UPDATE procrastinate_jobs j SET status = 'todo', worker_id = NULL, scheduled_at = NULL
WHERE j.task_name <> %(task)s AND j.status = 'doing' AND (j.worker_id IS NULL OR j.worker_id NOT IN (SELECT id FROM alive))
    AND NOT EXISTS (SELECT 1 FROM procrastinate_workers w
        WHERE w.id = j.worker_id AND w.last_heartbeat > now() - make_interval(secs => %(fetch)s))
"""  # noqa: S608 - constants only

_FORGOTTEN = """
SELECT id, fence FROM trasloco_transfer WHERE status = 'running' AND worker = ANY(%(workers)s) AND NOT id = ANY(%(in_hand)s)
"""

_ADMITTED_OF = "SELECT id, fence FROM trasloco_transfer WHERE status = 'admitted' AND run_id = ANY(%(runs)s)"


def recover() -> list[int]:
    """Hand back the transfers of lost workers and clean the queue; returns the ids of those transfers."""
    values: dict[str, int | str] = {
        "class": QUEUE_WORKER,
        "stalled": STALLED_SECONDS,
        "fetch": FETCH_SECONDS,
        "unfetched": UNFETCHED_SECONDS,
        "task": TASK,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        lost: list[tuple[int, int]] = []
        for statement in (_LOST_RUNNING, _LOST_ADMITTED):
            cursor.execute(statement, values)
            lost += cursor.fetchall()
        moved = hand_back(lost)
        cursor.execute(_STALE_JOBS, values)
        cursor.execute(_LOST_ERRANDS, values)
        return moved


def hand_back_forgotten(workers: Collection[int], in_hand: Collection[int]) -> list[int]:
    """Running under one of ``workers``, which are ours, but nobody here has it: its end could not be written."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FORGOTTEN, {"workers": list(workers), "in_hand": list(in_hand)})
        return hand_back(cursor.fetchall())


def hand_back_admitted(runs: Collection[int]) -> list[int]:
    """Admitted and not started: they wait again, so that they take nobody's place while no one works for their runs."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ADMITTED_OF, {"runs": list(runs)})
        moved = hand_back(cursor.fetchall())
        cursor.execute(_STALE_JOBS, {"task": TASK, "stalled": STALLED_SECONDS})
        return moved
