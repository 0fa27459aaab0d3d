"""What a pass over one folder brought."""

from __future__ import annotations

from dataclasses import dataclass

from trasloco.engine.account import FolderResult
from trasloco.engine.failure import Failure


@dataclass(frozen=True, slots=True)
class FolderPass:
    """What a pass over one folder brought: its line of the report, bytes copied, flags changed.
    trouble: why the pass cannot be called complete although all that was listed has its fate."""

    result: FolderResult
    size: int = 0
    flags_changed: int = 0
    trouble: Failure | None = None
