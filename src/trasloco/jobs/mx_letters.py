"""The mail that says that all MX records of a migration have changed: once, between its first run and its last."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef

from trasloco.jobs.letters import write_letters
from trasloco.jobs.present_records import present_records
from trasloco.records.models import ENDED_RUN, MailKind, MailMigration, Run, RunState
from trasloco.records.mx_lines import mx_lines


def tell_of_changes(now: datetime) -> int:
    """Write it for each migration whose domains all have changed since its first run ended; returns how many.

    What had changed before that is not news: the mail about the end of the first run has said it."""
    waiting = (
        MailMigration.objects.filter(mx_told_at=None, deleting_at=None, customer__isnull=False)
        .filter(Exists(Run.objects.filter(migration=OuterRef("pk"), number=1, status__in=ENDED_RUN).exclude(told_at=None)))
        .annotate(watches=Count("mx_watches"), changed=Count("mx_watches__changed_at"))
        .filter(watches__gt=0, watches=F("changed"))
    )
    return sum(_tell(migration, now) for migration in waiting.select_related("customer", "asked_by").order_by("pk")[:50])


def _tell(migration: MailMigration, now: datetime) -> bool:
    lines = mx_lines(migration)
    moments = [line.changed_at for line in lines if line.changed_at is not None]
    if len(moments) < len(lines):
        return False  # taken back in the meantime
    news = migration.runs.filter(number=1, ended_at__lt=max(moments)).exists()
    found = present_records(migration)
    next_run = migration.runs.filter(status=RunState.PLANNED).order_by("number").first()
    facts = {
        "servers": found.servers,
        "more_domains": found.more,
        "next_run": next_run,
        "until": max((line.until for line in lines if line.until is not None), default=now),
    }
    with transaction.atomic():
        if not MailMigration.objects.filter(pk=migration.pk, mx_told_at=None, deleting_at=None).update(mx_told_at=now):
            return False
        if news:
            write_letters(MailKind.MX_CHANGED, migration, facts)
    return news
