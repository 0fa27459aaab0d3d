"""A server that was restored from a backup gives numbers away again that it has given before, under the same UIDVALIDITY.

On the source a UID the ledger knows is then another message, which would never be brought; on the destination what
was brought may be gone, and what came since stands under its number. UIDNEXT tells: it never goes back (RFC 9051
2.3.1.1). A server that shows messages at or above its own UIDNEXT is not believed.
"""

from __future__ import annotations

from trasloco.engine.classify import blame
from trasloco.engine.departures import Departures
from trasloco.engine.diff import Work
from trasloco.engine.failure import Scope
from trasloco.engine.identity import Place
from trasloco.engine.inventory import Inventory
from trasloco.engine.ledger import FolderRecord, Ledger
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Selected
from trasloco.sentence import sentence as _


def source_went_back(inventory: Inventory, work: Work, source: Selected) -> bool:
    """Whether the ledger knows UIDs that the source has not given yet."""
    if source.uidnext is None or work.highest < source.uidnext:
        return False
    return not (len(inventory) and inventory.uids[-1] >= source.uidnext)


async def destination_went_back(record: FolderRecord, work: Work, destination: Selected, place: Place) -> bool:
    """The same of the destination, whose folder is open. Raises TransferError."""
    known = max(max(work.bound, default=0) + 1, record.destination_uidnext or 0)
    if destination.uidnext is None or known <= destination.uidnext:
        return False
    if not destination.exists:
        return True
    with blame(place.side, "listing messages", place.folder, Scope.FOLDER):
        above = [item.uid async for item in place.client.fetch(f"{destination.uidnext}:*", ("UID",)) if item.uid is not None]
    return max(above, default=0) < destination.uidnext


async def begin_anew(
    record: FolderRecord, ledger: Ledger, departures: Departures, sink: Sink, destination: Selected, *, source_only: bool
) -> None:
    """Rows that hold no more go: into relics when only the source went back, else for good. The validities stay.
    destination: its folder, as it was opened. Raises LedgerUnavailable, Fenced."""
    ours, theirs = record.source_uidvalidity or 0, record.destination_uidvalidity or 0
    if source_only:
        await ledger.retire(record.id)
        await departures.add_relics(ledger)
    else:
        await ledger.forget(record.id, ours, theirs, shown=destination)
    await ledger.revalidate(record.id, ours, theirs, record.source_id, record.destination_id)
    shown = decode_name(record.source_name)
    if source_only:
        words = _(
            "“%(folder)s”: the source gives numbers again that it had given before, as after a backup was restored; "
            "its messages are matched again.",
            folder=shown,
        )
    else:
        words = _(
            "“%(folder)s”: the destination gives numbers again that it had given before, as after a backup was restored; "
            "its messages are matched again.",
            folder=shown,
        )
    sink.write(Entry(Level.WARNING, "numbers-went-back", words, shown))
