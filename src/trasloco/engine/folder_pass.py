"""What a pass over one folder brought, and how it is told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from trasloco.engine.account import FolderResult
from trasloco.engine.failure import Failure
from trasloco.engine.fate import Tally
from trasloco.engine.ledger import FolderRecord
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.engine.tally_words import tally_words
from trasloco.sentence import sentence as _


@dataclass(frozen=True, slots=True)
class FolderPass:
    """What a pass over one folder brought: its line of the report, bytes copied, flags changed.
    trouble: why the pass cannot be called complete although all that was listed has its fate.
    destination_uidvalidity: of the folder that was opened there; 0 when none was, or when its numbers do not last."""

    result: FolderResult
    size: int = 0
    flags_changed: int = 0
    trouble: Failure | None = None
    destination_uidvalidity: int = 0


def result_of(record: FolderRecord, shown: str, destination_shown: str, tally: Tally) -> FolderResult:
    """The folder's line of the report."""
    return FolderResult(shown, destination_shown, tally, record.renamed)


def tell_completed(sink: Sink, shown: str, destination_shown: str, tally: Tally, size: int) -> None:
    """The line of the log at the end of a pass. size: bytes copied."""
    words = _(
        "“%(source)s” -> “%(destination)s”: %(clause)s, %(size)s bytes.",
        source=shown,
        destination=destination_shown,
        clause=tally_words(tally),
        size=str(size),
    )
    sink.write(Entry(Level.INFO, "folder-completed", words, shown))


def tell_flags_lost(sink: Sink, shown: str, lost: Collection[str]) -> None:
    """What the destination does not keep of the flags, if anything."""
    if lost:
        words = _(
            "“%(folder)s”: the destination does not keep these flags, so they were left behind: %(flags)s.",
            folder=shown,
            flags=" ".join(sorted(lost)),
        )
        sink.write(Entry(Level.WARNING, "flags-lost", words, shown))
