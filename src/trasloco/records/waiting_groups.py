"""The accounts that wait, gathered by what can make them wait: one look at the rows that wait, whatever has ended before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from trasloco.plan.shares import Caps, Lane
from trasloco.records.models import HostPace
from trasloco.records.shares import Own, source_cap

# An account waits since its run has begun, or since it might have gone on.
_GROUPS = """
WITH waiting AS (
    SELECT t.run_id, t.source_host, t.destination_host, t.large, t.not_before > %(now)s IS TRUE AS sleeps, count(*) AS count,
        CASE WHEN t.not_before > %(now)s THEN t.failure_code ELSE '' END AS code,
        min(t.not_before) FILTER (WHERE t.not_before > %(now)s) AS until,
        min(greatest(t.not_before, coalesce(r.started_at, r.created_at))) FILTER (WHERE t.not_before > %(now)s IS NOT TRUE) AS since
    FROM trasloco_transfer t JOIN trasloco_run r ON r.id = t.run_id
    WHERE t.status = 'waiting' AND r.status IN ('waiting', 'running')
    GROUP BY 1, 2, 3, 4, 5, 7
)
SELECT r.migration_id, m.code, m.customer_id, coalesce(c.name, ''), w.count, w.sleeps, w.code, w.until, w.since,
    w.run_id, w.source_host, w.destination_host, w.large,
    (m.settings ->> 'connections_per_host')::int, c.most_transfers, c.most_connections
FROM waiting w JOIN trasloco_run r ON r.id = w.run_id JOIN trasloco_migration m ON m.id = r.migration_id
LEFT JOIN trasloco_customer c ON c.id = m.customer_id ORDER BY w.count DESC, w.run_id, w.source_host
"""

# Of each mailbox that is being moved: who wants into the same one and waits.
_SAME_MAILBOX = """
SELECT t.run_id, t.source_host, t.destination_host, t.large, count(*)
FROM trasloco_transfer busy JOIN trasloco_account b ON b.id = busy.account_id
JOIN trasloco_account a ON lower(a.destination_address) = lower(b.destination_address) AND a.id <> b.id
JOIN trasloco_transfer t ON t.account_id = a.id AND t.status = 'waiting' AND t.destination_host = busy.destination_host
JOIN trasloco_run r ON r.id = t.run_id AND r.status IN ('waiting', 'running')
WHERE busy.status IN ('admitted', 'running') AND (t.not_before IS NULL OR t.not_before <= %(now)s)
GROUP BY 1, 2, 3, 4
"""

Place = tuple[int, str, str, bool]
"""Run, source host, destination host, large."""


@dataclass(frozen=True, slots=True)
class WaitingGroup:
    """Accounts of one run, between two hosts, that wait alike.

    lane: with the caps that hold for it. own: connections its migration names for the source host. sleeps: until an hour of
    their own, of which ``until`` is the first, because of the failure ``code``. since: when the first of the others might have gone on.
    """

    migration_id: int
    migration: str
    customer: str
    count: int
    sleeps: bool
    code: str
    until: datetime | None
    since: datetime | None
    own: int | None
    lane: Lane

    @property
    def place(self) -> Place:
        return self.lane.run, self.lane.source, self.lane.destination, self.lane.large


def waiting_groups(now: datetime, caps: Caps) -> list[WaitingGroup]:
    """The largest first."""
    slowed = dict(HostPace.objects.values_list("host", "connections"))
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, {"now": now})
        return [_group(caps, slowed, *row) for row in cursor.fetchall()]


def waiting_for_mailboxes(now: datetime) -> dict[Place, int]:
    """How many wait because their destination mailbox is being written by another migration."""
    with connection.cursor() as cursor:
        cursor.execute(_SAME_MAILBOX, {"now": now})
        return {(run, source, destination, large): count for run, source, destination, large, count in cursor.fetchall()}


def _group(
    caps: Caps,
    slowed: dict[str, float],
    migration_id: int,
    migration: str,
    customer_id: int | None,
    customer: str,
    count: int,
    sleeps: bool,
    code: str,
    until: datetime | None,
    since: datetime | None,
    *lane: Any,
) -> WaitingGroup:
    """A row of ``_GROUPS``."""
    run, source, destination, large, own, transfers, connections = lane
    at = Lane(
        run=run,
        customer=customer_id,
        source=source,
        destination=destination,
        large=large,
        at_source=source_cap(caps, own, slowed.get(source)),
        at_destination=caps.destination.narrowed(slowed.get(destination)),
        of_customer=Own(transfers, connections).cap(caps),
    )
    return WaitingGroup(migration_id, migration, customer, count, sleeps, code, until, since, own, at)
