"""How long a run will take: from what transfers of this installation took, or a cautious guess where there were none;
and what the migration's own pace makes of it: bytes of a day, rates, hours."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Max, Sum

from trasloco.engine.day_budget import DAY, SLOT
from trasloco.plan.pace_limits import PaceLimits
from trasloco.records import clock
from trasloco.records.models import CheckState, MailMigration, Transfer, TransferState
from trasloco.records.pacing import limits_of, window_of

AT_ONCE = 10  # accounts of one source host, as admission lets in
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


def forecast(migration: MailMigration, now: datetime | None = None) -> Forecast:
    """Of the accounts that work; what a server does not tell the size of counts by its messages alone."""
    by_bytes, by_messages, measured = _pace()
    limits, window = limits_of(migration), window_of(migration)
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
    least, most = (
        max((host.seconds(factor, at_once, limits) for host in hosts.values()), default=0.0)
        for factor in ((0.7, 1.5) if measured else (0.25, 2.0))
    )
    if window is not None:
        begins = max(migration.first_run_at or (now or clock.now()), now or clock.now())
        least, most = ((window.finishes(begins, seconds) - begins).total_seconds() for seconds in (least, most))
    return Forecast(least, most, measured, sleepers, window is not None)


def _pace() -> tuple[float, float, bool]:
    """Bytes and messages per second of one account, over the latest transfers that had something to do."""
    ended = (TransferState.COMPLETED, TransferState.COMPLETED_WITH_ERRORS)
    newest = Transfer.objects.aggregate(newest=Max("pk"))["newest"] or 0
    latest = Transfer.objects.filter(pk__gt=newest - _LATEST, status__in=ended, copied_bytes__gt=0, seconds__gt=1.0)
    sums = latest.aggregate(seconds=Sum("seconds"), size=Sum("copied_bytes"), messages=Sum("done_messages"))
    if latest.count() < ENOUGH or not sums["size"] or not sums["messages"]:
        return GUESSED_BYTES, GUESSED_MESSAGES, False
    return sums["size"] / sums["seconds"], sums["messages"] / sums["seconds"], True
