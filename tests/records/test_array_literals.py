"""What PostgreSQL reads in our arrays is what was written, whatever it is."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
import pytest

from trasloco.project.database import Database

TEXTS = ["", "NULL", "null", "a,b", '"', "\\", "{}", " blank ", "ä €", "line\nend", None]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], "bigint"),
        ([None, None], "bigint"),
        ([3, None, -(2**63), 2**63 - 1], "bigint"),
        ([True, None, False], "boolean"),
        ([None, b"", b"\0\\x{},", bytes(range(256))], "bytea"),
        (TEXTS, "text"),
    ],
)
def test_a_column_is_read_as_it_was(database: Database, values: Sequence[int | str | bytes | None], kind: str) -> None:
    from trasloco.records.array_literals import column

    with psycopg.connect(database.conninfo) as connection:
        row = connection.execute(f"SELECT %s::{kind}[]", [column(values)]).fetchone()
    assert row is not None
    assert row[0] == list(values)


@pytest.mark.usefixtures("database")
def test_characters_that_postgresql_cannot_keep_are_replaced() -> None:
    from trasloco.records.array_literals import column

    assert column(["a\0b"]) == column(["a\ufffdb"])
