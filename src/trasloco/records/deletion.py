"""Removing a migration with everything that belongs to it: ledger, logs, parked messages, mails, passwords.

First it is marked and gone for everybody, at once; then its rows go, in statements of their own: a ledger may
have millions. What is marked and was not finished (a kill) is finished by the next tick.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from trasloco.records.history import SCHEDULE, Actor, note
from trasloco.records.models import UNFINISHED_RUN, MailMigration
from trasloco.records.planning import NotNow

# In the order in which nothing is left that points to what goes. The ledger's messages have no foreign key.
_STATEMENTS = (
    "DELETE FROM trasloco_ledger_message WHERE folder_id IN ({folders})",
    "DELETE FROM trasloco_ledger_intent WHERE folder_id IN ({folders})",
    "DELETE FROM trasloco_parked_message WHERE folder_id IN ({folders})",
    "DELETE FROM trasloco_ledger_folder WHERE account_id IN ({accounts})",
    "DELETE FROM trasloco_folder_tally WHERE transfer_id IN ({transfers})",
    "DELETE FROM trasloco_log_entry WHERE transfer_id IN ({transfers})",
    "DELETE FROM trasloco_transfer WHERE account_id IN ({accounts})",
    "DELETE FROM trasloco_verification WHERE account_id IN ({accounts})",
    "DELETE FROM trasloco_login_check WHERE account_id IN ({accounts})",
    "DELETE FROM trasloco_run WHERE migration_id = %(id)s",
    "DELETE FROM trasloco_mail WHERE migration_id = %(id)s",
    "DELETE FROM trasloco_account WHERE migration_id = %(id)s",
    "DELETE FROM trasloco_migration WHERE id = %(id)s",
)
_ACCOUNTS = "SELECT id FROM trasloco_account WHERE migration_id = %(id)s"
_PARTS = {
    "accounts": _ACCOUNTS,
    "folders": f"SELECT id FROM trasloco_ledger_folder WHERE account_id IN ({_ACCOUNTS})",  # noqa: S608 - constants
    "transfers": f"SELECT id FROM trasloco_transfer WHERE account_id IN ({_ACCOUNTS})",  # noqa: S608 - constants
}


def mark_deleted(actor: Actor, migration: MailMigration) -> None:
    """Gone for everybody, passwords first. Raises ``NotNow`` while a run is in progress."""
    with transaction.atomic():
        if not MailMigration.objects.select_for_update(of=("self",)).filter(pk=migration.pk, deleting_at=None).exists():
            raise NotNow("deleted")
        if migration.runs.filter(status__in=UNFINISHED_RUN).exists():
            raise NotNow("still-runs")
        _mark(migration)
        note(actor, "migration-deleted", migration=migration, accounts=migration.accounts.count())


def mark_expired(now: datetime | None = None) -> int:
    """Those whose time is over; returns how many."""
    found = MailMigration.objects.filter(keep_until__lte=now or timezone.now(), deleting_at=None).exclude(runs__status__in=UNFINISHED_RUN)
    count = 0
    for migration in found[:100]:
        with transaction.atomic():
            _mark(migration)
            note(SCHEDULE, "migration-expired", migration=migration)
            count += 1
    return count


def remove_marked() -> int:
    """Remove the rows of all that is marked; returns how many migrations went."""
    count = 0
    for pk in list(MailMigration.objects.exclude(deleting_at=None).values_list("pk", flat=True)[:20]):
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in _STATEMENTS:
                cursor.execute(statement.format(**_PARTS), {"id": pk})
        count += 1
    return count


def _mark(migration: MailMigration) -> None:
    """With the data key its passwords are gone everywhere, in dead rows and dumps too."""
    MailMigration.objects.filter(pk=migration.pk).update(
        deleting_at=timezone.now(), wrapped_key=None, key_id="", destination_secret=None, source_oauth=None, identity=None
    )
    migration.accounts.update(source_secret=None, destination_secret=None)
