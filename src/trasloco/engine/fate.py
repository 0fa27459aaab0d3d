"""The one fate every source message has in a run, and their sums."""

from __future__ import annotations

import enum
from dataclasses import dataclass, fields


class Fate(enum.StrEnum):
    """What became of a source message in this run."""

    COPIED = "copied"  # appended to the destination by this run
    ADOPTED = "adopted"  # was already there: by an earlier run, another tool, or a delivery
    MOVED = "moved"  # moved on the source since; moved on the destination too
    SKIPPED = "skipped"  # left out by a rule that is named
    REFUSED = "refused"  # one of the servers would not; its words are kept
    VANISHED = "vanished"  # gone from the source before its bytes could be read


@dataclass(slots=True)
class Tally:
    """How many source messages have which fate. ``source`` is their sum, by construction."""

    copied: int = 0
    adopted: int = 0
    moved: int = 0
    skipped: int = 0
    refused: int = 0
    vanished: int = 0

    @property
    def source(self) -> int:
        return sum(getattr(self, item.name) for item in fields(self))

    def add(self, fate: Fate, count: int = 1) -> None:
        setattr(self, fate.value, getattr(self, fate.value) + count)

    def merge(self, other: Tally) -> None:
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))

    def carried(self) -> Tally:
        """The tally of a later run in which nothing changed: what was brought is now already there."""
        return Tally(adopted=self.copied + self.adopted + self.moved, skipped=self.skipped, refused=self.refused)

    def as_dict(self) -> dict[str, int]:
        """The shape of the JSON report: ``source`` first, then each fate."""
        return {"source": self.source} | {item.name: getattr(self, item.name) for item in fields(self)}
