"""Every message that is not on the destination as it was, one by one: for the report's folders.

Skipped, refused and vanished ones, and those that had to be repaired. Bounded: a mailbox may
have half a million messages in a Trash that is left out, and a report is read by people.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from trasloco.engine.fate import Fate
from trasloco.engine.repair import REPAIRED
from trasloco.records.ledger_place import rows_of
from trasloco.records.models import FATE_CODES, FATES, MailMigration

MOST_PER_FOLDER = 1000
MOST_IN_ALL = 50_000
FEWEST_PER_FOLDER = 20

IS_EXCEPTION = (
    f"(m.fate IN ({FATE_CODES[Fate.SKIPPED]}, {FATE_CODES[Fate.REFUSED]}, {FATE_CODES[Fate.VANISHED]})"
    f" OR starts_with(m.reason, '{REPAIRED} ('))"
)
"""In SQL, of the alias ``m``."""


@dataclass(frozen=True, slots=True)
class MessageException:
    """One message. run: that gave the fate. size: bytes."""

    uid: int
    fate: Fate
    size: int
    reason: str
    run: int


@dataclass(frozen=True, slots=True)
class FolderExceptions:
    """Those of one folder: the first ones (what is not merely skipped comes first) and how many there are by run."""

    destination: str
    folder: bytes
    messages: tuple[MessageException, ...]
    by_run: dict[int, int]


_COUNTS = f"""
SELECT f.id, a.destination_address, f.source_name, m.run, count(*)
FROM trasloco_account a JOIN trasloco_ledger_folder f ON f.account_id = a.id JOIN trasloco_ledger_message m ON m.folder_id = f.id
WHERE a.migration_id = %(migration)s AND {rows_of()} AND {IS_EXCEPTION}
GROUP BY a.line, f.id, a.destination_address, f.source_name, m.run ORDER BY a.line, f.id, m.run
"""  # noqa: S608 - constants of this module

_FIRST = f"""
SELECT f.id, m.source_uid, m.fate, m.size, m.reason, m.run FROM unnest(%(folders)s::bigint[]) AS f (id)
CROSS JOIN LATERAL (
    SELECT m.* FROM trasloco_ledger_message m WHERE m.folder_id = f.id AND {rows_of()} AND {IS_EXCEPTION}
    ORDER BY m.fate = {FATE_CODES[Fate.SKIPPED]}, m.source_uid LIMIT %(most)s
) m
"""  # noqa: S608


def folder_exceptions(code: str) -> list[FolderExceptions]:
    """All folders of a migration that have any, in the order of the CSV."""
    found = MailMigration.objects.filter(code=code.strip().lower()).values_list("pk", flat=True).first()
    if found is None:
        return []
    asked = {"migration": found}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, asked)
        folders: dict[int, FolderExceptions] = {}
        for folder_id, destination, name, run, count in cursor.fetchall():
            folder = folders.setdefault(folder_id, FolderExceptions(destination, bytes(name), (), {}))
            folder.by_run[run] = count
        if not folders:
            return []
        most = min(MOST_PER_FOLDER, max(FEWEST_PER_FOLDER, MOST_IN_ALL // len(folders)))
        cursor.execute(_FIRST, {**asked, "folders": list(folders), "most": most})
        messages: dict[int, list[MessageException]] = {key: [] for key in folders}
        for folder_id, uid, fate, size, reason, run in cursor.fetchall():
            messages[folder_id].append(MessageException(uid, FATES[fate], size, reason, run))
    return [FolderExceptions(item.destination, item.folder, tuple(messages[key]), item.by_run) for key, item in folders.items()]
