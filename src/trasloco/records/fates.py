"""What became of every message that any run has seen, by account: the rows of the ledger, and folders that could only be counted.

One row of the ledger is one message with one fate (``docs/adr/0003-what-a-run-counts.md``): ``copied`` is what any run brought.
A folder that could not be opened has no rows; what the last run that saw the folders counted there is added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from trasloco.engine.fate import Fate, Tally
from trasloco.imap.utf7 import decode_name
from trasloco.records.ledger_place import folder_rows, rows_of
from trasloco.records.models import FATES, MailMigration

_ROWS = f"""
SELECT f.account_id, m.fate, count(*) FROM trasloco_account a JOIN trasloco_ledger_folder f ON f.account_id = a.id
JOIN trasloco_ledger_message m ON m.folder_id = f.id
WHERE a.migration_id = %(migration)s AND {rows_of()} GROUP BY 1, 2
"""  # noqa: S608 - constants
_ROWS_OF_ONE = f"""
SELECT f.account_id, m.fate, count(*) FROM trasloco_account a JOIN trasloco_ledger_folder f ON f.account_id = a.id {folder_rows()}
WHERE a.migration_id = %(migration)s AND a.id = %(account)s GROUP BY 1, 2
"""  # noqa: S608 - constants
_LISTED = f"""
SELECT f.account_id, f.source_name FROM trasloco_account a JOIN trasloco_ledger_folder f ON f.account_id = a.id
WHERE a.migration_id = %(migration)s AND (%(account)s::bigint IS NULL OR a.id = %(account)s)
AND EXISTS (SELECT FROM trasloco_ledger_message m WHERE m.folder_id = f.id AND {rows_of()})
"""  # noqa: S608 - constants
# Of the last transfer of each account that got as far as its folders.
_COUNTED = """
SELECT t.account_id, a.line, a.destination_address, y.source, y.note,
    y.copied, y.adopted, y.moved, y.skipped, y.refused, y.vanished
FROM trasloco_account a CROSS JOIN LATERAL (
    SELECT t.id, t.account_id FROM trasloco_transfer t JOIN trasloco_run r ON r.id = t.run_id
    WHERE t.account_id = a.id AND EXISTS (SELECT FROM trasloco_folder_tally x WHERE x.transfer_id = t.id)
    ORDER BY r.number DESC LIMIT 1
) t JOIN trasloco_folder_tally y ON y.transfer_id = t.id
WHERE a.migration_id = %(migration)s AND (%(account)s::bigint IS NULL OR a.id = %(account)s) AND y.destination = ''
ORDER BY a.line, a.id, y.position, y.id
"""


@dataclass(frozen=True, slots=True)
class CountedFolder:
    """A folder whose messages have no rows. note: why. tally: of its messages."""

    account: int
    line: int
    address: str
    folder: str
    note: str
    tally: Tally


def fates_by_account(migration: MailMigration, account: int | None = None) -> dict[int, Tally]:
    """Of all accounts that have any, or of this one alone."""
    totals: dict[int, Tally] = defaultdict(Tally)
    with connection.cursor() as cursor:
        cursor.execute(_ROWS if account is None else _ROWS_OF_ONE, {"migration": migration.pk, "account": account})
        for account_id, fate, count in cursor.fetchall():
            totals[account_id].add(FATES[fate], count)
    for folder in counted_folders(migration, account):
        totals[folder.account].merge(folder.tally)
    return totals


def counted_folders(migration: MailMigration, account: int | None = None) -> Sequence[CountedFolder]:
    """Folders that could only be counted, in the order of the CSV."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"migration": migration.pk, "account": account})
        rows = cursor.fetchall()
        if not rows:
            return []
        cursor.execute(_LISTED, {"migration": migration.pk, "account": account})
        listed = {(account_id, decode_name(bytes(name))) for account_id, name in cursor.fetchall()}
    names = [fate.value for fate in Fate]
    return [
        CountedFolder(account, line, address, folder, note, Tally(**dict(zip(names, counts, strict=True))))
        for account, line, address, folder, note, *counts in rows
        if (account, folder) not in listed
    ]
