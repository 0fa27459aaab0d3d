"""What can be fuzzed, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

FOUND = Path(__file__).parent / "found"
"""Below it, in a directory for each target, every input that ever broke it."""


@dataclass(frozen=True, slots=True)
class Target:
    """module: below ``fuzz``. covers: the packages or modules whose branches guide the search. longest: bytes of an input.
    words: what is tried."""

    module: str
    covers: tuple[str, ...]
    longest: int
    words: str

    def seeds(self) -> list[bytes]:
        """Inputs to begin with: our own, and those of the shared vectors where they are at hand."""
        found: list[bytes] = import_module(f"fuzz.{self.module}").seeds()
        return found

    def tokens(self) -> tuple[bytes, ...]:
        """Pieces that inputs are made of."""
        found: tuple[bytes, ...] = import_module(f"fuzz.{self.module}").TOKENS
        return found

    def check(self) -> Callable[[bytes], None]:
        """The function that takes one input, and raises when something is wrong."""
        found: Callable[[bytes], None] = import_module(f"fuzz.{self.module}").check
        return found


TARGETS = {
    "parser": Target("parser", ("trasloco.imap",), 4096, "what an IMAP server sends: in any cut and in bulk the same as by the grammar"),
    "csv": Target("accounts", ("trasloco.plan",), 8192, "a file of accounts, in any encoding"),
    "utf7": Target("names", ("trasloco.imap.utf7",), 1024, "names of mailboxes, both ways"),
    "dates": Target("dates", ("trasloco.imap.dates",), 256, "dates of messages, both ways"),
    "pop3": Target("replies", ("trasloco.pop3.replies",), 4096, "what a POP3 server sends, in any cut"),
    "repair": Target("messages", ("trasloco.engine.repair", "email"), 8192, "messages on the repair ladder"),
    "autoconfig": Target("autoconfig", ("trasloco.plan.autoconfig", "trasloco.plan.endpoints"), 4096, "autoconfig files"),
}
