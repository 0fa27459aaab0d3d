"""How long a run will take: from what transfers of this installation took, or a cautious guess where there were none;
and what the migration's own pace makes of it: bytes of a day, rates, hours."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max, Sum

from trasloco.engine.day_budget import DAY, SLOT
from trasloco.plan.pace_limits import PaceLimits
from trasloco.records import clock
from trasloco.records.models import CheckState, MailMigration, Transfer, TransferState
from trasloco.records.pacing import limits_of, window_of

AT_ONCE = 10  # accounts of one source host, as admission lets in
AT_ONCE_IN_ALL = 20  # of one worker, where it was not told otherwise
GUESSED_BYTES = 1_000_000.0  # per second and account: a source behind an ordinary line
GUESSED_MESSAGES = 25.0
ENOUGH = 5  # transfers, before their pace means anything
_LATEST = 200


@dataclass(frozen=True, slots=True)
class Forecast:
    """seconds of the first run: the least and the most that are likely. measured: from transfers that were there before.
    sleepers: accounts that hold more than may be fetched of them in a day. window: it rests outside some hours."""

    least: float
    most: float
    measured: bool
    sleepers: int = 0
    window: bool = False


@dataclass(slots=True)
class _Host:
    """The accounts of one server: seconds of work of each; seconds until its last day begins, and of work on that day; and
    what they hold together."""

    work: list[float] = field(default_factory=list)
    days: list[tuple[float, float]] = field(default_factory=list)
    messages: int = 0
    size: int = 0

    def seconds(self, factor: float, at_once: int, limits: PaceLimits) -> float:
        """Until the last account is done. factor: by how much the pace may be other than thought; sleep is not."""
        shared = factor * sum(self.work) / min(at_once, len(self.work))
        by_rate = ((self.messages, limits.messages_per_second), (self.size, limits.bytes_per_second))
        slowest = max(before + factor * last for before, last in self.days)
        return max(slowest, shared, *(amount / rate for amount, rate in by_rate if rate))


@dataclass(frozen=True, slots=True)
class _Work:
    """Seconds of a first run while it may move, the least and the most that are likely; the others as in ``Forecast``."""

    least: float
    most: float
    measured: bool
    sleepers: int


def forecast(migration: MailMigration, now: datetime | None = None) -> Forecast:
    """Of the accounts that work; what a server does not tell the size of counts by its messages alone."""
    work, window = _work(migration), window_of(migration)
    least, most = work.least, work.most
    if window is not None:
        begins = begins_at(migration, now)
        least, most = ((window.finishes(begins, seconds) - begins).total_seconds() for seconds in (least, most))
    return Forecast(least, most, work.measured, work.sleepers, window is not None)


def begins_at(migration: MailMigration, now: datetime | None = None) -> datetime:
    """When the first run begins: at its hour, or now where that is over or none was chosen."""
    moment = now or clock.now()
    planned = migration.runs.filter(number=1).values_list("due_at", flat=True).first() or migration.first_run_at
    return max(planned or moment, moment)


def latest_start(migration: MailMigration, by: datetime, now: datetime | None = None) -> datetime | None:
    """When the first run has to begin at the latest so that it is done by then, also if it takes as long as is likely; None when
    not even now is early enough. To the minute where it rests outside some hours."""
    moment, work, window = now or clock.now(), _work(migration), window_of(migration)
    if by < moment:
        return None
    if window is None:
        start = by - timedelta(seconds=work.most)
        return start if start >= moment else None
    early, late = 0, max(0, int((by - moment).total_seconds() // 60))  # minutes from now
    if window.finishes(moment, work.most) > by:
        return None
    while early < late:  # whoever begins later is done later
        middle = (early + late + 1) // 2
        if window.finishes(moment + timedelta(minutes=middle), work.most) <= by:
            early = middle
        else:
            late = middle - 1
    return moment + timedelta(minutes=early)


def _work(migration: MailMigration) -> _Work:
    by_bytes, by_messages, measured = _pace()
    limits = limits_of(migration)
    hosts: dict[str, _Host] = defaultdict(_Host)
    sleepers = 0
    works = migration.accounts.filter(left_out=False, check_result__state=CheckState.OK)
    for name, messages, size in works.values_list("source_host", "check_result__messages", "check_result__size"):
        host, work = hosts[name.lower()], max((messages or 0) / by_messages, (size or 0) / by_bytes)
        days = math.ceil(size / limits.bytes_per_day) if size and limits.bytes_per_day else 1
        host.work.append(work)
        host.days.append(((days - 1) * (DAY + SLOT), work / days))
        host.messages, host.size, sleepers = host.messages + (messages or 0), host.size + (size or 0), sleepers + (days > 1)
    at_once = min(AT_ONCE, limits.connections_per_host or AT_ONCE)
    together = sum(sum(host.work) for host in hosts.values()) / AT_ONCE_IN_ALL
    least, most = (
        max((*(host.seconds(factor, at_once, limits) for host in hosts.values()), factor * together))
        for factor in ((0.7, 1.5) if measured else (0.25, 2.0))
    )
    return _Work(least, most, measured, sleepers)


def _pace() -> tuple[float, float, bool]:
    """Bytes and messages per second of one account, over the latest transfers that had something to do."""
    ended = (TransferState.COMPLETED, TransferState.COMPLETED_WITH_ERRORS)
    newest = Transfer.objects.aggregate(newest=Max("pk"))["newest"] or 0
    latest = Transfer.objects.filter(pk__gt=newest - _LATEST, status__in=ended, copied_bytes__gt=0, seconds__gt=1.0)
    sums = latest.aggregate(seconds=Sum("seconds"), size=Sum("copied_bytes"), messages=Sum("done_messages"))
    if latest.count() < ENOUGH or not sums["size"] or not sums["messages"]:
        return GUESSED_BYTES, GUESSED_MESSAGES, False
    return sums["size"] / sums["seconds"], sums["messages"] / sums["seconds"], True
