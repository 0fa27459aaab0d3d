"""What follows from the end of a run: verification if it was wanted, the mail, and at the very end the wiping of passwords."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from trasloco.jobs.errands import VERIFY, enqueue
from trasloco.jobs.letters import write_letters
from trasloco.jobs.mx import current_mx
from trasloco.records.actions import wipe_secrets
from trasloco.records.history import SCHEDULE, note
from trasloco.records.limits import Limits
from trasloco.records.models import MailKind, MailMigration, Run, RunState
from trasloco.records.summaries import summary
from trasloco.records.verification import verification_sums

log = logging.getLogger(__name__)

_ENDED = (RunState.COMPLETED, RunState.COMPLETED_WITH_ERRORS, RunState.FAILED)
MOST_DOMAINS = 20  # looked up for one mail


def look_after_ended_runs() -> int:
    """Do what is due for each run that has ended and was not told of; returns how many were told."""
    told = 0
    ended = Run.objects.filter(status__in=_ENDED, told_at=None, migration__deleting_at=None, migration__customer__isnull=False)
    for run in ended.select_related("migration__customer", "migration__asked_by").order_by("pk")[:50]:
        if _is_last(run) and run.migration.verification and run.verified_at is None and run.migration.wrapped_key is not None:
            enqueue(VERIFY, f"verify-{run.pk}", run_id=run.pk)
            continue
        told += _tell(run)
    return told


def _tell(run: Run) -> bool:
    """Names are asked for first: that may take seconds, and no transaction waits for a name server."""
    last = _is_last(run)
    found = summary(run)
    kind = _kind(run, last)
    servers = [] if last else [(domain, current_mx(domain)) for domain in run.migration.domains[:MOST_DOMAINS]]
    with transaction.atomic():
        migration = MailMigration.objects.select_for_update(of=("self",)).select_related("customer", "asked_by").get(pk=run.migration_id)
        if Run.objects.filter(pk=run.pk, told_at=None, status__in=_ENDED).update(told_at=timezone.now()) != 1:
            return False
        if migration.deleting_at is not None:
            return False
        next_run = migration.runs.filter(status=RunState.PLANNED).order_by("number").first()
        facts = {"run": run, "summary": found, "servers": servers, "next_run": next_run, "last": last}
        if run.verified_at is not None:
            facts["verified"] = verification_sums(migration, run.ended_at)
        write_letters(kind, migration, facts)
        if last:
            _close(migration)
    return True


def _close(migration: MailMigration) -> None:
    """Nothing is to come any more: the passwords go now, the rest after the customer's days."""
    days = Limits.of(migration.customer).days
    MailMigration.objects.filter(pk=migration.pk).update(keep_until=timezone.now() + timedelta(days=days))
    wipe_secrets(migration)
    note(SCHEDULE, "secrets-wiped", migration=migration)


def _is_last(run: Run) -> bool:
    return not run.migration.runs.filter(number__gt=run.number).exists()


def _kind(run: Run, last: bool) -> MailKind:
    if run.status == RunState.FAILED:
        return MailKind.FAILED
    return MailKind.LAST_RUN_ENDED if last else MailKind.FIRST_RUN_ENDED
