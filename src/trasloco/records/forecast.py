"""How long a run will take: from what transfers of this installation took, or a cautious guess where there were none."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Max, Sum

from trasloco.plan.providers import providers
from trasloco.records.models import CheckState, MailMigration, Transfer, TransferState

AT_ONCE = 10  # accounts of one source host, as admission lets in
GUESSED_BYTES = 1_000_000.0  # per second and account: a source behind an ordinary line
GUESSED_MESSAGES = 25.0
ENOUGH = 5  # transfers, before their pace means anything
_LATEST = 200


@dataclass(frozen=True, slots=True)
class Forecast:
    """seconds of the first run: the least and the most that are likely. measured: from transfers that were there before."""

    least: float
    most: float
    measured: bool


def forecast(migration: MailMigration) -> Forecast:
    """Of the accounts that work; what a server does not tell the size of counts by its messages alone."""
    by_bytes, by_messages, measured = _pace()
    hosts: dict[str, list[float]] = defaultdict(list)
    works = migration.accounts.filter(left_out=False, check_result__state=CheckState.OK)
    for host, messages, size in works.values_list("source_host", "check_result__messages", "check_result__size"):
        hosts[host.lower()].append(max((messages or 0) / by_messages, (size or 0) / by_bytes))
    at_once = min(AT_ONCE, providers()[migration.source_type].connections_per_host)
    seconds = max((max(max(each), sum(each) / min(at_once, len(each))) for each in hosts.values()), default=0.0)
    return Forecast(seconds * 0.7, seconds * 1.5, measured) if measured else Forecast(seconds * 0.25, seconds * 2.0, measured)


def _pace() -> tuple[float, float, bool]:
    """Bytes and messages per second of one account, over the latest transfers that had something to do."""
    ended = (TransferState.COMPLETED, TransferState.COMPLETED_WITH_ERRORS)
    newest = Transfer.objects.aggregate(newest=Max("pk"))["newest"] or 0
    latest = Transfer.objects.filter(pk__gt=newest - _LATEST, status__in=ended, copied_bytes__gt=0, seconds__gt=1.0)
    sums = latest.aggregate(seconds=Sum("seconds"), size=Sum("copied_bytes"), messages=Sum("done_messages"))
    if latest.count() < ENOUGH or not sums["size"] or not sums["messages"]:
        return GUESSED_BYTES, GUESSED_MESSAGES, False
    return sums["size"] / sums["seconds"], sums["messages"] / sums["seconds"], True
