"""PostgreSQL's array literals (its manual, 8.15.2), written by us: adapting a batch value by value costs more than all the rest of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from trasloco.records.actions import clean


def array(values: Sequence[str]) -> str:
    """Of elements that are written as they have to be."""
    return "{" + ",".join(values) + "}"


def numbers(values: Sequence[int | None]) -> str:
    """Of integers; None is NULL."""
    return array(["NULL" if value is None else str(value) for value in values])


def texts(values: Sequence[str | None]) -> str:
    """Of texts, without the characters that PostgreSQL cannot keep; None is NULL."""
    quoted = {value: "NULL" if value is None else _quoted(value) for value in set(values)}  # a batch has few different ones
    return array([quoted[value] for value in values])


def digests(values: Sequence[bytes | None]) -> str:
    """Of bytea in its hexadecimal form."""
    return array(["NULL" if value is None else f'"\\\\x{value.hex()}"' for value in values])


def column(values: Sequence[int | str | bytes | None]) -> str:
    """Of values of one kind, whichever it is: numbers, truth values, texts or bytes."""
    first = next((value for value in values if value is not None), None)
    if isinstance(first, bool):
        return array(["NULL" if value is None else "true" if value else "false" for value in values])
    if isinstance(first, bytes):
        return digests(cast(Sequence[bytes | None], values))
    return numbers(cast(Sequence[int | None], values)) if isinstance(first, int) else texts(cast(Sequence[str | None], values))


def _quoted(text: str) -> str:
    escaped = clean(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
