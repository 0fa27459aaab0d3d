"""How full the queues are: what is in Procrastinate's tables, by queue. Jobs that have ended are not there any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from trasloco.records.queue_names import ERRANDS, ERRANDS_AT_ONCE, QUEUES
from trasloco.records.workers import WorkerLine, Workers

# One that waits for another one under the same lock (a second check of the same migration) waits for nobody's hands.
_LINES = """
SELECT j.queue_name, count(*) FILTER (WHERE j.status = 'doing'), count(*) FILTER (WHERE w.since IS NOT NULL),
    coalesce(extract(epoch FROM clock_timestamp() - min(w.since)), 0)::float8
FROM procrastinate_jobs j LEFT JOIN LATERAL (
    SELECT greatest((SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id), j.scheduled_at) AS since
    WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())
        AND NOT EXISTS (SELECT FROM procrastinate_jobs other WHERE other.lock = j.lock AND other.status = 'doing')
) w ON true
WHERE j.status IN ('todo', 'doing') GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A queue. waiting: jobs that somebody could take. longest: seconds for which the first of them has waited, 0 when none does.
    doing: jobs in somebody's hands. workers: processes that take from it. places: jobs these can do at once."""

    name: str
    waiting: int
    longest: float
    doing: int
    workers: int
    places: int

    @property
    def full(self) -> bool:
        """Everybody who takes from it has all he can do."""
        return self.doing >= self.places


def queue_lines(workers: Workers) -> list[QueueLine]:
    """The queues of the service, and those of commands where they have jobs. Grows with the jobs in the queues: transfers come
    there only when they are admitted."""
    with connection.cursor() as cursor:
        cursor.execute(_LINES)
        found = {name: (doing, waiting, longest) for name, doing, waiting, longest in cursor.fetchall()}
    names = [*QUEUES, *sorted(found.keys() - set(QUEUES))]
    return [_line(name, *found.get(name, (0, 0, 0.0)), workers.taking(name)) for name in names]


def _line(name: str, doing: int, waiting: int, longest: float, taking: Iterable[WorkerLine]) -> QueueLine:
    sizes = [ERRANDS_AT_ONCE if name == ERRANDS else worker.concurrency for worker in taking]
    return QueueLine(name, waiting, max(0.0, longest), doing, len(sizes), sum(sizes))
