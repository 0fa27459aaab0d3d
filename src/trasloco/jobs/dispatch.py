"""Admission: which waiting transfers may start now. Record and job change in one transaction.

Transfers wait as rows. One short transaction admits as many as the caps of source host, destination
host and the worker leave room for, in the order of the lines so that no run starves another, and defers
their jobs. It is called when a run starts, when a transfer ends, and on every tick of a worker. Two transfers into
the same mailbox, of whatever migrations, are never under way at once: the second waits. So do those of a migration
outside its hours. The cap of a source host counts connections; a server that said it was too much has a lower one.

The advisory lock is taken in a statement of its own: counting in the same statement would see a
snapshot from before the lock.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection, transaction
from procrastinate import tasks
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager
from procrastinate.types import JSONDict

from trasloco.records import clock
from trasloco.records.actions import begin_run
from trasloco.records.connections import PER_DESTINATION, PER_HOST, lock_admission
from trasloco.records.models import MailMigration, Run
from trasloco.records.pacing import closed_migrations
from trasloco.records.queue_names import TRANSFERS, queue_name

TASK = "trasloco.transfer"


@dataclass(frozen=True, slots=True)
class Caps:
    """How many at once: transfers in all (of a worker that says how many it has free, that counts instead), connections to one
    source host, transfers into one destination host.

    A migration whose settings name ``connections_per_host``, of its type of source, has that instead of ``per_source``."""

    total: int = 20
    per_source: int = PER_HOST
    per_destination: int = PER_DESTINATION


_READY = """
WITH busy AS MATERIALIZED (
    SELECT t.source_host, t.destination_host, t.connections, lower(a.destination_address) AS mailbox
    FROM trasloco_transfer t JOIN trasloco_account a ON a.id = t.account_id WHERE t.status IN ('admitted', 'running')
), sources AS (
    SELECT source_host, sum(connections) AS busy FROM busy GROUP BY 1
), destinations AS (
    SELECT destination_host, count(*) AS busy FROM busy GROUP BY 1
), by_mailbox AS (
    SELECT t.id, t.source_host, t.destination_host, a.line,
        least(coalesce((m.settings ->> 'connections_per_host')::int, %(per_source)s), source.connections) AS most,
        least(%(per_destination)s, destination.connections) AS most_there,
        row_number() OVER (PARTITION BY t.destination_host, lower(a.destination_address) ORDER BY t.id) AS place
    FROM trasloco_transfer t
    JOIN trasloco_run r ON r.id = t.run_id
    JOIN trasloco_migration m ON m.id = r.migration_id
    JOIN trasloco_account a ON a.id = t.account_id
    LEFT JOIN trasloco_host_pace source ON source.host = t.source_host
    LEFT JOIN trasloco_host_pace destination ON destination.host = t.destination_host
    WHERE t.status = 'waiting' AND (t.not_before IS NULL OR t.not_before <= now()) AND r.status IN ('waiting', 'running')
        AND NOT m.id = ANY(%(closed)s::bigint[])
        AND (%(runs)s::bigint[] IS NULL OR t.run_id = ANY(%(runs)s::bigint[]))
        AND NOT EXISTS (
            SELECT FROM busy WHERE busy.destination_host = t.destination_host AND busy.mailbox = lower(a.destination_address)
        )
), by_source AS (
    SELECT w.id, w.destination_host, w.line, w.most, w.most_there,
        coalesce(s.busy, 0) + row_number() OVER (PARTITION BY w.source_host ORDER BY w.line, w.id) AS place
    FROM by_mailbox w LEFT JOIN sources s ON s.source_host = w.source_host
    WHERE w.place = 1
), by_destination AS (
    SELECT w.id, w.line, w.most_there,
        coalesce(d.busy, 0) + row_number() OVER (PARTITION BY w.destination_host ORDER BY w.line, w.id) AS place
    FROM by_source w LEFT JOIN destinations d ON d.destination_host = w.destination_host
    WHERE w.place <= w.most
)
SELECT id FROM by_destination WHERE place <= most_there
ORDER BY line, id
LIMIT %(room)s
"""

# Asked first: with a worker fully busy, a tick must not look through a hundred thousand waiting rows.
_BUSY = """
SELECT count(*), count(*) FILTER (WHERE status = 'admitted') FROM trasloco_transfer
WHERE status IN ('admitted', 'running') AND (%(runs)s::bigint[] IS NULL OR run_id = ANY(%(runs)s::bigint[]))
"""

_ADMIT = """
UPDATE trasloco_transfer SET status = 'admitted', admitted_at = now(), connections = 1
WHERE id = ANY(%s) AND status = 'waiting' RETURNING id, fence, run_id
"""

_RUNNING = """
UPDATE trasloco_run SET status = 'running', started_at = coalesce(started_at, now()) WHERE id = ANY(%s) AND status = 'waiting'
"""


def start(migration: MailMigration, caps: Caps | None = None) -> Run:
    """Begin or go on with the migration's run and admit its first transfers, all or nothing."""
    with transaction.atomic():
        run = begin_run(migration)
        admit(caps or Caps(), [run.pk])
        return run


def admit(caps: Caps, runs: Collection[int] | None = None, free: int | None = None) -> int:
    """Admit what there is room for and defer its jobs; returns how many. runs: only these (None: all).

    ``caps.total`` counts within ``runs``; the caps of hosts count everything. free: transfers that the worker that asks could
    begin now. So many are admitted, less those that wait for a worker already, and ``caps.total`` does not count: with
    each worker that joins, so many more are under way, and with each that leaves fewer.
    """
    if free is not None and free <= 0:
        return 0
    scope = None if runs is None else list(runs)
    with transaction.atomic(), connection.cursor() as cursor:
        lock_admission()
        cursor.execute(_BUSY, {"runs": scope})
        busy, admitted_already = cursor.fetchone()
        room = caps.total - busy if free is None else free - admitted_already
        if room <= 0:
            return 0
        limits = {"per_source": caps.per_source, "per_destination": caps.per_destination, "room": room}
        cursor.execute(_READY, {**limits, "runs": scope, "closed": closed_migrations(clock.now())})
        ready = [row[0] for row in cursor.fetchall()]
        if not ready:
            return 0
        cursor.execute(_ADMIT, [ready])
        admitted = cursor.fetchall()
        cursor.execute(_RUNNING, [list({run for _, _, run in admitted})])
        _defer(admitted, own=scope is not None)
        return len(admitted)


def _defer(admitted: list[tuple[int, int, int]], *, own: bool) -> None:
    """Their jobs, through Django's own connection and so in its transaction. The ticket is the fence now.

    own: in the queues of their runs, for whoever works for these alone.
    """
    manager = JobManager(DjangoConnector())
    order = {transfer: place for place, (transfer, _, _) in enumerate(sorted(admitted))}
    for run in sorted({run for _, _, run in admitted}):
        mine = sorted((row for row in admitted if row[2] == run), key=lambda row: order[row[0]])
        deferrer = tasks.configure_task(name=TASK, job_manager=manager, queue=queue_name(run) if own else TRANSFERS)
        arguments: list[JSONDict] = [{"transfer_id": transfer, "ticket": fence} for transfer, fence, _ in mine]
        deferrer.batch_defer(*arguments)
