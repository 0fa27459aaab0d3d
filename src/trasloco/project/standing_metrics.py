"""What the database knows, as metrics: workers, queues, who waits for what, connections, letters. Asked when Prometheus asks.

Of the whole installation, so only the panel answers with it: the same figures from each worker would be counted again and again.
Mail servers, customers and runs are summed up, never named: there are as many as somebody writes into a CSV.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator

import psycopg
from django.db import DatabaseError, InterfaceError, close_old_connections
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from trasloco.records import clock
from trasloco.records.outstanding import outstanding_deliveries, outstanding_mails
from trasloco.records.queue_names import QUEUES
from trasloco.records.standing import Standing, standing
from trasloco.records.wait_lines import WaitReason
from trasloco.records.workers import WorkerState

log = logging.getLogger(__name__)

FRESH_SECONDS = 5.0
"""For which an answer is given again: however often it is asked, the database is not asked more often."""

_COMMANDS = "commands"  # the queues that a command has for its own run


class StandingMetrics(Collector):
    """One for a process; asked by one thread at a time."""

    def __init__(self) -> None:
        self._found: list[Metric] = []
        self._asked: float | None = None

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that registering it asks the database nothing."""
        return []

    def collect(self) -> Iterable[Metric]:
        if self._asked is None or time.monotonic() - self._asked >= FRESH_SECONDS:
            self._found = _ask()
            self._asked = time.monotonic()
        return self._found


def _ask() -> list[Metric]:
    up = GaugeMetricFamily("trasloco_database_up", "1 if the database answered.")
    close_old_connections()
    try:
        found = [*_of(standing()), *_outstanding()]
    except (DatabaseError, InterfaceError, psycopg.Error) as error:
        log.warning("metrics of the database cannot be had: %s", error)
        found = []
    finally:
        close_old_connections()
    up.add_metric([], 1.0 if found else 0.0)
    return [up, *found]


def _of(now: Standing) -> Iterator[Metric]:
    yield from _workers(now)
    yield from _queues(now)
    yield _one("trasloco_runs_under_way", "Runs that have begun and not ended.", now.runs)
    yield _by("trasloco_transfers", "Accounts of runs under way: in a worker's hands, or waiting.", "state", _transfers(now))
    reasons = {reason.value: 0 for reason in WaitReason}
    longest = dict.fromkeys(reasons, 0.0)
    for line in now.waits:
        reasons[line.reason] += line.accounts
        longest[line.reason] = max(longest[line.reason], line.longest or 0.0)
    yield _by("trasloco_waiting_transfers", "Accounts that wait, by what they wait for.", "reason", reasons)
    yield _by("trasloco_longest_wait_seconds", "How long the first account has waited that could go on but for this.", "reason", longest)
    yield from _hosts(now)


def _transfers(now: Standing) -> dict[str, int]:
    return {"busy": now.busy, "waiting": now.waiting}


def _workers(now: Standing) -> Iterator[Metric]:
    states = Counter({state.value: 0 for state in WorkerState})
    states.update(line.state.value for line in now.workers.lines)
    states[WorkerState.WORKING.value] += now.workers.unnamed
    yield _by("trasloco_workers", "Worker processes; lost: gone without a word within the last hour.", "state", dict(states))


def _queues(now: Standing) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("trasloco_queue_jobs", "Jobs in a queue.", labels=["queue", "state"])
    longest = dict.fromkeys([*QUEUES, _COMMANDS], 0.0)
    waiting, doing, places = (dict.fromkeys(longest, 0) for _ in range(3))
    for line in now.queues:
        name = line.name if line.name in QUEUES else _COMMANDS
        longest[name] = max(longest[name], line.longest)
        waiting[name] += line.waiting
        doing[name] += line.doing
        places[name] += line.places
    for name in longest:
        jobs.add_metric([name, "waiting"], waiting[name])
        jobs.add_metric([name, "doing"], doing[name])
    yield jobs
    yield _by("trasloco_queue_places", "Jobs of a queue that its workers can do at once.", "queue", places)
    yield _by("trasloco_queue_longest_wait_seconds", "How long the first job of a queue has waited for a worker.", "queue", longest)


def _hosts(now: Standing) -> Iterator[Metric]:
    used, full, slowed = (dict.fromkeys(("source", "destination"), 0) for _ in range(3))
    for line in now.hosts:
        used[line.side] += line.used
        full[line.side] += line.full
        slowed[line.side] += bool(line.said)
    yield _by("trasloco_connections", "In use: of sources connections, of destinations accounts.", "side", used)
    yield _by("trasloco_hosts_full", "Mail servers at which all is in use that may be.", "side", full)
    yield _by("trasloco_hosts_slowed", "Mail servers that have said that it was too much, and are spared since.", "side", slowed)


def _outstanding() -> Iterator[Metric]:
    now = clock.now()
    found = {"mail": outstanding_mails(now), "webhook": outstanding_deliveries(now)}
    counts = {kind: each.waiting for kind, each in found.items()}
    yield _by("trasloco_letters_outstanding", "Mails, and messages to webhooks, that are not brought away yet.", "kind", counts)
    oldest = {kind: each.oldest for kind, each in found.items()}
    yield _by("trasloco_letters_oldest_seconds", "How long ago the first of them was written.", "kind", oldest)


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _by(name: str, words: str, label: str, values: dict[str, int] | dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, amount in values.items():
        family.add_metric([value], amount)
    return family
