"""How the whole installation stands, for whoever runs it: workers, queues, mail servers, throughput, who waits for what.

Gathered once, and shown by the operator's page, ``trasloco status`` and the metrics alike. It looks at all customers' rows: who
calls it for a person has asked for ``Right.OPERATE`` before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from trasloco.records import clock
from trasloco.records.connections import PER_HOST
from trasloco.records.host_lines import HostLine, host_lines
from trasloco.records.models import BUSY, UNFINISHED_RUN, Run, Transfer
from trasloco.records.queue_lines import QueueLine, queue_lines
from trasloco.records.throughput import Throughput, throughput
from trasloco.records.waiting_groups import waiting_groups
from trasloco.records.wait_lines import WaitLine, wait_lines
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
    groups = waiting_groups(now, PER_HOST)
    hosts = host_lines(groups)
    return Standing(
        at=now,
        workers=found,
        queues=tuple(queue_lines(found)),
        hosts=tuple(hosts),
        throughput=throughput(now),
        waits=tuple(wait_lines(groups, hosts, now)),
        runs=Run.objects.filter(status__in=UNFINISHED_RUN).count(),
        busy=Transfer.objects.filter(status__in=BUSY).aggregate(count=Count("pk"))["count"],
        waiting=sum(group.count for group in groups),
    )
