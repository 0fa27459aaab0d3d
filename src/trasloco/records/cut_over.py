"""When the second run begins where it waits for the MX records, and whether one more follows it. Every write, as a verb.

It begins when the MX records of all domains have changed at all their name servers and nobody can know the old ones any
more (``plan.mx_watch``), and in any case so long after the first run's end as was said. A name server that cannot be asked
never makes it begin. Then, if that is wanted, it runs again until nothing has arrived in the old INBOXes for some hours.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q

from trasloco.records import clock
from trasloco.records.history import SCHEDULE, Actor, note
from trasloco.records.limits import Limits
from trasloco.records.models import ENDED_RUN, MailMigration, Run, RunState, SecondRun
from trasloco.records.mx_watches import look_soon
from trasloco.records.planning import NotNow, begin_planned, lock, not_held_back
from trasloco.records.quiet import Quiet, quiet_of

FRESH = timedelta(hours=1)
"""So old may be the look that a run begins by; the next one may be on its way."""

LEAST_PAUSE = timedelta(minutes=30)
"""Between two runs that follow each other by themselves."""


def set_latest_hours(now: datetime) -> int:
    """Give second runs that wait for the MX the hour at which they begin in any case, now that their first run has ended."""
    waiting = Run.objects.filter(
        status=RunState.PLANNED, number=2, due_at=None, migration__second_run_when=SecondRun.MX, migration__deleting_at=None
    )
    count = 0
    for run in not_held_back(waiting).select_related("migration")[:100]:
        latest = _latest(run.migration)
        if latest is not None and Run.objects.filter(pk=run.pk, status=RunState.PLANNED, due_at=None).update(due_at=latest):
            look_soon(run.migration, now)
            count += 1
    return count


def begin_changed_runs(now: datetime) -> list[Run]:
    """Begin the second runs whose domains all have changed, with nothing left to wait for; returns them."""
    waiting = Run.objects.filter(
        status=RunState.PLANNED, number=2, migration__second_run_when=SecondRun.MX, migration__deleting_at=None
    ).exclude(due_at=None)
    fresh = Q(migration__mx_watches__over=True, migration__mx_watches__confirmed_at__gte=now - FRESH)
    changed = (
        not_held_back(waiting)
        .annotate(watches=Count("migration__mx_watches"), over=Count("migration__mx_watches", filter=fresh))
        .filter(watches__gt=0, watches=F("over"))
    )
    return [run for run in changed.order_by("pk")[:100] if begin_planned(run, because="mx-changed")]


def plan_again(run: Run, now: datetime) -> Run | None:
    """One more run after this one that has ended, where the old INBOXes were not quiet for long enough; None when it was the last.

    Called as often as one likes: a run that was planned already is returned."""
    migration = run.migration
    following = migration.runs.filter(number=run.number + 1).first()
    latest = _latest(migration)
    if following is not None or run.number < 2 or migration.second_run_when != SecondRun.MX or not migration.quiet_hours:
        return following
    if latest is None or now + LEAST_PAUSE > latest or migration.wrapped_key is None:
        return None
    wanted, quiet = timedelta(hours=migration.quiet_hours), quiet_of(migration, run)
    if quiet is not None and quiet.looked_at - quiet.since >= wanted:
        return None
    due_at = min(max(_quiet_from(quiet, now) + wanted, now + LEAST_PAUSE), latest)
    try:
        with transaction.atomic():
            planned = Run.objects.create(migration=migration, number=run.number + 1, status=RunState.PLANNED, due_at=due_at)
            note(SCHEDULE, "run-planned-again", migration=migration, run=planned.number, due_at=due_at.isoformat())
    except IntegrityError:  # another worker, in the same moment
        return migration.runs.get(number=run.number + 1)
    return planned


def wait_for_mx(actor: Actor, run: Run, hours: int, quiet_hours: int | None) -> None:
    """Let a second run that has not begun wait for the MX, at most so many hours after the first run's end. Raises ``NotNow``."""
    with transaction.atomic():
        lock(run.migration)
        found = Run.objects.select_for_update().filter(pk=run.pk, status=RunState.PLANNED).first()
        if found is None or found.number != 2 or run.migration.customer is None:
            raise NotNow("already-begun")
        most = Limits.of(run.migration.customer).hours
        if not 0 < hours <= most:
            raise NotNow(f"hours:{most}")
        MailMigration.objects.filter(pk=found.migration_id).update(
            second_run_when=SecondRun.MX, second_run_minutes=hours * 60, quiet_hours=quiet_hours
        )
        migration = MailMigration.objects.get(pk=found.migration_id)
        Run.objects.filter(pk=found.pk, status=RunState.PLANNED).update(due_at=_latest(migration))
        look_soon(migration, clock.now())
        note(actor, "run-rescheduled", migration=migration, run=found.number, due_at="mx")


def _latest(migration: MailMigration) -> datetime | None:
    """Until when runs follow the first; None before it has ended."""
    first = migration.runs.filter(number=1, status__in=ENDED_RUN).first()
    if first is None or first.ended_at is None or migration.second_run_minutes is None:
        return None
    return first.ended_at + timedelta(minutes=migration.second_run_minutes)


def _quiet_from(quiet: Quiet | None, now: datetime) -> datetime:
    return quiet.since if quiet is not None else now
