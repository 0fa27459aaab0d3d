"""Accounts that sleep for the bytes of their day, and migrations outside their hours: whether they do, and when they go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trasloco.engine.pace import DAY_BUDGET, DAY_LIMIT
from trasloco.records.models import BUSY, MailMigration, Run, Transfer, TransferState
from trasloco.records.pacing import window_of

SLEEPS = (DAY_BUDGET, DAY_LIMIT)
"""Failure codes of a transfer that sleeps until its ``not_before``."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What of a run rests now. window_opens: outside its hours, when they begin; None within them, or when it has none. sleeping: accounts
    whose day's bytes are used up; first_on: when the first of them goes on. goes_on: when anything goes on, where nothing of the run
    moves now or may begin; else None."""

    window_opens: datetime | None
    sleeping: int
    first_on: datetime | None
    goes_on: datetime | None


def rest_of(run: Run, now: datetime) -> Rest:
    """A few queries, whatever the number of accounts; the hours are those of now, not of when ``run`` was read."""
    migration = MailMigration.objects.get(pk=run.migration_id)
    opens = opens_at(migration, now)
    waiting = run.transfers.filter(status=TransferState.WAITING)
    asleep = waiting.filter(not_before__gt=now, failure_code__in=SLEEPS).order_by("not_before")
    sleeping, first = asleep.count(), asleep.first()
    first_on = wakes_at(first, migration, now) if first is not None else None
    others = waiting.count() - sleeping
    if run.transfers.filter(status__in=BUSY).exists() or (others and opens is None):
        return Rest(opens, sleeping, first_on, None)
    return Rest(opens, sleeping, first_on, min((hour for hour in (opens if others else None, first_on) if hour), default=None))


def opens_at(migration: MailMigration, now: datetime) -> datetime | None:
    """When the migration's hours begin; None when they have begun, or it has none."""
    window = window_of(migration)
    return window.opens(now) if window is not None and not window.is_open(now) else None


def wakes_at(transfer: Transfer, migration: MailMigration, now: datetime) -> datetime | None:
    """When an account that sleeps for the bytes of its day goes on: within the migration's hours. None for one that does not sleep."""
    if transfer.status != TransferState.WAITING or transfer.failure_code not in SLEEPS:
        return None
    if transfer.not_before is None or transfer.not_before <= now:
        return None
    window = window_of(migration)
    return transfer.not_before if window is None else window.opens(transfer.not_before)
