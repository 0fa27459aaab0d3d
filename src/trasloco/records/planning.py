"""From a draft to a planned migration, and what people may change of its runs. Every write, as a verb.

A run that is planned is a row with its hour; ``begin_due_runs`` begins it when the hour has come, however
long nobody was there to do so. The second run waits for the end of the first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from trasloco.records import clock
from trasloco.records.actions import add_transfers, end_run
from trasloco.records.admissible import account_problems, one_at_a_time, unfinished_problem
from trasloco.records.drafts import destination_changed, locked, unchecked, vault
from trasloco.records.history import SCHEDULE, Actor, note
from trasloco.records.key_ring import KeyRing
from trasloco.records.limits import Limits
from trasloco.records.models import ENDED_RUN, UNFINISHED, UNFINISHED_RUN, MailMigration, Run, RunState, SecondRun, TransferState
from trasloco.records.mx_watches import open_watches
from trasloco.records.rights import Viewer
from trasloco.records.systems import give_destination


class NotNow(Exception):
    """What was asked for is not possible in the state the migration is in by now; str() says why, for people."""


@transaction.atomic
def set_schedule(
    migration: MailMigration,
    first_run_at: datetime | None,
    second_run_minutes: int | None,
    time_zone: str,
    recipients: Sequence[str],
    verification: str,
    window_start: time | None = None,
    window_end: time | None = None,
    second_run_when: str = SecondRun.HOUR,
    quiet_hours: int | None = None,
    *,
    newest_first: bool = False,
) -> None:
    """Keep the answers of the step "when"; window_start, window_end: both or none. newest_first: of ``engine.account.Settings``.
    Raises ``NotADraft``."""
    draft = locked(migration)
    draft.first_run_at, draft.second_run_minutes = first_run_at, second_run_minutes
    draft.time_zone, draft.recipients, draft.verification = time_zone, list(recipients), verification
    draft.window_start, draft.window_end = window_start, window_end
    draft.second_run_when, draft.quiet_hours = second_run_when, quiet_hours
    draft.settings = {**draft.settings, "newest_first": newest_first}
    columns = ("first_run_at", "second_run_minutes", "time_zone", "recipients", "verification", "window_start", "window_end")
    draft.save(update_fields=[*columns, "second_run_when", "quiet_hours", "settings"])


@transaction.atomic
def plan(actor: Actor, migration: MailMigration, ring: KeyRing, now: datetime | None = None) -> MailMigration:
    """The draft becomes a planned migration with one or two runs. Raises ``NotADraft``, ``NotNow``, ``KeyProblem``."""
    draft = locked(migration)
    assert draft.customer is not None
    _refuse_unready(draft)
    limits = Limits.of(draft.customer)
    if draft.second_run_minutes is not None and not 0 < draft.second_run_minutes <= limits.hours * 60:
        raise NotNow(f"hours:{limits.hours}")
    _refuse_one_more(actor, draft)
    now = now or clock.now()
    assert draft.destination_system is not None
    give_destination(draft, draft.destination_system, ring, vault(draft, ring))
    draft.settings = {**draft.settings, "max_size": limits.message_bytes}
    draft.planned_at, draft.keep_until = now, None
    draft.save()
    draft.server_searches.all().delete()
    first = max(draft.first_run_at or now, now)
    Run.objects.create(migration=draft, number=1, status=RunState.PLANNED, due_at=first)
    if draft.second_run_minutes is not None:
        # One that waits for the MX has its latest hour when the first has ended.
        by_hour = draft.second_run_when == SecondRun.HOUR
        second = first + timedelta(minutes=draft.second_run_minutes) if by_hour else None
        Run.objects.create(migration=draft, number=2, status=RunState.PLANNED, due_at=second)
    open_watches(draft, now)
    note(actor, "migration-planned", migration=draft, accounts=draft.accounts.filter(left_out=False).count())
    return draft


def begin_due_runs(now: datetime | None = None) -> list[Run]:
    """Begin the planned runs whose hour has come and whose forerunner has ended; returns them.

    A forerunner that somebody stopped holds the next one back: he will say how it goes on.
    """
    due = Run.objects.filter(status=RunState.PLANNED, due_at__lte=now or clock.now(), migration__deleting_at=None)
    return [run for run in not_held_back(due).order_by("due_at", "pk")[:100] if begin_planned(run)]


def not_held_back(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Those of them whose forerunners have ended."""
    earlier = Run.objects.filter(
        migration=OuterRef("migration"), number__lt=OuterRef("number"), status__in=[*UNFINISHED_RUN, RunState.PLANNED, RunState.STOPPED]
    )
    return runs.exclude(Exists(earlier))


def begin_planned(run: Run, actor: Actor = SCHEDULE, **details: Any) -> bool:
    """Planned -> waiting, with a transfer for each account; False when somebody else did it. details: for the history."""
    with transaction.atomic():
        if Run.objects.filter(pk=run.pk, status=RunState.PLANNED).update(status=RunState.WAITING) != 1:
            return False
        add_transfers(run)
        note(actor, "run-begun" if actor is SCHEDULE else "run-started", migration=run.migration, run=run.number, **details)
        end_run(run)  # at once, should there be no account at all
        return True


def start_now(actor: Actor, migration: MailMigration, now: datetime | None = None) -> Run:
    """The next planned run, at once; one that is planned after it keeps its distance. Raises ``NotNow``."""
    with transaction.atomic():
        lock(migration)
        run = migration.runs.filter(status=RunState.PLANNED).order_by("number").first()
        if run is None or migration.runs.filter(status__in=[*UNFINISHED_RUN, RunState.STOPPED], number__lt=run.number).exists():
            raise NotNow("nothing-to-start")
        moved = now or clock.now()
        if run.due_at and run.due_at > moved:
            _shift(run, moved - run.due_at)
        Run.objects.filter(pk=run.pk, status=RunState.PLANNED).update(due_at=moved)
        if not begin_planned(run, actor):
            raise NotNow("nothing-to-start")
        return run


def stop(actor: Actor, migration: MailMigration) -> None:
    """Put the run under way down. Its workers notice within a second; what was copied stays. Raises ``NotNow``."""
    with transaction.atomic():
        lock(migration)
        run = migration.runs.select_for_update().filter(status__in=UNFINISHED_RUN).order_by("number").first()
        if run is None:
            raise NotNow("nothing-runs")
        run.transfers.filter(status__in=UNFINISHED).update(
            status=TransferState.STOPPED, worker=None, fence=F("fence") + 1, folder="", not_before=None
        )
        Run.objects.filter(pk=run.pk, status__in=UNFINISHED_RUN).update(status=RunState.STOPPED)
        # Nobody may ever come back to it: it goes, with its passwords, when its days are over.
        days = Limits.of(migration.customer).days
        MailMigration.objects.filter(pk=migration.pk).update(keep_until=clock.now() + timedelta(days=days))
        note(actor, "run-stopped", migration=migration, run=run.number)


def resume(actor: Actor, migration: MailMigration) -> None:
    """Go on with the run that was stopped, where it was. Raises ``NotNow``."""
    with transaction.atomic():
        lock(migration)
        run = migration.runs.select_for_update().filter(status=RunState.STOPPED).order_by("number").first()
        if run is None or not _has_passwords(migration):
            raise NotNow("nothing-stopped")
        run.transfers.filter(status=TransferState.STOPPED).update(status=TransferState.WAITING, attempts=0, not_before=None)
        Run.objects.filter(pk=run.pk, status=RunState.STOPPED).update(status=RunState.WAITING)
        MailMigration.objects.filter(pk=migration.pk).update(keep_until=None)
        end_run(run)
        note(actor, "run-resumed", migration=migration, run=run.number)


def retry_failed(actor: Actor, migration: MailMigration, accounts: Collection[int] | None = None) -> int:
    """Try the accounts again that failed in the last run, or that wait for their next try (these, or all); returns how many.

    An ended run is taken up again, and told of again when it ends. Raises ``NotNow``.
    """
    with transaction.atomic():
        lock(migration)
        run = migration.runs.select_for_update().exclude(status=RunState.PLANNED).order_by("-number").first()
        if run is None or run.status == RunState.STOPPED or not _has_passwords(migration):
            raise NotNow("nothing-to-retry")
        ended = Q(status__in=[TransferState.FAILED, TransferState.COMPLETED_WITH_ERRORS])
        failed = run.transfers.filter(ended | Q(status=TransferState.WAITING, not_before__gt=clock.now()))
        if accounts is not None:
            failed = failed.filter(account__in=accounts)
        again = failed.update(status=TransferState.WAITING, attempts=0, not_before=None, ended_at=None)
        if not again:
            raise NotNow("nothing-to-retry")
        if run.status not in UNFINISHED_RUN:
            _refuse_one_more(actor, migration)
        Run.objects.filter(pk=run.pk).exclude(status__in=UNFINISHED_RUN).update(
            status=RunState.WAITING, ended_at=None, told_at=None, verified_at=None
        )
        MailMigration.objects.filter(pk=migration.pk).update(keep_until=None)
        note(actor, "run-retried", migration=migration, run=run.number, accounts=again)
        return again


def reschedule(actor: Actor, run: Run, due_at: datetime) -> None:
    """Another hour for a run that has not begun; the second one at most the customer's hours after the first, and it
    keeps its distance when the first is moved. Raises ``NotNow``."""
    with transaction.atomic():
        lock(run.migration)
        found = Run.objects.select_for_update().filter(pk=run.pk, status=RunState.PLANNED).first()
        if found is None:
            raise NotNow("already-begun")
        if due_at <= clock.now():
            raise NotNow("hour-past")
        if found.number == 2:
            _refuse_distance(found, due_at)
        if found.due_at is not None:
            _shift(found, due_at - found.due_at)
        Run.objects.filter(pk=found.pk, status=RunState.PLANNED).update(due_at=due_at)
        if found.number == 2:
            MailMigration.objects.filter(pk=found.migration_id).update(second_run_when=SecondRun.HOUR, quiet_hours=None)
        note(actor, "run-rescheduled", migration=run.migration, run=run.number, due_at=due_at.isoformat())


def add_run(actor: Actor, migration: MailMigration) -> Run:
    """Once more, at once, when all runs have ended; its passwords must have been given again. Raises ``NotNow``."""
    with transaction.atomic():
        lock(migration)
        refuse_another_run(migration)
        if not _has_passwords(migration):
            raise NotNow("passwords-wiped")
        _refuse_one_more(actor, migration)
        last = migration.runs.aggregate(last=Max("number"))["last"] or 0
        run = Run.objects.create(migration=migration, number=last + 1, status=RunState.PLANNED, due_at=clock.now())
        MailMigration.objects.filter(pk=migration.pk).update(keep_until=None)
        note(actor, "run-added", migration=migration, run=run.number)
        begin_planned(run, actor)
        return run


def refuse_another_run(migration: MailMigration) -> None:
    """Raises ``NotNow`` while a run is open or its end not told of yet, and when the customer has too many unfinished ones."""
    runs = migration.runs
    if not runs.exists() or runs.exclude(status__in=ENDED_RUN).exists():
        raise NotNow("still-runs")
    if migration.customer is None:
        raise NotNow("of-the-command-line")
    if runs.filter(told_at=None).exists():
        raise NotNow("being-ended")
    if others := unfinished_problem(migration.customer, migration):
        raise NotNow(f"unfinished:{others}")


def _refuse_unready(draft: MailMigration) -> None:
    if not draft.accounts.filter(left_out=False).exists():
        raise NotNow("no-accounts")
    if destination_changed(draft):
        raise NotNow("destination-changed")
    if unchecked(draft):
        raise NotNow("logins-fail")
    if draft.destination_system is None:
        raise NotNow("no-destination")


def _refuse_one_more(actor: Actor, migration: MailMigration) -> None:
    """Before a migration becomes unfinished: the customer's number of them, and no mailbox twice. Whoever does the
    same for this customer now waits for the end of this transaction, so that two cannot be let through together."""
    if migration.customer is None:
        return
    one_at_a_time(migration.customer)
    if others := unfinished_problem(migration.customer, migration):
        raise NotNow(f"unfinished:{others}")
    if problems := account_problems(Viewer.of(actor.person) if actor.person else None, migration):
        raise NotNow(f"addresses:{len(problems)}")


def _refuse_distance(run: Run, due_at: datetime) -> None:
    """The second run lies after the first and not too long after it."""
    first = run.migration.runs.filter(number=1).first()
    assert run.migration.customer is not None
    hours = Limits.of(run.migration.customer).hours
    begun = (first and (first.started_at or first.due_at)) or clock.now()
    if not begun <= due_at <= begun + timedelta(hours=hours):
        raise NotNow(f"hours:{hours}")


def _shift(run: Run, distance: timedelta) -> None:
    """Move what is planned after this run by as much as it is moved itself: the distance is what was chosen."""
    run.migration.runs.filter(status=RunState.PLANNED, number__gt=run.number).update(due_at=F("due_at") + distance)


def _has_passwords(migration: MailMigration) -> bool:
    return MailMigration.objects.filter(pk=migration.pk, wrapped_key__isnull=False).exists()


def lock(migration: MailMigration) -> None:
    """One verb at a time. Raises ``NotNow`` when it is being deleted."""
    if not MailMigration.objects.select_for_update(of=("self",)).filter(pk=migration.pk, deleting_at=None).exists():
        raise NotNow("deleted")
