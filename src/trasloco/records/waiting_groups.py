"""The accounts that wait, gathered by what can make them wait: one look at the rows that wait, whatever has ended before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

# An account waits since its run has begun, or since it might have gone on.
_GROUPS = """
WITH waiting AS (
    SELECT r.migration_id, t.source_host, t.destination_host, t.not_before > %(now)s IS TRUE AS sleeps, count(*) AS count,
        CASE WHEN t.not_before > %(now)s THEN t.failure_code ELSE '' END AS code,
        min(t.not_before) FILTER (WHERE t.not_before > %(now)s) AS until,
        min(greatest(t.not_before, coalesce(r.started_at, r.created_at))) FILTER (WHERE t.not_before > %(now)s IS NOT TRUE) AS since
    FROM trasloco_transfer t JOIN trasloco_run r ON r.id = t.run_id
    WHERE t.status = 'waiting' AND r.status IN ('waiting', 'running')
    GROUP BY 1, 2, 3, 4, 6
)
SELECT w.migration_id, m.code, coalesce((m.settings ->> 'connections_per_host')::int, %(per_source)s), w.source_host, w.destination_host,
    w.sleeps, w.code, w.count, w.until, w.since
FROM waiting w JOIN trasloco_migration m ON m.id = w.migration_id ORDER BY w.count DESC, w.migration_id, w.source_host
"""

# Of each mailbox that is being moved: who wants into the same one and waits.
_SAME_MAILBOX = """
SELECT r.migration_id, t.source_host, t.destination_host, count(*)
FROM trasloco_transfer busy JOIN trasloco_account b ON b.id = busy.account_id
JOIN trasloco_account a ON lower(a.destination_address) = lower(b.destination_address) AND a.id <> b.id
JOIN trasloco_transfer t ON t.account_id = a.id AND t.status = 'waiting' AND t.destination_host = busy.destination_host
JOIN trasloco_run r ON r.id = t.run_id AND r.status IN ('waiting', 'running')
WHERE busy.status IN ('admitted', 'running') AND (t.not_before IS NULL OR t.not_before <= %(now)s)
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class WaitingGroup:
    """Accounts of one migration, between two hosts, that wait alike.

    most: connections its migration may have to the source host. sleeps: until an hour of their own, of which ``until`` is
    the first, because of the failure ``code``. since: when the first of the others might have gone on.
    """

    migration_id: int
    migration: str
    most: int
    source_host: str
    destination_host: str
    sleeps: bool
    code: str
    count: int
    until: datetime | None
    since: datetime | None


def waiting_groups(now: datetime, per_source: int) -> list[WaitingGroup]:
    """The largest first. per_source: connections to a source host, of migrations that name no figure."""
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, {"now": now, "per_source": per_source})
        return [WaitingGroup(*row) for row in cursor.fetchall()]


def waiting_for_mailboxes(now: datetime) -> dict[tuple[int, str, str], int]:
    """How many wait because their destination mailbox is being written by another migration: by migration, source, destination."""
    with connection.cursor() as cursor:
        cursor.execute(_SAME_MAILBOX, {"now": now})
        return {(migration, source, destination): count for migration, source, destination, count in cursor.fetchall()}
