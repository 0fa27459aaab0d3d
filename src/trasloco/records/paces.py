"""The pace of runs: samples while they are under way, and the time that is left by them, as an honest range."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, Max, OuterRef

from trasloco.records.models import MailMigration, Run, RunPace, RunState, TransferState
from trasloco.records.overviews import RunLine, run_lines
from trasloco.records.pacing import limits_of, window_of

SAMPLE_SECONDS = 30.0
MOST_POINTS = 240
"""Of a chart: more would not be seen."""

_RECENT_SECONDS = 600.0  # what goes on now, against what went on all the time
_LEAST_SECONDS = 60.0  # before it, a pace is an accident
_DAY = 86_400.0
_LONGEST = 30 * _DAY  # of work, before its hours of rest are not counted any more


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """Seconds until the end of a run: the least and the most that are likely; most is None where nothing moves at present."""

    least: float
    most: float | None


def sample_paces(now: datetime) -> int:
    """Write down how far each run is whose last sample is old enough; returns how many. Two workers that do so at once write
    two rows that say the same."""
    old = now - timedelta(seconds=SAMPLE_SECONDS)
    due = Run.objects.filter(~Exists(RunPace.objects.filter(run=OuterRef("pk"), at__gt=old)), status=RunState.RUNNING)
    runs = {run.pk: run for run in due.select_related("migration")}
    if not runs:
        return 0
    lines = run_lines({run.migration.pk: run.migration for run in runs.values()}.values())
    fresh = []
    for run in runs.values():
        line = next(item for item in lines[run.migration_id] if item.number == run.number)
        fresh.append(
            RunPace(run=run, at=now, done=line.done, expected=line.expected, size=line.copied_bytes, finished=line.finished_accounts)
        )
    RunPace.objects.bulk_create(fresh)
    return len(fresh)


def pace_points(run: Run | None, most: int = MOST_POINTS) -> list[RunPace]:
    """The samples of a run in their order, thinned evenly; the last one is always there."""
    found = list(RunPace.objects.filter(run=run).order_by("at")) if run is not None else []
    if len(found) <= most:
        return found
    step = (len(found) - 1) / (most - 1)
    return [found[round(index * step)] for index in range(most)]


def time_left(migration: MailMigration, run: Run | None, line: RunLine | None) -> TimeLeft | None:
    """None where it would be a guess out of nothing: nothing under way, or not for long enough.

    By the pace since the beginning and that of the last ten minutes, whichever gives less and more; never before
    the hour until which an account waits, nor before a budget of bytes a day lets the largest mailbox through; the hours in
    which the migration rests are counted in.
    """
    if run is None or line is None or line.status != RunState.RUNNING:
        return None
    by_messages = line.number == 1 and line.expected > 0  # of a later run most messages are there already: by accounts
    done = line.done if by_messages else line.finished_accounts
    left = (line.expected if by_messages else line.accounts) - done
    paces = [
        (done - (point.done if by_messages else point.finished)) / (line.now - point.at).total_seconds() for point in _marks(run, line.now)
    ]
    moving = [pace for pace in paces if pace > 0]
    if not moving or left < 0:
        return None
    floor = max(_wakes(run, line), _budget(migration, run))
    least = max(floor, _with_rests(migration, line.now, left / max(moving) * 0.9))
    if len(moving) < len(paces):
        return TimeLeft(least, None)
    return TimeLeft(least, max(floor, _with_rests(migration, line.now, left / min(moving) * 1.25)))


def _marks(run: Run, now: datetime) -> list[RunPace]:
    """The first sample, and the newest that is ten minutes old; none before a pace means something."""
    samples = RunPace.objects.filter(run=run, at__lte=now - timedelta(seconds=_LEAST_SECONDS)).order_by("at")
    first, recent = samples.first(), samples.filter(at__lte=now - timedelta(seconds=_RECENT_SECONDS)).last()
    return [mark for mark in (first, recent) if mark is not None]


def _wakes(run: Run, line: RunLine) -> float:
    """Seconds until the last of those that wait for an hour may go on; 0 when none does."""
    waiting = run.transfers.filter(status=TransferState.WAITING, not_before__gt=line.now)
    latest = waiting.aggregate(latest=Max("not_before"))["latest"]
    return float((latest - line.now).total_seconds()) if latest else 0.0


def _with_rests(migration: MailMigration, now: datetime, seconds: float) -> float:
    """Seconds by the clock until so many have passed in which the migration works."""
    window = window_of(migration)
    if window is None:
        return seconds
    return (window.finishes(now, min(seconds, _LONGEST)) - now).total_seconds()


def _budget(migration: MailMigration, run: Run) -> float:
    """Seconds that a budget of bytes a day makes the largest mailbox take at least: whole days beyond the first."""
    budget = limits_of(migration).bytes_per_day
    if not budget:
        return 0.0
    sizes = run.transfers.exclude(expected_bytes=None).values_list("expected_bytes", "copied_bytes")
    largest = max((max(0, (expected or 0) - copied) for expected, copied in sizes), default=0)
    return (largest // budget) * _DAY
