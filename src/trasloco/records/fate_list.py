"""The messages of a migration with one fate, as people read through them: by account, folder and reason, a page at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db import connection

from trasloco.engine.fate import Fate
from trasloco.imap.utf7 import decode_name
from trasloco.records.fates import counted_folders
from trasloco.records.ledger_place import rows_of
from trasloco.records.models import FATE_CODES, MailMigration

MOST_UIDS = 5
FATES = tuple(fate.value for fate in Fate)


@dataclass(frozen=True, slots=True)
class FateLine:
    """Messages of one folder with the same fate and reason. uids: the first few; none where they could only be counted."""

    account: int
    address: str
    folder: str
    reason: str
    count: int
    uids: tuple[int, ...]


_OF = f"""
FROM trasloco_account a JOIN trasloco_ledger_folder f ON f.account_id = a.id JOIN trasloco_ledger_message m ON m.folder_id = f.id
WHERE a.migration_id = %(migration)s AND m.fate = %(fate)s AND {rows_of()} AND NOT a.left_out
GROUP BY a.line, a.id, f.id, m.reason
"""
_COUNT = f"SELECT count(*), coalesce(sum(n), 0) FROM (SELECT count(*) AS n {_OF}) g"  # noqa: S608 - constants of this module
_PAGE = f"""
SELECT a.id, a.destination_address, f.id, f.source_name, m.reason, count(*) {_OF}
ORDER BY a.line, a.id, f.id, m.reason LIMIT %(many)s OFFSET %(start)s
"""
# Asked for the lines of one page only: gathering the UIDs of every line would read them all.
_UIDS = f"""
SELECT k.place, m.source_uid FROM unnest(%(folders)s::bigint[], %(reasons)s::text[]) WITH ORDINALITY AS k (folder, reason, place)
CROSS JOIN LATERAL (
    SELECT m.source_uid FROM trasloco_ledger_message m
    WHERE m.folder_id = k.folder AND {rows_of()} AND m.fate = %(fate)s AND m.reason = k.reason
    ORDER BY m.source_uid LIMIT {MOST_UIDS}
) m ORDER BY k.place, m.source_uid
"""  # noqa: S608


class FateList:
    """A list for ``django.core.paginator.Paginator``, of which only the page asked for is read. fate: of ``Fate``. messages: how many
    there are in all. Raises ValueError for a fate that there is not."""

    def __init__(self, migration: MailMigration, fate: str) -> None:
        self._asked = {"migration": migration.pk, "fate": FATE_CODES[Fate(fate)]}
        out = set(migration.accounts.filter(left_out=True).values_list("pk", flat=True))
        self._counted = [
            FateLine(item.account, item.address, item.folder, item.note, count, ())
            for item in counted_folders(migration)
            if (count := getattr(item.tally, fate)) and item.account not in out
        ]
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, self._asked)
            self._listed, messages = cursor.fetchone()
        self.messages = int(messages) + sum(line.count for line in self._counted)

    def __len__(self) -> int:
        return int(self._listed) + len(self._counted)

    def __getitem__(self, part: slice) -> list[FateLine]:
        start, stop, _step = part.indices(len(self))
        lines = self._page(min(stop, self._listed) - start, start) if start < self._listed else []
        return lines + self._counted[max(0, start - self._listed) : max(0, stop - self._listed)]

    def _page(self, many: int, start: int) -> list[FateLine]:
        """Of the lines that have rows."""
        with connection.cursor() as cursor:
            cursor.execute(_PAGE, {**self._asked, "many": many, "start": start})
            rows = cursor.fetchall()
            cursor.execute(_UIDS, {**self._asked, "folders": [row[2] for row in rows], "reasons": [row[4] for row in rows]})
            uids: dict[int, list[int]] = defaultdict(list)
            for place, uid in cursor.fetchall():
                uids[place].append(uid)
        return [
            FateLine(account, address, decode_name(bytes(name)), reason, count, tuple(uids[place]))
            for place, (account, address, _folder, name, reason, count) in enumerate(rows, 1)
        ]
