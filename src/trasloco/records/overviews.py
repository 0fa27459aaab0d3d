"""What the panel shows of migrations, runs and accounts: read models, a few queries each whatever the number of accounts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet, Sum

from trasloco.engine.fate import Fate
from trasloco.imap.utf7 import decode_name
from trasloco.records.message_exceptions import IS_EXCEPTION
from trasloco.records.models import FATES, UNFINISHED_RUN, Account, FolderTally, MailMigration, Run, RunState, Transfer

MOST_EXCEPTIONS = 500


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in the list of migrations and at the top of one. hour: when it begins or began. done, expected: messages."""

    number: int
    status: str
    hour: datetime | None
    ended_at: datetime | None
    states: dict[str, int]
    done: int
    expected: int
    copied_bytes: int
    seconds: float

    @property
    def share(self) -> int:
        """Per cent of the messages; an ended run is at 100."""
        if self.status in (RunState.COMPLETED, RunState.COMPLETED_WITH_ERRORS):
            return 100
        return min(99, self.done * 100 // self.expected) if self.expected else 0


def run_lines(migrations: Iterable[MailMigration]) -> dict[int, list[RunLine]]:
    """The runs of these migrations, by migration, in order."""
    runs = list(Run.objects.filter(migration__in=[migration.pk for migration in migrations]).order_by("migration_id", "number"))
    states: dict[int, Counter[str]] = defaultdict(Counter)
    sums: dict[int, dict[str, Any]] = {}
    counted = (
        Transfer.objects.filter(run__in=runs)
        .values("run_id", "status")
        .annotate(
            count=Count("pk"), done=Sum("done_messages"), expected=Sum("expected_messages"), size=Sum("copied_bytes"), took=Sum("seconds")
        )
    )
    for row in counted:
        states[row["run_id"]][row["status"]] += row["count"]
        total = sums.setdefault(row["run_id"], {"done": 0, "expected": 0, "size": 0, "took": 0.0})
        figures: dict[str, Any] = dict(row)
        for name in total:
            total[name] += figures[name] or 0
    lines: dict[int, list[RunLine]] = defaultdict(list)
    for run in runs:
        total = sums.get(run.pk, {"done": 0, "expected": 0, "size": 0, "took": 0.0})
        hour = run.started_at or run.due_at or run.created_at
        lines[run.migration_id].append(RunLine(run.number, run.status, hour, run.ended_at, dict(states[run.pk]), *total.values()))
    return lines


def transfers_of(run: Run | None) -> QuerySet[Transfer]:
    """The accounts of a run, those that need somebody first."""
    if run is None:
        return Transfer.objects.none()
    return run.transfers.select_related("account").order_by("account__line", "pk")


def current_run(migration: MailMigration) -> Run | None:
    """The run under way or stopped, else the last one that has begun; None before the first."""
    begun = migration.runs.exclude(status=RunState.PLANNED)
    return begun.filter(status__in=[*UNFINISHED_RUN, RunState.STOPPED]).order_by("number").first() or begun.order_by("-number").first()


@dataclass(frozen=True, slots=True)
class FolderLine:
    """One folder of an account in a run: what the source has, what is on the destination, what is not and why."""

    source: str
    destination: str
    note: str
    messages: dict[str, int]

    @property
    def on_source(self) -> int:
        return sum(self.messages.values())

    @property
    def on_destination(self) -> int:
        return self.messages["copied"] + self.messages["adopted"] + self.messages["moved"]

    @property
    def behind(self) -> int:
        return self.on_source - self.on_destination


def folder_lines(transfer: Transfer) -> list[FolderLine]:
    """In the order of the run."""
    rows = FolderTally.objects.filter(transfer=transfer).order_by("position", "pk")
    return [FolderLine(row.source, row.destination, row.note, {fate.value: getattr(row, fate.value) for fate in Fate}) for row in rows]


@dataclass(frozen=True, slots=True)
class ExceptionLine:
    """One message that is not on the destination as it was. parked: the id of its ``ParkedMessage``, None when there is none."""

    folder: str
    uid: int
    fate: Fate
    size: int
    reason: str
    parked: int | None


_EXCEPTIONS = f"""
SELECT f.source_name, m.source_uid, m.fate, m.size, m.reason, p.id
FROM trasloco_ledger_folder f JOIN trasloco_ledger_message m ON m.folder_id = f.id
LEFT JOIN trasloco_parked_message p ON p.folder_id = f.id AND p.source_uid = m.source_uid
WHERE f.account_id = %s AND {IS_EXCEPTION}
ORDER BY m.fate = 4, f.id, m.source_uid LIMIT %s
"""  # noqa: S608 - a constant


def exceptions_of(account: Account) -> tuple[Sequence[ExceptionLine], int]:
    """The first of them, refused ones before skipped ones, and how many there are in all."""
    with connection.cursor() as cursor:
        cursor.execute(_EXCEPTIONS, [account.pk, MOST_EXCEPTIONS])
        lines = [ExceptionLine(decode_name(bytes(row[0])), row[1], FATES[row[2]], row[3], row[4], row[5]) for row in cursor.fetchall()]
        if len(lines) < MOST_EXCEPTIONS:
            return lines, len(lines)
        cursor.execute(
            f"SELECT count(*) FROM trasloco_ledger_folder f JOIN trasloco_ledger_message m ON m.folder_id = f.id"  # noqa: S608 - a constant
            f" WHERE f.account_id = %s AND {IS_EXCEPTION}",
            [account.pk],
        )
        return lines, int(cursor.fetchone()[0])
