"""What a run has brought so far, folder by folder: it outlives an attempt."""

from __future__ import annotations

from dataclasses import dataclass, field

from trasloco.engine.account import FolderResult
from trasloco.engine.failure import Failure
from trasloco.engine.folder_pass import FolderPass
from trasloco.engine.sink import Entry, Level, Sink


@dataclass(slots=True)
class Brought:
    """All by the source folder's wire bytes.

    passes: of the folders that were gone through. failed: of those, the ones that failed. left_out: by a rule.
    cut_short: folders in which the run was told to rest, as far as they had come.
    """

    passes: dict[bytes, FolderPass] = field(default_factory=dict)
    failed: dict[bytes, Failure] = field(default_factory=dict)
    left_out: dict[bytes, FolderResult] = field(default_factory=dict)
    cut_short: list[FolderResult] = field(default_factory=list)

    def fail(self, source_name: bytes, failure: Failure, sink: Sink) -> None:
        """A folder that cannot be brought; the others go on."""
        self.failed[source_name] = failure
        sink.write(Entry(Level.ERROR, failure.code, failure.words))
