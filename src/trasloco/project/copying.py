"""One mailbox to one mailbox, without a database: the engine with its ledger in memory.

What is on the destination already is adopted by the engine, so that a copy that was killed and
started again doubles nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trasloco.engine.account import Outcome, RunStatus, Settings, Side
from trasloco.engine.account_run import run_account
from trasloco.engine.connection_facts import connection_facts
from trasloco.engine.failure import Failure, Retry
from trasloco.engine.fate import Fate
from trasloco.engine.ledger import LedgerUnavailable, MessageRow
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.engine.pace import RESTS
from trasloco.engine.resolve import resolve
from trasloco.engine.sink import Entry, Level
from trasloco.imap.utf7 import decode_name
from trasloco.plan.address_policy import OPERATORS_WORD
from trasloco.project.copy_pace import CopyPace
from trasloco.project.progress import AccountProgress, Progress
from trasloco.project.rest_words import rest_hour

MOST_TRIES = 5  # in a row that bring nothing
FIRST_WAIT = 15.0  # seconds; doubled each time, unless the server names a time itself
MOST_EXCEPTIONS = 1000  # of one folder, listed one by one
_MOST_NOTES = 200
_NOT_THERE = (Fate.SKIPPED, Fate.REFUSED, Fate.VANISHED)


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


async def copy_mailbox(
    source: Side, destination: Side, settings: Settings, sink: CopySink, ledger: MemoryLedger, pace: CopyPace | None = None
) -> Outcome:
    """Copy, waiting and going on when a server asks for patience. Never raises for what servers do.

    ledger: an empty one; it tells afterwards what became of each message. pace: what rests is waited for only where it says so.
    """
    pace, tries = pace or CopyPace(), 0
    while True:
        outcome = await _try(source, destination, ledger, settings, sink, pace)
        tries = 1 if outcome.size else tries + 1  # a slow server is not one that never works
        if outcome.failure is None or outcome.failure.retry is Retry.NEVER:
            break
        resting = outcome.failure.code in RESTS
        if not pace.wait if resting else tries == MOST_TRIES:
            break
        await _wait(outcome.failure, tries, sink, pace, resting=resting)
        # Every try tells the whole mailbox again.
        sink.done = sink.size = 0
    sink.status = outcome.status.value
    sink.words = outcome.failure.words if outcome.failure else ""
    return outcome


async def _wait(failure: Failure, tries: int, sink: CopySink, pace: CopyPace, *, resting: bool) -> None:
    """As long as the failure says, and shown."""
    if resting:
        goes_on = pace.goes_on(failure)
        sink.words = f"{failure.words} {rest_hour(goes_on, pace.now())}"
        await pace.sleep_until(goes_on)
    else:
        wait = failure.after or FIRST_WAIT * 2 ** (tries - 1)
        sink.words = f"{failure.words} Next try in {wait:.0f} s."
        await asyncio.sleep(wait)
    sink.words = ""


async def _try(source: Side, destination: Side, ledger: MemoryLedger, settings: Settings, sink: CopySink, copy_pace: CopyPace) -> Outcome:
    started = time.monotonic()
    if (closed := copy_pace.closed()) is not None:
        return Outcome(RunStatus.FAILED, closed, 0.0, 0, ())
    sides = []
    for side in (source, destination):
        resolved = await _resolved(side)
        if isinstance(resolved, Failure):
            return Outcome(RunStatus.FAILED, resolved, time.monotonic() - started, 0, ())
        sides.append(resolved)
    pace = copy_pace.begin(source)
    watching = asyncio.create_task(copy_pace.watch(pace))
    try:
        return await run_account(sides[0], sides[1], ledger, pace.shape(settings), 1, sink, pace=pace)
    finally:
        watching.cancel()
        with contextlib.suppress(LedgerUnavailable):  # it counts too much then
            await pace.close()


async def _resolved(side: Side) -> Side | Failure:
    """Both ends are the operator's own words: looked up, not restricted."""
    endpoint = await resolve(side.endpoint, OPERATORS_WORD, name=side.name)
    return endpoint if isinstance(endpoint, Failure) else replace(side, endpoint=endpoint)


@dataclass(slots=True)
class Exceptions:
    """Messages of one folder that are not on the destination as they were: the first ones as lines of the
    report, how many more there are, and how many share a fate and reason (with the first few UIDs)."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    left_out: int = 0
    groups: dict[tuple[str, str], tuple[int, list[int]]] = field(default_factory=dict)

    def add(self, row: MessageRow) -> None:
        if len(self.lines) < MOST_EXCEPTIONS:
            self.lines.append({"uid": row.source_uid, "fate": row.fate.value, "size": row.size, "reason": row.reason})
        else:
            self.left_out += 1
        count, uids = self.groups.get((row.fate.value, row.reason), (0, []))
        self.groups[row.fate.value, row.reason] = (count + 1, [*uids, row.source_uid][:5])


async def exceptions_of(ledger: MemoryLedger) -> dict[str, Exceptions]:
    """By the source folder's name as displayed; folders without any are missing."""
    found: dict[str, Exceptions] = {}
    for record in await ledger.folders():
        async for rows in ledger.rows(record.id):
            for row in rows:
                if row.fate in _NOT_THERE or (row.fate is Fate.COPIED and row.reason):
                    found.setdefault(decode_name(record.source_name), Exceptions()).add(row)
    return found


def copy_report(source: Side, destination: Side, outcome: Outcome, exceptions: Mapping[str, Exceptions]) -> dict[str, Any]:
    """The JSON document of a copy: that of a migration with one account, one run and the code "copy"."""
    nothing = Exceptions()
    folders = [
        {
            "source": folder.source,
            "destination": folder.destination,
            "messages": folder.tally.as_dict(),
            "note": folder.note,
            "exceptions": exceptions.get(folder.source, nothing).lines,
            "exceptions_left_out": exceptions.get(folder.source, nothing).left_out,
        }
        for folder in outcome.folders
    ]
    grouped = [
        {"folder": name, "fate": fate, "reason": reason, "count": count, "uids": uids}
        for name, item in exceptions.items()
        for (fate, reason), (count, uids) in item.groups.items()
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
    account = {
        "source": _mailbox(source),
        "destination": _mailbox(destination),
        "connections": {str(side.name): _connection(side, outcome) for side in (source, destination)},
        "runs": [run],
        "exceptions": grouped,
    }
    return {"migration": "copy", "accounts": [account]}


def _connection(side: Side, outcome: Outcome) -> dict[str, str | None]:
    """As it is after the copy: with the certificate that was seen."""
    return connection_facts(replace(side.endpoint, fingerprint=outcome.facts.get(f"{side.name}_fingerprint")))


def _mailbox(side: Side) -> str:
    return side.credentials.authorization or side.credentials.login
