"""Removing a migration with everything that belongs to it: ledger, logs, parked messages, mails, jobs, passwords.

First it is marked and gone for everybody, at once, and its data key with it; then its rows go: its messages in one step
with their partition (``ledger_place``), however many they are, other large tables piece by piece. What is marked and was
not finished (a kill) is finished by the next tick. Who did what and when stays in the history, under the migration's code.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from trasloco.records import clock
from trasloco.records.history import SCHEDULE, Actor, note
from trasloco.records.ledger_place import SHARED, in_place, remove_place
from trasloco.records.models import UNFINISHED_RUN, LedgerMessage, LogEntry, MailMigration, ParkedMessage, RunState
from trasloco.records.planning import NotNow

log = logging.getLogger(__name__)

PIECE = 20_000  # rows in one transaction
SECONDS = 5.0  # for one tick: the schedule of the others must not wait for a ledger of millions

_ACCOUNTS = "SELECT id FROM trasloco_account WHERE migration_id = %(id)s"
_PARTS = {
    "accounts": _ACCOUNTS,
    "folders": f"SELECT id FROM trasloco_ledger_folder WHERE account_id IN ({_ACCOUNTS})",  # noqa: S608 - constants
    "transfers": f"SELECT id FROM trasloco_transfer WHERE account_id IN ({_ACCOUNTS})",  # noqa: S608 - constants
    "runs": "SELECT id FROM trasloco_run WHERE migration_id = %(id)s",
    "mails": "SELECT id FROM trasloco_mail WHERE migration_id = %(id)s",
}
# Tables that may be large, by the rows' physical address.
_AMONG_OTHERS = f"{SHARED} WHERE folder_id IN ({{folders}})"
_LARGE = (
    "trasloco_ledger_relic WHERE account_id IN ({accounts})",
    "trasloco_ledger_number WHERE account_id IN ({accounts})",
    "trasloco_parked_message WHERE folder_id IN ({folders})",
    "trasloco_log_entry WHERE transfer_id IN ({transfers})",
    "trasloco_folder_tally WHERE transfer_id IN ({transfers})",
)
# What is being done already ends by itself: it finds no row to write to.
_JOBS = """
DELETE FROM procrastinate_jobs WHERE status <> 'doing' AND (
    (args ->> 'migration_id')::bigint = %(id)s OR (args ->> 'run_id')::bigint IN ({runs})
    OR (args ->> 'transfer_id')::bigint IN ({transfers}) OR (args ->> 'mail_id')::bigint IN ({mails}))
"""


@dataclass(frozen=True, slots=True)
class Contents:
    """How much of what a migration has; ``messages``: rows of its ledger."""

    accounts: int
    runs: int
    messages: int
    parked: int
    log_lines: int
    mails: int


def contents(migration: MailMigration) -> Contents:
    """What goes with it, for whoever is asked whether it shall."""
    return Contents(
        accounts=migration.accounts.count(),
        runs=migration.runs.count(),
        messages=LedgerMessage.objects.filter(in_place(migration.pk), folder__account__migration=migration).count(),
        parked=ParkedMessage.objects.filter(folder__account__migration=migration).count(),
        log_lines=LogEntry.objects.filter(transfer__account__migration=migration).count(),
        mails=migration.mails.count(),
    )


def mark_deleted(actor: Actor, migration: MailMigration) -> None:
    """Gone for everybody, passwords first. Raises ``NotNow`` while a run is in progress, one that waits for its turn included."""
    with transaction.atomic():
        if not MailMigration.objects.select_for_update(of=("self",)).filter(pk=migration.pk, deleting_at=None).exists():
            raise NotNow("deleted")
        if _runs(migration):
            raise NotNow("still-runs")
        _mark(migration)
        note(actor, "migration-deleted", migration=migration, accounts=migration.accounts.count())


def mark_expired(now: datetime | None = None) -> int:
    """Those whose time is over; returns how many."""
    due = {"keep_until__lte": now or clock.now(), "deleting_at": None}
    count = 0
    for pk in MailMigration.objects.filter(**due).exclude(runs__status__in=UNFINISHED_RUN).values_list("pk", flat=True)[:100]:
        with transaction.atomic():
            migration = MailMigration.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=pk, **due).first()
            if migration is None or _runs(migration):
                continue
            _mark(migration)
            note(SCHEDULE, "migration-expired", migration=migration)
            log.info("migration %s: its time is over; it is removed with everything that belongs to it", migration.code)
            count += 1
    return count


def remove_marked(now: datetime | None = None, seconds: float = SECONDS) -> int:
    """Remove the rows of what is marked, whatever the hour, as far as the seconds go; returns how many migrations are gone altogether."""
    end = time.monotonic() + seconds
    count = 0
    for migration in MailMigration.objects.exclude(deleting_at=None).order_by("deleting_at").only("code", "ledger_from")[:20]:
        if not _remove(migration, end):
            break
        count += 1
    return count


def _remove(migration: MailMigration, end: float) -> bool:
    """False when the time was over before it was done, or somebody still reads its ledger."""
    pk = migration.pk
    if time.monotonic() > end or not remove_place(migration):
        return False
    for rows in _LARGE if migration.ledger_from else (_AMONG_OTHERS, *_LARGE):
        table, _, condition = rows.format(**_PARTS).partition(" ")
        piece = f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} {condition} LIMIT {PIECE}))"  # noqa: S608 - constants
        gone = PIECE
        while gone == PIECE:
            if time.monotonic() > end:
                return False
            with connection.cursor() as cursor:
                cursor.execute(piece, {"id": pk})
                gone = cursor.rowcount
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_JOBS.format(**_PARTS), {"id": pk})
        # The rest by the models' own cascade, so that a table that comes later is not forgotten here.
        MailMigration.objects.filter(pk=pk).exclude(deleting_at=None).delete()
    return True


def _runs(migration: MailMigration) -> bool:
    """Whether a run is in progress. Its runs are held until the end of the transaction, so that none begins meanwhile."""
    return bool(set(migration.runs.select_for_update().values_list("status", flat=True)) & set(UNFINISHED_RUN))


def _mark(migration: MailMigration) -> None:
    """With the data key its passwords are gone everywhere, in dead rows and dumps too; runs that were planned never begin."""
    migration.runs.filter(status=RunState.PLANNED).delete()
    MailMigration.objects.filter(pk=migration.pk, deleting_at=None).update(
        deleting_at=clock.now(), wrapped_key=None, key_id="", destination_secret=None, source_oauth=None, identity=None
    )
    migration.accounts.update(source_secret=None, destination_secret=None)
