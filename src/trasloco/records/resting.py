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
    whose day's bytes are used up; first_on, last_on: when the first and the last of them goes on. moving: something goes on, or may."""

    window_opens: datetime | None
    sleeping: int
    first_on: datetime | None
    last_on: datetime | None
    moving: bool

    @property
    def goes_on(self) -> datetime | None:
        """When it goes on, where nothing of it moves; None where something does."""
        if self.moving:
            return None
        return self.window_opens or self.first_on


def rest_of(run: Run, now: datetime) -> Rest:
    """A few queries, whatever the number of accounts; the hours are those of now, not of when ``run`` was read."""
    opens = opens_at(MailMigration.objects.get(pk=run.migration_id), now)
    waiting = run.transfers.filter(status=TransferState.WAITING)
    asleep = list(waiting.filter(not_before__gt=now, failure_code__in=SLEEPS).order_by("not_before").values_list("not_before", flat=True))
    unfinished = waiting.count()
    busy = run.transfers.filter(status__in=BUSY).exists()
    moving = busy or not unfinished or (opens is None and len(asleep) < unfinished)
    return Rest(opens, len(asleep), asleep[0] if asleep else None, asleep[-1] if asleep else None, moving)


def opens_at(migration: MailMigration, now: datetime) -> datetime | None:
    """When the migration's hours begin; None when they have begun, or it has none."""
    window = window_of(migration)
    return window.opens(now) if window is not None and not window.is_open(now) else None


def sleeps(transfer: Transfer, now: datetime) -> bool:
    """Does this account sleep for the bytes of its day?"""
    return (
        transfer.status == TransferState.WAITING
        and transfer.failure_code in SLEEPS
        and bool(transfer.not_before and transfer.not_before > now)
    )
