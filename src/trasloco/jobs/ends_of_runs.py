"""What follows from the end of a run: verification if it was wanted, the mail, and at the very end the wiping of passwords."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from trasloco.jobs.errands import VERIFY, enqueue
from trasloco.jobs.letters import write_letters
from trasloco.jobs.present_records import PresentRecords, present_records
from trasloco.records import clock
from trasloco.records.actions import wipe_secrets
from trasloco.records.cut_over import plan_again
from trasloco.records.history import SCHEDULE, note
from trasloco.records.limits import Limits
from trasloco.records.models import MailKind, MailMigration, Run, RunState
from trasloco.records.mx_lines import mx_lines
from trasloco.records.quiet import quiet_of
from trasloco.records.summaries import summary
from trasloco.records.verification import verification_sums

log = logging.getLogger(__name__)

_ENDED = (RunState.COMPLETED, RunState.COMPLETED_WITH_ERRORS, RunState.FAILED)


def look_after_ended_runs(now: datetime | None = None) -> int:
    """Do what is due for each run that has ended and was not told of; returns how many were told."""
    moment = now or clock.now()
    told = 0
    ended = Run.objects.filter(status__in=_ENDED, told_at=None, migration__deleting_at=None, migration__customer__isnull=False)
    for run in ended.select_related("migration__customer", "migration__asked_by").order_by("pk")[:50]:
        plan_again(run, moment)
        if _is_last(run) and run.migration.verification and run.verified_at is None and run.migration.wrapped_key is not None:
            enqueue(VERIFY, f"verify-{run.pk}", run_id=run.pk)
            continue
        told += _tell(run, moment)
    return told


def _tell(run: Run, now: datetime) -> bool:
    """Names are asked for first: that may take seconds, and no transaction waits for a name server."""
    found = summary(run)
    records = present_records(run.migration) if run.number == 1 else PresentRecords((), 0)
    with transaction.atomic():
        migration = MailMigration.objects.select_for_update(of=("self",)).select_related("customer", "asked_by").get(pk=run.migration_id)
        if Run.objects.filter(pk=run.pk, told_at=None, status__in=_ENDED).update(told_at=now) != 1:
            return False
        if migration.deleting_at is not None:
            return False
        last = _is_last(run)
        if last:
            _close(migration, now)
        facts = {
            "run": run,
            "summary": found,
            "servers": records.servers,
            "more_domains": records.more,
            "next_run": migration.runs.filter(number=run.number + 1).first(),
            "last": last,
            "verified": verification_sums(migration, run.ended_at) if run.verified_at is not None else None,
            "quiet": quiet_of(migration, run),
            "unchanged": [line.domain for line in mx_lines(migration) if not line.done],
        }
        if last or run.number == 1 or run.status == RunState.FAILED:  # what lies between is told with the last
            write_letters(_kind(run), migration, facts)
    return True


def _close(migration: MailMigration, now: datetime) -> None:
    """Nothing is to come any more: the passwords go now, the rest after the customer's days."""
    migration.keep_until = now + timedelta(days=Limits.of(migration.customer).days)
    MailMigration.objects.filter(pk=migration.pk).update(keep_until=migration.keep_until)
    wipe_secrets(migration)
    note(SCHEDULE, "secrets-wiped", migration=migration)


def _is_last(run: Run) -> bool:
    return not run.migration.runs.filter(number__gt=run.number).exists()


def _kind(run: Run) -> MailKind:
    """After the first run the MX records are to be changed, also where no second one was wanted."""
    if run.status == RunState.FAILED:
        return MailKind.FAILED
    return MailKind.FIRST_RUN_ENDED if run.number == 1 else MailKind.LAST_RUN_ENDED
