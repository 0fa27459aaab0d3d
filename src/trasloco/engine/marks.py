"""The marks a completed pass leaves on its folder, by which a later run sees that nothing has happened since.

They are those of the STATUS before the folder was opened: what arrives while we copy must look new to the next run.
"""

from __future__ import annotations

from dataclasses import replace

from trasloco.engine.changes import Since, since_last_pass
from trasloco.engine.fate import Tally
from trasloco.engine.ledger import FolderRecord
from trasloco.engine.session import Session
from trasloco.imap import quirks
from trasloco.imap.values import Selected, Status


class Marks:
    """Of one source folder, as its LIST told them in this attempt. status: None where it told nothing."""

    def __init__(self, session: Session, status: Status | None) -> None:
        self._session, self.status = session, status

    def unchanged(self, record: FolderRecord, destination: Status | None) -> Tally | None:
        """The tally when nothing can have happened since the last completed pass, else None.

        Only with HIGHESTMODSEQ (RFC 7162) does STATUS tell of changed flags; and only while the
        destination's folder is the one the rows speak of.
        """
        status = self.status
        if status is None or destination is None or record.tally is None or not self._tells_of_flags(status):
            return None
        if record.source_name in self._session.departures.memory.left:
            return None  # the list was read before they left
        if self._session.settings.source_flags_win:
            return None  # the destination's flags must be looked at
        now = (status.uidvalidity, status.uidnext, status.messages, status.highest_modseq)
        then = (record.source_uidvalidity, record.source_uidnext, record.source_messages, record.source_modseq)
        if now != then or destination.uidvalidity != record.destination_uidvalidity:
            return None
        if destination.uidnext is not None and destination.uidnext < (record.destination_uidnext or 0):
            return None  # restored from a backup
        if record.run == self._session.run:
            return record.tally
        # What was refused, left out or not sent is tried again: the rules or the servers may be others now.
        behind = record.tally.refused + record.tally.skipped + record.tally.vanished
        return record.tally.carried() if behind == 0 else None

    def since(self, record: FolderRecord) -> Since | None:
        """From where the folder's changes can be asked for; None when it must be listed whole."""
        return since_last_pass(record, self.status) if self.status is not None and self._tells_of_flags(self.status) else None

    def kept(
        self, record: FolderRecord, source: Selected, tally: Tally, destination_uidnext: int, *, whole: bool, departed: int = 0
    ) -> FolderRecord:
        """The record of a pass that is complete. Where the STATUS differs from what EXAMINE said, or the pass was
        not ``whole``, no mark of the source is kept."""
        status = self.status
        same = status is not None and (status.uidvalidity, status.uidnext, status.messages) == (
            source.uidvalidity,
            source.uidnext,
            source.exists,
        )
        marks = status if same and status is not None and whole else Status()
        return replace(
            record,
            source_uidnext=marks.uidnext,
            source_messages=marks.messages,
            source_modseq=marks.highest_modseq if self._tells_of_flags(marks) else None,
            run=self._session.run,
            tally=tally,
            destination_uidnext=destination_uidnext or None,
            departed=departed,
        )

    def _tells_of_flags(self, status: Status) -> bool:
        """Whether the mod-sequence is one that can be believed: above 1 where there are messages (RFC 7162
        3.1.1 begins at 1), and of a server that was not seen to leave it standing."""
        if status.highest_modseq is None or not status.uidvalidity:
            return False
        return quirks.HIGHESTMODSEQ_FROZEN.name not in self._session.source.quirks and (status.highest_modseq > 1 or status.messages == 0)
