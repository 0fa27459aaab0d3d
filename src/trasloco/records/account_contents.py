"""One account looked at closely: its folders on both sides, and every message that is not there as it was."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import connection

from trasloco.engine.fate import Fate
from trasloco.engine.repair import REPAIRED
from trasloco.imap.utf7 import decode_name
from trasloco.records.ledger_place import folder_rows
from trasloco.records.message_exceptions import IS_EXCEPTION
from trasloco.records.models import FATE_CODES, FATES, Account, FolderTally, Transfer


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
    """One message. fate: of ``Fate``, or ``REPAIRED`` for one that is there and not as it was. size: bytes.
    parked: the id of its ``ParkedMessage``, None when there is none."""

    folder: str
    uid: int
    fate: str
    size: int
    reason: str
    parked: int | None


BROUGHT = (Fate.COPIED.value, Fate.ADOPTED.value, Fate.MOVED.value)
# What is there and had to be mended for it is called so, whatever way it came.
_NOT_THERE = (Fate.SKIPPED, Fate.REFUSED, Fate.VANISHED)
_SHOWN = {code: fate.value if fate in _NOT_THERE else REPAIRED for code, fate in FATES.items()}
_PLAIN = f"""
SELECT f.source_name, m.source_uid, m.fate, m.size, m.reason, NULL
FROM trasloco_ledger_folder f {folder_rows("m.fate = %(fate)s")}
WHERE f.account_id = %(account)s
ORDER BY f.id, m.source_uid LIMIT %(many)s OFFSET %(start)s
"""  # noqa: S608 - a constant
_PLAIN_COUNT = f"""
SELECT count(*) FROM trasloco_ledger_folder f {folder_rows("m.fate = %(fate)s")}
WHERE f.account_id = %(account)s
"""  # noqa: S608 - a constant
_COUNTS = f"""
SELECT m.fate, count(*) FROM trasloco_ledger_folder f {folder_rows(IS_EXCEPTION)}
WHERE f.account_id = %(account)s GROUP BY m.fate
"""  # noqa: S608 - a constant
_EXCEPTIONS = f"""
SELECT f.source_name, m.source_uid, m.fate, m.size, m.reason, p.id
FROM trasloco_ledger_folder f {folder_rows(f"{IS_EXCEPTION} AND m.fate = ANY(%(fates)s)")}
LEFT JOIN trasloco_parked_message p ON p.folder_id = f.id AND p.source_uid = m.source_uid
WHERE f.account_id = %(account)s
ORDER BY m.fate = {FATE_CODES[Fate.SKIPPED]}, f.id, m.source_uid LIMIT %(many)s OFFSET %(start)s
"""  # noqa: S608 - a constant


class Exceptions:
    """The messages of an account that are not there as they were, refused ones before skipped ones; a list for
    ``django.core.paginator.Paginator``, of which only the page asked for is read. fate: only those, "" for all."""

    def __init__(self, account: Account, fate: str = "") -> None:
        codes = [code for code, name in _SHOWN.items() if fate in ("", name)]
        self._asked: dict[str, Any] = {"account": account.pk, "migration": account.migration_id, "fates": codes}
        with connection.cursor() as cursor:
            cursor.execute(_COUNTS, self._asked)
            self.counts: Counter[str] = Counter()
            for code, count in cursor.fetchall():
                self.counts[_SHOWN[code]] += count
        self._length = sum(count for name, count in self.counts.items() if fate in ("", name))

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> list[ExceptionLine]:
        start, stop, _step = part.indices(self._length)
        with connection.cursor() as cursor:
            cursor.execute(_EXCEPTIONS, {**self._asked, "many": stop - start, "start": start})
            return [_line(row, _SHOWN[row[2]]) for row in cursor.fetchall()]


class Brought:
    """The messages of an account that are on the destination by one fate, of ``BROUGHT``, mended or not; a list like ``Exceptions``."""

    def __init__(self, account: Account, fate: str) -> None:
        self._asked = {"account": account.pk, "migration": account.migration_id, "fate": FATE_CODES[Fate(fate)]}
        with connection.cursor() as cursor:
            cursor.execute(_PLAIN_COUNT, self._asked)
            self._length = int(cursor.fetchone()[0])

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> list[ExceptionLine]:
        start, stop, _step = part.indices(self._length)
        with connection.cursor() as cursor:
            cursor.execute(_PLAIN, {**self._asked, "many": stop - start, "start": start})
            return [_line(row, FATES[row[2]].value) for row in cursor.fetchall()]


def _line(row: tuple[Any, ...], fate: str) -> ExceptionLine:
    return ExceptionLine(decode_name(bytes(row[0])), row[1], fate, row[3], row[4], row[5])
