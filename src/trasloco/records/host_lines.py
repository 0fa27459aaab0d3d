"""What is open at each mail server, of what it may be: over all workers and customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import connection

from trasloco.plan.shares import Cap, Caps, Occupancy, Used
from trasloco.records.models import HostPace
from trasloco.records.shares import source_cap
from trasloco.records.waiting_groups import WaitingGroup

Side = Literal["source", "destination"]

_OWN = """
SELECT t.source_host, max((m.settings ->> 'connections_per_host')::int)
FROM trasloco_transfer t JOIN trasloco_run r ON r.id = t.run_id JOIN trasloco_migration m ON m.id = r.migration_id
WHERE t.status IN ('admitted', 'running') GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class HostLine:
    """A mail server on one side. transfers: accounts under way there. unit: what ``used`` and ``allowed`` count, "connections" or
    "accounts": of two limits the one that is nearer. allowed: None = no limit. waiting: accounts that could go on but for what is
    full. said: what it said when it was too much, at ``said_at``; "" when it has not, or has been forgiven. bytes_per_second: as much
    as is fetched there since; None: no limit."""

    host: str
    side: Side
    transfers: int
    unit: str
    used: int
    allowed: int | None
    waiting: int
    said: str
    said_at: datetime | None
    bytes_per_second: float | None

    @property
    def full(self) -> bool:
        return self.allowed is not None and self.used >= self.allowed


def host_lines(groups: Sequence[WaitingGroup], used: Occupancy, caps: Caps) -> list[HostLine]:
    """Of all servers where something is under way, wanted or slowed; sources first, then by what is used. groups: who waits. used:
    what is under way. Two queries that grow with what is under way, not with what waits."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN)
        own = {host: most for host, most in cursor.fetchall() if most is not None}
    waiting: Counter[tuple[Side, str]] = Counter()
    for group in groups:
        if not group.sleeps:
            own[group.lane.source] = max(group.own or 0, own.get(group.lane.source, 0))
            waiting["source", group.lane.source] += group.count
            waiting["destination", group.lane.destination] += group.count
    slowed = {pace.host: pace for pace in HostPace.objects.all()}
    known: set[tuple[Side, str]] = {("source", host) for host in used.sources} | {("destination", host) for host in used.destinations}
    known |= waiting.keys()
    known |= {("source", host) for host in slowed if ("destination", host) not in known}
    lines = []
    for side, host in known:
        pace = slowed.get(host)
        bears = pace.connections if pace else None
        if side == "source":
            cap, taken = source_cap(caps, own.get(host) or None, bears), used.sources.get(host, Used())
        else:
            cap, taken = caps.destination.narrowed(bears), used.destinations.get(host, Used())
        lines.append(_line(host, side, taken, cap, waiting[side, host], pace))
    return sorted(lines, key=lambda line: (line.side != "source", -line.used, -line.waiting, line.host))


def _line(host: str, side: Side, taken: Used, cap: Cap, waiting: int, pace: HostPace | None) -> HostLine:
    """Told by the limit that is nearer; without any by connections at a source, by accounts at a destination."""
    limits = [("connections", taken.connections, cap.connections), ("accounts", taken.transfers, cap.transfers)]
    if side == "destination":
        limits.reverse()
    unit, used, allowed = max(limits, key=lambda limit: -1.0 if limit[2] is None else limit[1] / max(1, limit[2]))
    said = (pace.words, pace.signalled_at, pace.bytes_per_second) if pace is not None else ("", None, None)
    return HostLine(host, side, taken.transfers, unit, used, allowed, waiting, *said)
