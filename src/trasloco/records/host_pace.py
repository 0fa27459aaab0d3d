"""What all workers keep to at a server that said it was too much: half of it at once, a little more every quiet minute.

First the connections are halved, down to one; then the bytes per second. Several accounts that hear the same within a few
seconds have heard it once. Every change is one conditional statement, so that of many workers one does it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from trasloco.records.models import HostPace

ONCE = timedelta(seconds=15)
"""Within which all that a server says is one signal."""

QUIET = timedelta(seconds=60)
"""After which a server that says nothing gets a little more."""

MORE_BYTES = 64 * 1024
LEAST_BYTES = 16 * 1024
"""Per second: what is added, and what is never gone below."""

FORGIVEN_CONNECTIONS, FORGIVEN_BYTES = 64, 16 * 1024 * 1024
"""From which there is nothing left to be kept."""

_SIGNAL = """
WITH busy AS (
    SELECT coalesce(sum(connections), 1)::float8 AS connections FROM trasloco_transfer
    WHERE status IN ('admitted', 'running') AND (source_host = %(host)s OR destination_host = %(host)s)
)
INSERT INTO trasloco_host_pace AS p (host, connections, signals, words, signalled_at, changed_at)
SELECT %(host)s, greatest(1, busy.connections / 2), 1, %(words)s, %(now)s, %(now)s FROM busy
ON CONFLICT (host) DO UPDATE SET
    connections = greatest(1, least(p.connections, (SELECT connections FROM busy)) / 2),
    bytes_per_second = CASE WHEN p.connections < 2
        THEN greatest(%(least)s, least(p.bytes_per_second, %(measured)s::float8) / 2) ELSE p.bytes_per_second END,
    signals = p.signals + 1, words = excluded.words, signalled_at = excluded.signalled_at, changed_at = excluded.changed_at
WHERE p.signalled_at <= %(now)s - %(once)s
RETURNING connections, bytes_per_second
"""

_MORE = """
UPDATE trasloco_host_pace SET connections = connections + 1, changed_at = %(now)s,
    bytes_per_second = CASE WHEN bytes_per_second >= %(enough)s THEN NULL ELSE bytes_per_second * 1.1 + %(more)s END
WHERE host = ANY(%(hosts)s) AND changed_at <= %(now)s - %(quiet)s
"""

# By server and side, the oldest first: who goes beyond what the server bears.
_SURPLUS = """
WITH busy AS (
    SELECT t.id, side.host,
        sum(t.connections) OVER (PARTITION BY side.host ORDER BY t.started_at NULLS LAST, t.id) AS reached, t.connections AS own
    FROM trasloco_transfer t CROSS JOIN LATERAL (VALUES (t.source_host), (t.destination_host)) AS side (host)
    WHERE t.status IN ('admitted', 'running')
)
SELECT DISTINCT b.id FROM busy b JOIN trasloco_host_pace p ON p.host = b.host
WHERE b.id = ANY(%(transfers)s) AND b.reached > p.connections AND b.reached > b.own
"""


@dataclass(frozen=True, slots=True)
class Slowed:
    """A server's present measure. bytes_per_second: None = as much as it gives."""

    connections: float
    bytes_per_second: float | None


def signal(host: str, words: str, measured: float | None, now: datetime) -> Slowed | None:
    """It was too much for this server; None when that is known already. measured: bytes per second that were fetched there."""
    values: dict[str, Any] = {"host": host, "words": words, "measured": measured, "now": now, "once": ONCE, "least": LEAST_BYTES}
    with connection.cursor() as cursor:
        cursor.execute(_SIGNAL, values)
        row = cursor.fetchone()
    return Slowed(*row) if row else None


def more(hosts: Collection[str], now: datetime) -> None:
    """A little more where it has been quiet for a minute. hosts: from or to which mail has passed meanwhile."""
    values: dict[str, Any] = {"hosts": list(hosts), "now": now, "quiet": QUIET, "more": MORE_BYTES, "enough": FORGIVEN_BYTES}
    with connection.cursor() as cursor:
        cursor.execute(_MORE, values)
    HostPace.objects.filter(host__in=hosts, connections__gte=FORGIVEN_CONNECTIONS, bytes_per_second=None).delete()


def slowed(hosts: Collection[str]) -> dict[str, Slowed]:
    """The servers among these that have a measure."""
    rows = HostPace.objects.filter(host__in=hosts).values_list("host", "connections", "bytes_per_second")
    return {host: Slowed(connections, rate) for host, connections, rate in rows}


def surplus(transfers: Collection[int]) -> set[int]:
    """Of these transfers, those that are more than their servers bear by now; the oldest of a server goes on."""
    with connection.cursor() as cursor:
        cursor.execute(_SURPLUS, {"transfers": list(transfers)})
        return {row[0] for row in cursor.fetchall()}
