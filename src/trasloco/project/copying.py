"""One mailbox to one mailbox, without a database: the engine with its ledger in memory.

What is on the destination already is adopted by the engine, so that a copy that was killed and
started again doubles nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from trasloco.engine.account import Outcome, RunStatus, Settings, Side
from trasloco.engine.account_run import run_account
from trasloco.engine.failure import Failure, Retry
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.engine.resolve import resolve
from trasloco.engine.sink import Entry, Level
from trasloco.project.progress import AccountProgress, Progress

MOST_TRIES = 5
FIRST_WAIT = 15.0  # seconds; doubled each time, unless the server names a time itself
_MOST_NOTES = 200


@dataclass(slots=True)
class CopySink:
    """Counts what the engine tells, for the screen; keeps the warnings for the end."""

    name: str
    done: int = 0
    size: int = 0
    expected: int | None = None
    expected_size: int | None = None
    folder: str = ""
    status: str = "running"
    words: str = ""
    notes: list[Entry] = field(default_factory=list)
    on_entry: Callable[[Entry], None] | None = None

    def expect(self, messages: int, size: int | None) -> None:
        self.expected, self.expected_size = messages, size

    def advance(self, messages: int, size: int) -> None:
        self.done += messages
        self.size += size

    def enter(self, folder: str) -> None:
        self.folder = folder

    def write(self, entry: Entry) -> None:
        if entry.level is not Level.INFO and len(self.notes) < _MOST_NOTES:
            self.notes.append(entry)
        if self.on_entry is not None:
            self.on_entry(entry)

    def look(self, seconds: float) -> Progress:
        """The copy as it stands, ``seconds`` after its start."""
        account = AccountProgress(
            1, self.name, self.status, self.done, self.expected, self.size, self.expected_size, self.folder, self.words, seconds
        )
        return Progress(f"Copying {self.name}", (account,))


async def copy_mailbox(source: Side, destination: Side, settings: Settings, sink: CopySink) -> Outcome:
    """Copy, waiting and going on when a server asks for patience. Never raises for what servers do."""
    ledger = MemoryLedger()
    for attempt in range(1, MOST_TRIES + 1):
        outcome = await _try(source, destination, ledger, settings, sink)
        if outcome.failure is None or outcome.failure.retry is Retry.NEVER or attempt == MOST_TRIES:
            break
        wait = outcome.failure.after or FIRST_WAIT * 2 ** (attempt - 1)
        sink.words = f"{outcome.failure.words} Next try in {wait:.0f} s."
        await asyncio.sleep(wait)
        sink.words = ""
        # Every try tells the whole mailbox again.
        sink.done = sink.size = 0
    sink.status = outcome.status.value
    sink.words = outcome.failure.words if outcome.failure else ""
    return outcome


async def _try(source: Side, destination: Side, ledger: MemoryLedger, settings: Settings, sink: CopySink) -> Outcome:
    started = time.monotonic()
    sides = []
    for side in (source, destination):
        resolved = await _resolved(side)
        if isinstance(resolved, Failure):
            return Outcome(RunStatus.FAILED, resolved, time.monotonic() - started, 0, ())
        sides.append(resolved)
    return await run_account(sides[0], sides[1], ledger, settings, 1, sink)


async def _resolved(side: Side) -> Side | Failure:
    """Both ends are the operator's own words: looked up, not restricted."""
    endpoint = await resolve(side.endpoint, allow_private=True, name=side.name)
    return endpoint if isinstance(endpoint, Failure) else replace(side, endpoint=endpoint)


def copy_report(source: Side, destination: Side, outcome: Outcome) -> dict[str, Any]:
    """The JSON document of a copy: that of a migration with one account, one run and the code "copy"."""
    folders = [
        {"source": folder.source, "destination": folder.destination, "messages": folder.tally.as_dict(), "note": folder.note}
        for folder in outcome.folders
    ]
    run = {
        "number": 1,
        "status": outcome.status.value,
        "error": outcome.failure.words if outcome.failure else None,
        "seconds": round(outcome.seconds, 3),
        "bytes": outcome.size,
        "messages": outcome.tally.as_dict(),
        "flags_changed": outcome.flags_changed,
        "folders": folders,
    }
    account = {"source": _mailbox(source), "destination": _mailbox(destination), "runs": [run]}
    return {"migration": "copy", "accounts": [account]}


def _mailbox(side: Side) -> str:
    return side.credentials.authorization or side.credentials.login
