"""Admission: which waiting transfers may start now. Record and job change in one transaction.

Transfers wait as rows. One short transaction admits as many as the caps leave room for, in a fair order (``plan.shares``),
and defers their jobs, so that the queue never holds more than somebody has hands for, in the order in which they are to
begin. It is called when a run starts, when a transfer ends, and on every tick of a worker. Two transfers into
the same mailbox, of whatever migrations, are never under way at once: the second waits. So do those of a migration
outside its hours.

What waits is found lane by lane (a run's transfers from one source host, the large ones apart) by an index of which only the
beginnings are read: a lane whose caps are reached costs one look, however many wait in it.

The advisory lock is taken in a statement of its own: counting in the same statement would see a
snapshot from before the lock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from django.db import connection, transaction
from procrastinate import tasks
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager
from procrastinate.types import JSONDict

from trasloco.plan.shares import Caps, Lane, Occupancy, Places, choose, in_turn
from trasloco.records import clock
from trasloco.records.actions import begin_run
from trasloco.records.connections import lock_admission
from trasloco.records.models import MailMigration, Run
from trasloco.records.pacing import closed_migrations
from trasloco.records.queue_names import TRANSFERS, queue_name
from trasloco.records.shares import Own, caps_now, occupancy, source_cap

TASK = "trasloco.transfer"

AT_ONCE = 20
"""Transfers of one worker, where it was not told otherwise."""

LOOKED_INTO = 2
"""Lanes for each place that is free, at a time: enough that the fair order among them is that among all."""

# Asked first: with a worker fully busy, a tick must not look through a hundred thousand waiting rows.
_BUSY = """
SELECT count(*), count(*) FILTER (WHERE status = 'admitted') FROM trasloco_transfer
WHERE status IN ('admitted', 'running') AND (%(runs)s::bigint[] IS NULL OR run_id = ANY(%(runs)s::bigint[]))
"""

_WAKE = "UPDATE trasloco_transfer SET not_before = NULL WHERE status = 'waiting' AND not_before <= now()"

# From one lane to the next by the index, never over the rows of a lane. All transfers of a run go to the same destination host.
_LANES = """
WITH RECURSIVE open AS MATERIALIZED (
    SELECT r.id, m.customer_id, (m.settings ->> 'connections_per_host')::int AS own,
        c.most_transfers, c.most_connections, coalesce(c.share, 1) AS share
    FROM trasloco_run r JOIN trasloco_migration m ON m.id = r.migration_id LEFT JOIN trasloco_customer c ON c.id = m.customer_id
    WHERE r.status IN ('waiting', 'running') AND NOT m.id = ANY(%(closed)s::bigint[])
        AND (%(runs)s::bigint[] IS NULL OR r.id = ANY(%(runs)s::bigint[]))
), lane AS (
    SELECT o.id AS run_id, first.* FROM open o CROSS JOIN LATERAL (
        SELECT t.large, t.source_host, t.destination_host, t.id FROM trasloco_transfer t
        WHERE t.run_id = o.id AND t.status = 'waiting' AND t.not_before IS NULL
        ORDER BY t.run_id, t.large, t.source_host, t.id LIMIT 1
    ) first
    UNION ALL
    SELECT l.run_id, next.* FROM lane l CROSS JOIN LATERAL (
        SELECT t.large, t.source_host, t.destination_host, t.id FROM trasloco_transfer t
        WHERE t.run_id = l.run_id AND t.status = 'waiting' AND t.not_before IS NULL
            AND (t.large, t.source_host) > (l.large, l.source_host)
        ORDER BY t.run_id, t.large, t.source_host, t.id LIMIT 1
    ) next
)
SELECT l.run_id, o.customer_id, l.source_host, l.destination_host, l.large, l.id,
    o.own, source.connections, destination.connections, o.most_transfers, o.most_connections, o.share,
    coalesce((
        SELECT extract(epoch FROM t.admitted_at) FROM trasloco_transfer t
        WHERE t.run_id = l.run_id AND t.admitted_at IS NOT NULL ORDER BY t.run_id DESC, t.admitted_at DESC LIMIT 1
    ), 0)
FROM lane l JOIN open o ON o.id = l.run_id
LEFT JOIN trasloco_host_pace source ON source.host = l.source_host
LEFT JOIN trasloco_host_pace destination ON destination.host = l.destination_host
"""

# The first of each lane, without those whose mailbox another transfer is working on, or an older one waits for. One step of the
# index for each, as the planner would else read and sort a whole lane to find its first few.
# Compared as rows: with equal columns the planner may walk the primary key through all that has ended, until the next VACUUM.
_FIRST = """
WITH RECURSIVE walk AS (
    SELECT l.*, 0::bigint AS id, 0 AS found, false AS free
    FROM unnest(%(lanes)s::int[], %(runs)s::bigint[], %(large)s::boolean[], %(hosts)s::text[], %(most)s::int[])
        AS l (lane, run_id, large, source_host, most)
    UNION ALL
    SELECT w.lane, w.run_id, w.large, w.source_host, w.most, next.id, w.found + next.free::int, next.free
    FROM walk w CROSS JOIN LATERAL (
        SELECT t.id, (
            SELECT o.id FROM trasloco_account a
            JOIN trasloco_account b ON lower(b.destination_address) = lower(a.destination_address)
            JOIN trasloco_transfer o ON o.account_id = b.id
            WHERE a.id = t.account_id AND o.destination_host = t.destination_host
                AND (o.status IN ('admitted', 'running')
                    OR o.status = 'waiting' AND o.not_before IS NULL AND o.id < t.id AND o.run_id = ANY(%(open)s::bigint[]))
            LIMIT 1
        ) IS NULL AS free
        FROM trasloco_transfer t
        WHERE (t.run_id, t.large, t.source_host, t.id) > (w.run_id, w.large, w.source_host, w.id)
            AND (t.run_id, t.large, t.source_host) <= (w.run_id, w.large, w.source_host)
            AND t.status = 'waiting' AND t.not_before IS NULL
        ORDER BY t.run_id, t.large, t.source_host, t.id LIMIT 1
    ) next
    WHERE w.found < w.most
)
SELECT lane, id FROM walk WHERE free
"""

_ADMIT = """
UPDATE trasloco_transfer SET status = 'admitted', admitted_at = now(), connections = 1
WHERE id = ANY(%s) AND status = 'waiting' RETURNING id, fence, run_id
"""

_RUNNING = """
UPDATE trasloco_run SET status = 'running', started_at = coalesce(started_at, now()) WHERE id = ANY(%s) AND status = 'waiting'
"""


def start(migration: MailMigration, caps: Caps | None = None, total: int = AT_ONCE) -> Run:
    """Begin or go on with the migration's run and admit its first transfers, all or nothing."""
    with transaction.atomic():
        run = begin_run(migration)
        admit(caps, [run.pk], total=total)
        return run


def admit(caps: Caps | None = None, runs: Collection[int] | None = None, *, total: int = AT_ONCE, free: int | None = None) -> int:
    """Admit what there is room for and defer its jobs; returns how many. caps: None = the installation's. runs: only these (None: all).

    total: transfers at once within ``runs``; the caps count everything. free: transfers that the worker that asks could
    begin now. So many are admitted, less those that wait for a worker already, and ``total`` does not count: with
    each worker that joins, so many more are under way, and with each that leaves fewer.
    """
    if free is not None and free <= 0:
        return 0
    scope = None if runs is None else list(runs)
    with transaction.atomic(), connection.cursor() as cursor:
        lock_admission()
        cursor.execute(_BUSY, {"runs": scope})
        busy, admitted_already = cursor.fetchone()
        room = total - busy if free is None else free - admitted_already
        if room <= 0:
            return 0
        cursor.execute(_WAKE)
        held, now = caps or caps_now(), occupancy()
        if now.everything.room(held.everything, large=False) == 0:
            return 0
        places = Places(total if free is None else busy + room, None if scope is None else frozenset(scope))
        chosen = _choose(_open_lanes(scope, held), now, held, room, places)
        if not chosen:
            return 0
        cursor.execute(_ADMIT, [chosen])
        admitted = {row[0]: row for row in cursor.fetchall()}
        cursor.execute(_RUNNING, [list({run for _, _, run in admitted.values()})])
        _defer([admitted[each] for each in chosen if each in admitted], own=scope is not None)
        return len(admitted)


def _open_lanes(runs: list[int] | None, caps: Caps) -> list[Lane]:
    """Where something waits that may begin by its hour, without what waits there."""
    with connection.cursor() as cursor:
        cursor.execute(_LANES, {"runs": runs, "closed": closed_migrations(clock.now())})
        return [_lane(caps, *row) for row in cursor.fetchall()]


def _lane(caps: Caps, run: int, customer: int | None, source: str, destination: str, large: bool, first: int, *figures: Any) -> Lane:
    own, slowed, slowed_there, transfers, connections, share, let_in = figures
    mine = Own(transfers, connections, share)
    return Lane(
        run=run,
        customer=customer,
        source=source,
        destination=destination,
        large=large,
        at_source=source_cap(caps, own, slowed),
        at_destination=caps.destination.narrowed(slowed_there),
        of_customer=mine.cap(caps),
        share=share,
        let_in=float(let_in),
        waiting=(first,),
    )


def _choose(lanes: Sequence[Lane], now: Occupancy, caps: Caps, room: int, places: Places) -> list[int]:
    """Ids in the order in which they begin. Of many lanes those are looked into first whose turn is near; of the others only
    as many as it takes to use the room."""
    chosen: list[int] = []
    open_runs = sorted({lane.run for lane in lanes})
    waiting = [lane for lane in in_turn(lanes, now) if now.room(lane, caps) != 0]
    while waiting and len(chosen) < room:
        some, waiting = waiting[: LOOKED_INTO * room], waiting[LOOKED_INTO * room :]
        chosen += choose(_with_waiting(some, open_runs, now, caps, room - len(chosen)), now, caps, room - len(chosen), places)
    return chosen


def _with_waiting(lanes: Sequence[Lane], open_runs: Sequence[int], now: Occupancy, caps: Caps, room: int) -> list[Lane]:
    """Each with as many that wait as could be chosen."""
    rooms = [now.room(lane, caps) for lane in lanes]
    values: dict[str, Any] = {
        "lanes": list(range(len(lanes))),
        "runs": [lane.run for lane in lanes],
        "large": [lane.large for lane in lanes],
        "hosts": [lane.source for lane in lanes],
        "most": [room if each is None else min(each, room) for each in rooms],
        "open": list(open_runs),
    }
    found: dict[int, list[int]] = {index: [] for index in range(len(lanes))}
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, values)
        for index, transfer in cursor.fetchall():
            found[index].append(transfer)
    return [replace(lanes[index], waiting=sorted(waiting)) for index, waiting in found.items()]


def _defer(admitted: Sequence[tuple[int, int, int]], *, own: bool) -> None:
    """Their jobs in this order, through Django's own connection and so in its transaction. The ticket is the fence now.

    own: in the queues of their runs, for whoever works for these alone.
    """
    manager = JobManager(DjangoConnector())
    queues: dict[str, list[JSONDict]] = {}
    for transfer, fence, run in admitted:
        queues.setdefault(queue_name(run) if own else TRANSFERS, []).append({"transfer_id": transfer, "ticket": fence})
    for queue, arguments in queues.items():
        tasks.configure_task(name=TASK, job_manager=manager, queue=queue).batch_defer(*arguments)
