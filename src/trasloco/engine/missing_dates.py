"""What stands in for an INTERNALDATE that is missing or cannot be: the message's own header.

The top Received field says when the message came to its last server, which is what INTERNALDATE means
(RFC 9051 2.3.3); else the Date field; else nothing, and the destination gives the day of the copy.
Headers are read only of the messages concerned.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from trasloco.engine.classify import blame
from trasloco.engine.failure import Scope
from trasloco.engine.identity import Place
from trasloco.engine.inventory import Inventory
from trasloco.imap.dates import InternalDate

_ITEMS = ("UID", "BODY.PEEK[HEADER.FIELDS (RECEIVED DATE)]")


@dataclass(slots=True)
class StandIns:
    """How many dates were found where, and how many nowhere."""

    received: int = 0
    date: int = 0
    none: int = 0

    def __str__(self) -> str:
        return f"{self.received} by their Received field, {self.date} by their Date, {self.none} go without"


async def find_dates(place: Place, inventory: Inventory, positions: Iterable[int]) -> StandIns | None:
    """Give every message of ``positions`` that has no date one of its header; None when all have theirs.

    Raises TransferError of the folder.
    """
    waiting = {inventory.uids[position]: position for position in positions if inventory.date(position) is None}
    if not waiting:
        return None
    found = StandIns()
    with blame(place.side, "reading dates", place.folder, Scope.FOLDER):
        async for item in place.client.fetch(sorted(waiting), _ITEMS):
            header = next((content for content in item.sections.values() if content), None)
            position = None if item.uid is None or header is None else waiting.pop(item.uid, None)
            if position is None or header is None:
                continue
            date, by = date_of(header)
            if date is None:
                found.none += 1
                continue
            inventory.set_date(position, date)
            found.received += by == "received"
            found.date += by == "date"
    found.none += len(waiting)
    return found


def date_of(header: bytes) -> tuple[InternalDate | None, str]:
    """(the date, the field it stands in) of a header; (None, "") when neither field has a possible one."""
    fields: dict[str, str] = {}
    for line in header.replace(b"\r", b"").replace(b"\n ", b" ").replace(b"\n\t", b" ").decode("latin-1").split("\n"):
        name, _, value = line.partition(":")
        fields.setdefault(name.strip().lower(), value)  # the first of its name: the top Received
    for name, text in (("received", fields.get("received", "").rpartition(";")[2]), ("date", fields.get("date", ""))):
        date = _parse(text)
        if date is not None:
            return date, name
    return None, ""


def _parse(text: str) -> InternalDate | None:
    """RFC 5322 3.3 and 4.3, as liberal as the standard library; a date before 1970 is a broken clock's."""
    try:
        moment = parsedate_to_datetime(text[:200].strip())
        epoch = int(moment.timestamp() if moment.tzinfo else moment.replace(tzinfo=UTC).timestamp())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    offset = moment.utcoffset()
    return InternalDate(epoch, 0 if offset is None else int(offset.total_seconds()) // 60) if epoch >= 0 else None
