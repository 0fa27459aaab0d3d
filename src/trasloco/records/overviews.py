"""What the panel shows of migrations and runs: read models, a few queries each whatever the number of accounts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, F, Sum, When
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from trasloco.records.models import ENDED_RUN, UNFINISHED, UNFINISHED_RUN, MailMigration, Run, RunState, Transfer, TransferState


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in the list of migrations and at the top of one.

    due_at: what it is or was planned for; None of one that waits for the MX before the first has ended. states: its
    accounts by ``TransferState``. done, expected: messages; those of accounts
    that were not opened yet as their check counted them. copied_bytes: so far;
    expected_bytes: of ended accounts what was copied, of others what they hold.
    """

    number: int
    status: str
    due_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    states: dict[str, int]
    done: int
    expected: int
    copied_bytes: int
    expected_bytes: int
    now: datetime

    @property
    def hour(self) -> datetime | None:
        """When it began, or is to begin."""
        return self.started_at or self.due_at

    @property
    def accounts(self) -> int:
        return sum(self.states.values())

    @property
    def finished_accounts(self) -> int:
        return self.accounts - sum(self.states.get(state, 0) for state in (*UNFINISHED, TransferState.STOPPED))

    @property
    def failed_accounts(self) -> int:
        return self.states.get(TransferState.FAILED, 0)

    @property
    def running_accounts(self) -> int:
        return self.states.get(TransferState.RUNNING, 0) + self.states.get(TransferState.ADMITTED, 0)

    @property
    def planned(self) -> bool:
        return self.status == RunState.PLANNED

    @property
    def under_way(self) -> bool:
        return self.status in UNFINISHED_RUN

    @property
    def due(self) -> bool:
        """Its hour has come, and it has not begun."""
        return self.planned and self.due_at is not None and self.due_at <= self.now

    @property
    def share(self) -> int:
        """Per cent: of messages in a first run; of accounts in a later one, whose messages are mostly there already."""
        if self.status in ENDED_RUN:
            return 100
        done, expected = (self.done, self.expected) if self.number == 1 and self.expected else (self.finished_accounts, self.accounts)
        return min(99, done * 100 // expected) if expected else 0

    @property
    def size_share(self) -> int:
        """Per cent of the bytes."""
        if self.status in ENDED_RUN:
            return 100
        return min(99, self.copied_bytes * 100 // self.expected_bytes) if self.expected_bytes else 0

    @property
    def seconds(self) -> float | None:
        """How long it took, or has taken until now."""
        return ((self.ended_at or self.now) - self.started_at).total_seconds() if self.started_at else None


def run_lines(migrations: Iterable[MailMigration]) -> dict[int, list[RunLine]]:
    """The runs of these migrations, by migration, in order."""
    runs = list(Run.objects.filter(migration__in=[migration.pk for migration in migrations]).order_by("migration_id", "number"))
    states: dict[int, Counter[str]] = defaultdict(Counter)
    sums: dict[int, Counter[str]] = defaultdict(Counter)
    # What nobody has opened yet counts with what its check found.
    unopened = Coalesce("account__check_result__messages", 0)
    held = Coalesce("expected_bytes", "account__check_result__size", 0)
    counted = (
        Transfer.objects.filter(run__in=runs)
        .values("run_id", "status")
        .annotate(
            count=Count("pk"),
            done=Sum("done_messages"),
            expected=Sum(Case(When(status__in=UNFINISHED, expected_messages=0, then=unopened), default=F("expected_messages"))),
            size=Sum("copied_bytes"),
            all_size=Sum(Case(When(status__in=UNFINISHED, then=Greatest(held, "copied_bytes")), default=F("copied_bytes"))),
        )
    )
    for row in counted:
        states[row["run_id"]][row["status"]] += row["count"]
        sums[row["run_id"]].update({name: row[name] for name in ("done", "expected", "size", "all_size")})
    now = timezone.now()
    lines: dict[int, list[RunLine]] = defaultdict(list)
    for run in runs:
        total = sums[run.pk]
        due_at = run.due_at or (None if run.status == RunState.PLANNED else run.created_at)
        times = (due_at, run.started_at, run.ended_at)
        amounts = (total["done"], total["expected"], total["size"], total["all_size"])
        line = RunLine(run.number, run.status, *times, dict(states[run.pk]), *amounts, now)
        lines[run.migration_id].append(line)
    return lines


def current_run(migration: MailMigration) -> Run | None:
    """The run under way or stopped, else the last one that has begun; None before the first."""
    begun = migration.runs.exclude(status=RunState.PLANNED)
    return begun.filter(status__in=[*UNFINISHED_RUN, RunState.STOPPED]).order_by("number").first() or begun.order_by("-number").first()
