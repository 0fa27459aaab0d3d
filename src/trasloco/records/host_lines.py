"""What is open at each mail server, of what it may be: over all workers and customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import connection

from trasloco.records.connections import PER_DESTINATION, PER_HOST
from trasloco.records.models import HostPace
from trasloco.records.waiting_groups import WaitingGroup

_BUSY = """
SELECT t.source_host, t.destination_host, max(coalesce((m.settings ->> 'connections_per_host')::int, %(per_source)s)),
    count(*), sum(t.connections)
FROM trasloco_transfer t JOIN trasloco_run r ON r.id = t.run_id JOIN trasloco_migration m ON m.id = r.migration_id
WHERE t.status IN ('admitted', 'running') GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class HostLine:
    """A mail server on one side. transfers: accounts under way there. used, allowed: of a source, connections; of a
    destination, accounts. waiting: accounts that could go on but for what is full. said: what it said when it was too much,
    at ``said_at``; "" when it has not, or has been forgiven. bytes_per_second: as much as is fetched there since; None: no limit."""

    host: str
    side: Literal["source", "destination"]
    transfers: int
    used: int
    allowed: int
    waiting: int
    said: str
    said_at: datetime | None
    bytes_per_second: float | None

    @property
    def full(self) -> bool:
        return self.used >= self.allowed


def host_lines(groups: Sequence[WaitingGroup]) -> list[HostLine]:
    """Of all servers where something is under way, wanted or slowed; sources first, then by what is used. groups: who waits.

    Two queries that grow with what is under way, not with what waits.
    """
    transfers: Counter[tuple[str, str]] = Counter()
    used: Counter[tuple[str, str]] = Counter()
    waiting: Counter[tuple[str, str]] = Counter()
    most: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BUSY, {"per_source": PER_HOST})
        for source, destination, own, count, connections in cursor.fetchall():
            most[source] = max(own, most.get(source, 0))
            for key, amount in ((("source", source), connections), (("destination", destination), count)):
                transfers[key] += count
                used[key] += amount
    for group in groups:
        if not group.sleeps:
            most[group.source_host] = max(group.most, most.get(group.source_host, 0))
            waiting["source", group.source_host] += group.count
            waiting["destination", group.destination_host] += group.count
    slowed = {pace.host: pace for pace in HostPace.objects.all()}
    known = transfers.keys() | waiting.keys()
    known |= {("source", host) for host in slowed if ("destination", host) not in known}
    lines = []
    for side, host in known:
        limit = most.get(host, PER_HOST) if side == "source" else PER_DESTINATION
        pace = slowed.get(host)
        lines.append(
            HostLine(
                host,
                "source" if side == "source" else "destination",
                transfers[side, host],
                used[side, host],
                limit if pace is None else max(1, min(limit, int(pace.connections))),
                waiting[side, host],
                pace.words if pace else "",
                pace.signalled_at if pace else None,
                pace.bytes_per_second if pace else None,
            )
        )
    return sorted(lines, key=lambda line: (line.side != "source", -line.used, -line.waiting, line.host))
