"""Rows of messages as the statements of ``ledger_sql`` take them: an array literal for each column."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from trasloco.engine.ledger import MessageRow
from trasloco.records.array_literals import digests, numbers, texts
from trasloco.records.models import FATE_CODES

_EMPTY = "{}"  # unnest() makes it NULL in every row
_REASON = attrgetter("reason")


def message_columns(rows: Sequence[MessageRow]) -> dict[str, Any]:
    """Their parameters. What is the same in all rows, as nearly everything is, goes as one value or not at all."""
    fates, runs = {row.fate for row in rows}, {row.run for row in rows}
    one_fate, one_run = len(fates) == 1, len(runs) == 1
    return {
        "uids": numbers([row.source_uid for row in rows]),
        "destination_uids": numbers([row.destination_uid for row in rows]),
        "sizes": numbers([row.size for row in rows]),
        "fate": FATE_CODES[rows[0].fate] if one_fate else None,
        "fates": _EMPTY if one_fate else numbers([FATE_CODES[row.fate] for row in rows]),
        "run": rows[0].run if one_run else None,
        "runs": _EMPTY if one_run else numbers([row.run for row in rows]),
        "digests": digests([row.digest for row in rows]),
        "flags": texts([row.flags for row in rows]),
        "reasons": texts([row.reason for row in rows]) if any(map(_REASON, rows)) else _EMPTY,
        "listed": _some([None if row.listed == row.size else row.listed for row in rows]),
        "identities": _some([None if row.identity is None else signed(row.identity) for row in rows]),
    }


def last_of_each(rows: Sequence[MessageRow]) -> Sequence[MessageRow]:
    """The last of two rows with the same UID counts."""
    if len({row.source_uid for row in rows}) == len(rows):
        return rows
    return list({row.source_uid: row for row in rows}.values())


def signed(identity: int) -> int:
    """An unsigned number of 64 bits as PostgreSQL's bigint keeps it."""
    return identity - 2**64 if identity >= 2**63 else identity


def _some(values: Sequence[int | None]) -> str:
    return _EMPTY if values.count(None) == len(values) else numbers(values)
