"""Read models: what a screen or a report shows, in a few queries whatever the number of accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count

from trasloco.engine.fate import Fate, Tally
from trasloco.records.fates import fates_by_account
from trasloco.records.ledger_place import rows_of
from trasloco.records.message_exceptions import IS_EXCEPTION
from trasloco.records.models import FATES, UNFINISHED, UNFINISHED_RUN, FolderTally, LogEntry, MailMigration, ParkedMessage, Run, Transfer
from trasloco.records.stored_endpoints import connections


@dataclass(frozen=True, slots=True)
class AccountProgress:
    """One account in one run, now. Sizes in bytes; expected_bytes None = not known. not_before: of the next try."""

    line: int
    login: str
    destination: str
    status: str
    folder: str
    expected_messages: int
    expected_bytes: int | None
    done_messages: int
    copied_bytes: int
    flags_changed: int
    seconds: float
    attempts: int
    not_before: datetime | None
    failure_code: str
    words: str

    @property
    def finished(self) -> bool:
        return self.status not in UNFINISHED


@dataclass(frozen=True, slots=True)
class RunProgress:
    """One run, now; ``states`` counts its accounts by status."""

    number: int
    status: str
    states: dict[str, int]
    expected_messages: int
    expected_bytes: int
    done_messages: int
    copied_bytes: int
    accounts: tuple[AccountProgress, ...]

    @property
    def finished(self) -> bool:
        return self.status not in UNFINISHED_RUN


@dataclass(frozen=True, slots=True)
class MigrationLine:
    """One line of the list of migrations."""

    code: str
    created_at: datetime
    accounts: int
    destination: str
    runs: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Messages of one folder with the same fate and reason; uids: the first few of them."""

    destination: str
    folder: bytes
    fate: Fate
    reason: str
    count: int
    uids: tuple[int, ...]


_COLUMNS = (
    "account__line",
    "account__login",
    "account__destination_address",
    "status",
    "folder",
    "expected_messages",
    "expected_bytes",
    "done_messages",
    "copied_bytes",
    "flags_changed",
    "seconds",
    "attempts",
    "not_before",
    "failure_code",
    "failure_words",
)


_LEFT_BEHIND = f"""
SELECT a.destination_address, f.source_name, m.fate, m.reason, count(*), (array_agg(m.source_uid ORDER BY m.source_uid))[1:5]
FROM trasloco_account a JOIN trasloco_ledger_folder f ON f.account_id = a.id JOIN trasloco_ledger_message m ON m.folder_id = f.id
WHERE a.migration_id = %(migration)s AND {rows_of()} AND {IS_EXCEPTION}
GROUP BY a.line, a.destination_address, f.id, f.source_name, m.fate, m.reason ORDER BY a.line, f.id, m.fate, m.reason
"""  # noqa: S608 - a constant


def progress(run: Run) -> RunProgress:
    """The run as it stands, its accounts in the order of the CSV: two queries."""
    status = Run.objects.values_list("status", flat=True).get(pk=run.pk)
    rows = Transfer.objects.filter(run_id=run.pk).order_by("account__line", "pk").values_list(*_COLUMNS)
    accounts = tuple(AccountProgress(*row) for row in rows)
    states: dict[str, int] = defaultdict(int)
    for account in accounts:
        states[account.status] += 1
    return RunProgress(
        run.number,
        status,
        dict(states),
        sum(account.expected_messages for account in accounts),
        sum(account.expected_bytes or 0 for account in accounts),
        sum(account.done_messages for account in accounts),
        sum(account.copied_bytes for account in accounts),
        accounts,
    )


def migration(code: str) -> MailMigration | None:
    """The migration with this code, as people type it."""
    return MailMigration.objects.filter(code=code.strip().lower()).first()


def parked(migration: MailMigration) -> Iterator[ParkedMessage]:
    """The messages no destination took, one at a time: each may be large. Their folder and account come along."""
    found = ParkedMessage.objects.filter(folder__account__migration=migration).select_related("folder__account")
    return found.order_by("folder__account__line", "folder_id", "source_uid").iterator(chunk_size=1)


def migrations() -> list[MigrationLine]:
    """All migrations, the newest first."""
    found = MailMigration.objects.annotate(lines=Count("accounts")).order_by("-created_at").prefetch_related("runs")
    return [
        MigrationLine(
            row.code,
            row.created_at,
            row.lines,
            row.destination["host"],
            tuple(sorted((run.number, run.status) for run in row.runs.all())),
        )
        for row in found
    ]


def report(code: str) -> dict[str, Any] | None:
    """The JSON report of a migration, None when there is no such code. In every ``messages``, source is the sum of the fates."""
    found = migration(code)
    if found is None:
        return None
    folders: dict[int, list[FolderTally]] = defaultdict(list)
    for tally in FolderTally.objects.filter(transfer__run__migration=found).order_by("position", "pk"):
        folders[tally.transfer_id].append(tally)
    runs: dict[int, list[Transfer]] = defaultdict(list)
    for transfer in Transfer.objects.filter(run__migration=found).select_related("run").order_by("run__number"):
        runs[transfer.account_id].append(transfer)
    totals = fates_by_account(found)
    return {
        "migration": found.code,
        "accounts": [
            {
                "source": account.login,
                "destination": account.destination_address,
                "connections": connections(account, found.destination),
                "messages": totals.get(account.pk, Tally()).as_dict(),
                "runs": [_run(transfer, folders[transfer.pk]) for transfer in runs[account.pk]],
            }
            for account in found.accounts.order_by("line", "pk")
        ],
    }


def exceptions(code: str) -> list[LeftBehind]:
    """Every message that is not on the destination as it was, grouped by folder and reason: what a person reads through.

    Skipped, refused, vanished; and copied ones that were repaired.
    """
    found = migration(code)
    if found is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LEFT_BEHIND, {"migration": found.pk})
        return [LeftBehind(row[0], bytes(row[1]), FATES[row[2]], row[3], row[4], tuple(row[5])) for row in cursor.fetchall()]


def entries(run: Run, after: int = 0, limit: int = 1000) -> Sequence[LogEntry]:
    """Log lines of a run with ids above ``after``, oldest first, with their accounts: for following along."""
    return list(LogEntry.objects.filter(transfer__run_id=run.pk, pk__gt=after).select_related("transfer__account").order_by("pk")[:limit])


def _run(transfer: Transfer, folders: Iterable[FolderTally]) -> dict[str, Any]:
    total = Tally()
    lines = []
    for folder in folders:
        tally = _tally(folder)
        total.merge(tally)
        lines.append({"source": folder.source, "destination": folder.destination, "note": folder.note, "messages": tally.as_dict()})
    return {
        "number": transfer.run.number,
        "status": transfer.status,
        "error": transfer.failure_words or None,
        "seconds": round(transfer.seconds, 3),
        "bytes": transfer.copied_bytes,
        "messages": total.as_dict(),
        "flags_changed": transfer.flags_changed,
        "folders": lines,
    }


def _tally(folder: FolderTally) -> Tally:
    return Tally(**{fate.value: getattr(folder, fate.value) for fate in Fate})
