"""How the database knows that a worker lives: session advisory locks that ``jobs.presence`` holds, and that go with its connection.

A lock has two keys, its class and an id. Beside it a sign of life is needed for what is frozen and keeps its connection.
"""

from __future__ import annotations

QUEUE_WORKER = 0x7472_6173
"""Class of the locks of Procrastinate's workers, of which a process has one for each queue."""

PROCESS = 0x7472_6175
"""Class of the locks of processes (``WorkerProcess``)."""

STALLED_SECONDS = 30
"""Without a sign of life, until a worker that holds its lock counts as frozen."""

HELD = """
SELECT l.classid::bigint AS class, l.objid::bigint AS number FROM pg_locks l
WHERE l.locktype = 'advisory' AND l.classid IN (%(queue_worker)s, %(process)s) AND l.objsubid = 2
    AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
"""A query for class and number of all that are held; its values are ``CLASSES``."""

CLASSES = {"queue_worker": QUEUE_WORKER, "process": PROCESS}


def lock_number(key: int) -> int:
    """Ids are bigints, the second key of a lock an integer."""
    return key & 0x7FFF_FFFF
