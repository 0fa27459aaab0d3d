"""Do the rows of a folder still speak of the two folders that are open? UIDs mean something only together with
UIDVALIDITY (RFC 9051 2.3.1.1), and only where they last (UIDNOTSTICKY, RFC 4315 2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from trasloco.engine.departures import Departures
from trasloco.engine.failure import Failure, Retry, Scope, SideName, TransferError
from trasloco.engine.identity import Place
from trasloco.engine.known_folders import tell_renumbered
from trasloco.engine.ledger import FolderRecord, Ledger
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.imap import quirks
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Selected
from trasloco.sentence import sentence as _


@dataclass(frozen=True, slots=True)
class Opened:
    """A folder as it was opened, and what the ledger knew of it: UIDVALIDITY (None before its first opening), MAILBOXID."""

    place: Place
    selected: Selected
    validity: int | None
    mailbox_id: str

    @property
    def now(self) -> int:
        return validity(self.selected)

    @property
    def exchanged(self) -> bool:
        """Another folder under this name, with the same number: only MAILBOXID tells (RFC 8474)."""
        ids = self.mailbox_id, self.selected.mailbox_id
        return self.now == self.validity and all(ids) and ids[0] != ids[1]

    @property
    def holds(self) -> bool:
        """What is known by UIDs of this folder is still so."""
        return self.now != 0 and self.now == self.validity and not self.exchanged


def validity(selected: Selected) -> int:
    """What the UIDs are valid for; 0 when for this session only (no UIDVALIDITY, UIDNOTSTICKY)."""
    return selected.uidvalidity or 0 if selected.uids_sticky else 0


async def revalidate(
    record: FolderRecord, source: Opened, destination: Opened, ledger: Ledger, departures: Departures, sink: Sink
) -> FolderRecord:
    """The record as it holds from now on; its rows are begun anew where they do not hold any more.

    The source's UIDs say nothing any more: then what was brought is still known by where it went (relics). The
    destination's say nothing: then nothing is known. Raises LedgerUnavailable, Fenced.
    """
    for opened in (source, destination):
        if not opened.now:
            opened.place.client.note(quirks.UIDVALIDITY_MISSING)
    if record.source_uidvalidity is not None and not (source.holds and destination.holds):
        if destination.holds:
            await ledger.retire(record.id)
            await departures.add_relics(ledger)
        else:
            await ledger.forget(record.id, source.now, destination.now, source_holds=source.holds, shown=destination.selected)
            record = replace(record, destination_uidnext=None)
        _tell(record, source, destination, sink)
    ids = source.selected.mailbox_id, destination.selected.mailbox_id
    known = (source.validity, destination.validity, record.source_id, record.destination_id)
    if known != (source.now, destination.now, *ids) or not source.holds or not destination.holds:
        await ledger.revalidate(record.id, source.now, destination.now, *ids)
    return replace(record, source_uidvalidity=source.now, destination_uidvalidity=destination.now, source_id=ids[0], destination_id=ids[1])


def refuse_exchanged(record: FolderRecord, source: Opened, destination: Opened) -> None:
    """Raises TransferError, to be tried again at once: all folders are to be looked at before anything is begun anew."""
    if source.exchanged or destination.exchanged:
        shown = decode_name(record.source_name)
        words = _("“%(folder)s” is another folder than before, with the same number. Trasloco looks at all folders again.", folder=shown)
        raise TransferError(Failure(SideName.OURS, Scope.ACCOUNT, Retry.NOW, "folder-exchanged", words))


def _tell(record: FolderRecord, source: Opened, destination: Opened, sink: Sink) -> None:
    passing = next((opened.place.side.name for opened in (source, destination) if not opened.now), None)
    if passing is None:
        tell_renumbered(sink, record.source_name, SideName.DESTINATION if source.holds else SideName.SOURCE)
        return
    shown = decode_name(record.source_name)
    if passing is SideName.SOURCE:
        words = _(
            "“%(folder)s”: the source's UIDs do not outlive a session; its messages are matched again, not copied again.", folder=shown
        )
    else:
        words = _(
            "“%(folder)s”: the destination's UIDs do not outlive a session; its messages are matched again, not copied again.", folder=shown
        )
    sink.write(Entry(Level.WARNING, "uids-not-lasting", words, shown))
