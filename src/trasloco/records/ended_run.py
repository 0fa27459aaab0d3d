"""A run that has ended, and by which of its transfers: for whoever tells it elsewhere, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trasloco.records.actions import Claim
from trasloco.records.models import ENDED_RUN, Run


@dataclass(frozen=True, slots=True)
class EndedRun:
    """code: of its migration. status: of ``RunState``."""

    code: str
    number: int
    status: str
    started_at: datetime
    ended_at: datetime


def run_ended_by(claim: Claim) -> EndedRun | None:
    """The run that this transfer was the last of; None as long as others are to come, and for those that ended before it did."""
    runs = Run.objects.filter(migration_id=claim.account.migration_id, number=claim.number, status__in=ENDED_RUN)
    run = runs.filter(started_at__isnull=False, ended_at__isnull=False).first()
    if run is None or run.transfers.order_by("-ended_at", "-pk").values_list("pk", flat=True).first() != claim.transfer_id:
        return None
    assert run.started_at is not None
    assert run.ended_at is not None
    return EndedRun(claim.account.migration.code, run.number, run.status, run.started_at, run.ended_at)
