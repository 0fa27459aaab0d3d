"""How the whole installation stands, for whoever runs it: workers, queues, mail servers, throughput, who waits for what.

Gathered once, and shown by the operator's page, ``trasloco status`` and the metrics alike. It looks at all customers' rows: who
calls it for a person has asked for ``Right.OPERATE`` before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trasloco.records import clock
from trasloco.records.host_lines import HostLine, host_lines
from trasloco.records.models import UNFINISHED_RUN, Run
from trasloco.records.queue_lines import QueueLine, queue_lines
from trasloco.records.shares import caps_now, occupancy
from trasloco.records.throughput import Throughput, throughput
from trasloco.records.wait_lines import WaitLine, wait_lines
from trasloco.records.waiting_groups import waiting_groups
from trasloco.records.workers import Workers, workers


@dataclass(frozen=True, slots=True)
class Standing:
    """At a moment of the database's clock. runs: under way. busy, waiting: accounts of these: in a worker's hands or on their way
    into one, and not. hosts and waits are complete, and may be long where each account has a server of its own."""

    at: datetime
    workers: Workers
    queues: tuple[QueueLine, ...]
    hosts: tuple[HostLine, ...]
    throughput: Throughput
    waits: tuple[WaitLine, ...]
    runs: int
    busy: int
    waiting: int


def standing() -> Standing:
    """About ten queries. None reads what has ended; one reads each account that waits, the others grow with what is under way."""
    now = clock.now()
    found = workers()
    caps, used = caps_now(), occupancy()
    groups = waiting_groups(now, caps)
    return Standing(
        at=now,
        workers=found,
        queues=tuple(queue_lines(found)),
        hosts=tuple(host_lines(groups, used, caps)),
        throughput=throughput(now),
        waits=tuple(wait_lines(groups, used, caps, now)),
        runs=Run.objects.filter(status__in=UNFINISHED_RUN).count(),
        busy=used.everything.transfers,
        waiting=sum(group.count for group in groups),
    )
