"""Lists page by page: a cursor says after which row to go on, so that rows that come or go meanwhile are neither shown twice nor left out.

A cursor means nothing to who gets it: he sends it back as it is.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, Protocol, TypeVar

from django.db.models import QuerySet
from ninja import Query, Schema
from pydantic import Field

from trasloco.api.problem import Refused

T = TypeVar("T")
LARGEST = 2**63 - 1


class Page(Schema, Generic[T]):
    """One page. next: the cursor of the page after it, null at the end."""

    items: list[T]
    next: str | None


class _Sliced(Protocol):
    """What has a length and gives slices."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> list[Any]: ...


class Paging(Schema):
    """Which page, and how large."""

    cursor: str = Field("", max_length=64, description="`next` of the page before; empty for the first page.")
    limit: int = Field(50, ge=1, le=200, description="Rows on a page.")


Wanted = Annotated[Paging, Query(...)]


def one_page(
    rows: QuerySet[Any], wanted: Paging, show: Callable[[Sequence[Any]], list[Any]], *, newest_first: bool = False
) -> dict[str, Any]:
    """rows in the order of their primary keys. show: rows as they are shown, all of a page at once. Raises ``Refused``."""
    after = _read(wanted.cursor)
    if after is not None:
        rows = rows.filter(pk__lt=after) if newest_first else rows.filter(pk__gt=after)
    found = list(rows.order_by("-pk" if newest_first else "pk")[: wanted.limit + 1])
    shown = found[: wanted.limit]
    return {"items": show(shown), "next": _write(shown[-1].pk) if len(found) > len(shown) else None}


def numbered_page(rows: _Sliced, wanted: Paging) -> dict[str, Any]:
    """The same of a list in a lasting order, such as that of the messages of an ended run."""
    first = _read(wanted.cursor) or 0
    shown = rows[first : first + wanted.limit]
    after = first + len(shown)
    return {"items": shown, "next": _write(after) if after < len(rows) and shown else None}


def _write(number: int) -> str:
    return base64.urlsafe_b64encode(f"after {number}".encode()).decode().rstrip("=")


def _read(cursor: str) -> int | None:
    if not cursor:
        return None
    try:
        word, _, number = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii").partition(" ")
    except (binascii.Error, ValueError) as error:
        raise _unknown() from error
    if word != "after" or not (number.isascii() and number.isdigit()) or int(number) > LARGEST:
        raise _unknown()
    return int(number)


def _unknown() -> Refused:
    words = "This is no cursor of this API. Send `next` of the page before as it is, or none for the first page."
    return Refused(422, "unknown-cursor", words, fields={"cursor": [words]})
