"""Where a run tells how it goes: counters for progress, entries for the account's log."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol


class Level(enum.StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an account's log.

    action: stable name for machines ("folder-created", "message-refused").
    words: for people; names the folder and message. No subject, body text or secret.
    folder: source folder as displayed, "" when none. uid: source UID, None when none.
    """

    level: Level
    action: str
    words: str
    folder: str = ""
    uid: int | None = None


class Sink(Protocol):
    """Called synchronously by the engine: must be quick and must not raise."""

    def expect(self, messages: int, size: int | None) -> None:
        """What this run has before it, as far as known now (replaces the last figure)."""

    def advance(self, messages: int, size: int) -> None:
        """So many more messages have a fate, so many more bytes were copied."""

    def enter(self, folder: str) -> None:
        """The folder now worked on, as displayed."""

    def write(self, entry: Entry) -> None:
        """A log line. One per folder and per exception to the rule, never one per message."""


class QuietSink:
    """Takes everything, shows nothing."""

    def expect(self, messages: int, size: int | None) -> None:
        pass

    def advance(self, messages: int, size: int) -> None:
        pass

    def enter(self, folder: str) -> None:
        pass

    def write(self, entry: Entry) -> None:
        pass
