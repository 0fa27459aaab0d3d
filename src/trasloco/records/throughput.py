"""How much mail is being moved: by the samples that are taken of every run that is under way, about every half minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

MINUTES = 5
"""Over which it is reckoned; less would jump with each sample."""

# Of each run that was under way meanwhile: its last sample against the one with which the time begins; one from long before says
# only that everything stood.
_SUMS = """
SELECT coalesce(sum(greatest(0, last.done - first.done)), 0)::bigint, coalesce(sum(greatest(0, last.size - first.size)), 0)::bigint,
    coalesce(sum(greatest(0, last.finished - first.finished)), 0)::bigint, min(first.at), max(last.at)
FROM trasloco_run r
CROSS JOIN LATERAL (SELECT p.* FROM trasloco_run_pace p WHERE p.run_id = r.id ORDER BY p.at DESC LIMIT 1) last
CROSS JOIN LATERAL (
    (SELECT p.*, 1 AS rank FROM trasloco_run_pace p WHERE p.run_id = r.id AND p.at > %(before)s AND p.at <= %(begin)s
        ORDER BY p.at DESC LIMIT 1)
    UNION ALL
    (SELECT p.*, 2 AS rank FROM trasloco_run_pace p WHERE p.run_id = r.id AND p.at > %(begin)s ORDER BY p.at LIMIT 1)
    ORDER BY rank LIMIT 1
) first
WHERE (r.status = 'running' OR r.ended_at > %(begin)s) AND last.at > %(begin)s
"""


@dataclass(frozen=True, slots=True)
class Throughput:
    """messages, size, accounts: brought to their end within ``seconds``; messages that were there already or are left out count
    too, size is bytes copied. seconds: between the samples it is reckoned by, 0 when there are none."""

    messages: int
    size: int
    accounts: int
    seconds: float

    @property
    def messages_per_minute(self) -> float:
        return self.messages * 60 / self.seconds if self.seconds else 0.0

    @property
    def bytes_per_second(self) -> float:
        return self.size / self.seconds if self.seconds else 0.0


def throughput(now: datetime) -> Throughput:
    """Of all runs together, over the last minutes."""
    with connection.cursor() as cursor:
        begin = now - timedelta(minutes=MINUTES)
        cursor.execute(_SUMS, {"begin": begin, "before": begin - timedelta(minutes=1)})
        messages, size, accounts, begun, ended = cursor.fetchone()
    seconds = (ended - begun).total_seconds() if begun is not None else 0.0
    return Throughput(messages, size, accounts, seconds)
