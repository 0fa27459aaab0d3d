"""Reads the destination again, by a login of its own, and holds it against the ledger.

Nothing of a run's state is used: every message the ledger has on the destination is fetched by its UID,
and the SHA-256 of its bytes is compared with that of the bytes which were sent. What has no such digest
(adopted messages, those recognised after a kill, repaired ones) is compared with the source, read again
too; where the source cannot be had, only that the message is there is said. Memory is bounded by the
rows of one batch, whatever the mailbox; a broken line repeats one batch.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from trasloco.engine.account import Side
from trasloco.engine.classify import storage
from trasloco.engine.comparison import Comparison, Finding, Tried, Verdict
from trasloco.engine.diff import BROUGHT
from trasloco.engine.failure import Failure, Retry, Scope, TransferError
from trasloco.engine.fate import Fate
from trasloco.engine.ledger import FolderRecord, LedgerUnavailable, MessageRow
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.endpoint import Speech
from trasloco.sentence import sentence as _

BATCH = 500
"""Rows compared together, and repeated together when a line breaks."""

TRIES = 4
"""Of one batch, before the verification is given up."""

PAUSE = 0.5
"""Seconds; doubled with each try, with full jitter."""

KEPT = 200
"""Findings kept of each verdict."""


class Evidence(Protocol):
    """What is known of an account: a ledger, of which nothing is written. Raises ``LedgerUnavailable``."""

    async def folders(self) -> Sequence[FolderRecord]: ...

    def rows(self, folder_id: int) -> AsyncIterator[Sequence[MessageRow]]: ...


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found. asked: messages looked at. sample: how many were wanted, None for all.

    counts: by verdict, those that occur. findings: the first of each verdict that is not plainly good.
    failure: why it ended before all was looked at. size: bytes read. notes: what a person should know.
    """

    sample: int | None
    asked: int
    counts: dict[Verdict, int]
    findings: tuple[Finding, ...]
    failure: Failure | None
    seconds: float
    size: int
    notes: tuple[str, ...] = ()

    @property
    def verified(self) -> int:
        """Messages that are on the destination as they should be."""
        return sum(count for verdict, count in self.counts.items() if verdict.good)

    @property
    def well(self) -> bool:
        """Everything was looked at, and nothing is missing, different or unknown."""
        return self.failure is None and not any(verdict.bad for verdict in self.counts)


async def verify_account(
    source: Side | None,
    destination: Side,
    evidence: Evidence,
    *,
    sample: int | None = None,
    told: Callable[[int, int], None] | None = None,
    deadlines: Deadlines | None = None,
) -> Verification:
    """Compare all messages of an account, or ``sample`` of them taken at random. Failures are in the result.

    source: None when it is not to be contacted. told: called with messages and bytes done so far.
    """
    pop3 = source is not None and source.endpoint.speech is Speech.POP3
    comparison = Comparison(None if pop3 else source, destination, deadlines)
    if pop3:
        comparison.notes.append(
            _("The source speaks POP3 and was not read again: what has no digest of its own is only known to be there.")
        )
    return await _Verifier(comparison, evidence, sample, told).run()


class _Verifier:
    """The state of one verification."""

    def __init__(self, comparison: Comparison, evidence: Evidence, sample: int | None, told: Callable[[int, int], None] | None) -> None:
        self._comparison, self._evidence, self._sample = comparison, evidence, sample
        self._told = told or (lambda messages, size: None)
        self._asked = self._size = 0
        self._counts: dict[Verdict, int] = {}
        self._findings: dict[Verdict, list[Finding]] = {}
        self._moved: Counter[bytes] | None = None

    async def run(self) -> Verification:
        started, failure = time.monotonic(), None
        try:
            batches = self._all() if self._sample is None else self._some(self._sample)
            async for folder, rows in batches:
                self._take(await self._batch(folder, rows), len(rows))
        except TransferError as error:
            failure = error.failure
        except LedgerUnavailable as error:
            failure = storage(error)
        finally:
            await self._comparison.close()
        if not self._asked and failure is None:
            self._comparison.notes.append(_("There is nothing to verify: no message of this account is on the destination by the ledger."))
        findings = tuple(item for kept in self._findings.values() for item in kept)
        seconds = time.monotonic() - started
        return Verification(self._sample, self._asked, self._counts, findings, failure, seconds, self._size, tuple(self._comparison.notes))

    async def _batch(self, folder: FolderRecord, rows: Sequence[MessageRow]) -> Tried:
        """One batch; a lost line is opened again, a folder that does not open is a finding for each message."""
        for attempt in range(1, TRIES + 1):
            try:
                return await self._comparison.compare(folder, rows)
            except TransferError as error:
                self._comparison.drop()
                if error.failure.scope is Scope.FOLDER:
                    return self._comparison.unopened(folder, rows, error.failure)
                if error.failure.retry is not Retry.NOW or attempt == TRIES:
                    raise
                await asyncio.sleep(PAUSE * 2**attempt * random.random())
        raise AssertionError("the last attempt returns or raises")

    def _take(self, tried: Tried, asked: int) -> None:
        self._asked += asked
        self._size += tried.size
        for finding in tried.findings:
            self._counts[finding.verdict] = self._counts.get(finding.verdict, 0) + 1
            kept = self._findings.setdefault(finding.verdict, [])
            if not finding.verdict.plain and len(kept) < KEPT:
                kept.append(finding)
        self._told(self._asked, self._size)

    async def _all(self) -> AsyncIterator[tuple[FolderRecord, Sequence[MessageRow]]]:
        for folder in await self._evidence.folders():
            batch: list[MessageRow] = []
            async for rows in self._evidence.rows(folder.id):
                for row in rows:
                    if row.fate in BROUGHT and not await self._moved_on(row):
                        batch.append(row)
                    if len(batch) == BATCH:
                        yield folder, batch
                        batch = []
            if batch:
                yield folder, batch

    async def _some(self, wanted: int) -> AsyncIterator[tuple[FolderRecord, Sequence[MessageRow]]]:
        """A fair sample in one pass over the rows (reservoir sampling), then in the order of folders and UIDs."""
        folders = {folder.id: folder for folder in await self._evidence.folders()}
        chosen: list[tuple[int, MessageRow]] = []
        seen = 0
        for folder_id in folders:
            async for rows in self._evidence.rows(folder_id):
                for row in rows:
                    if row.fate not in BROUGHT or await self._moved_on(row):
                        continue
                    seen += 1
                    if len(chosen) < wanted:
                        chosen.append((folder_id, row))
                    elif (place := random.randrange(seen)) < wanted:
                        chosen[place] = (folder_id, row)
        for folder_id, folder in folders.items():
            mine = sorted((row for key, row in chosen if key == folder_id), key=lambda row: row.source_uid)
            for start in range(0, len(mine), BATCH):
                yield folder, mine[start : start + BATCH]

    async def _moved_on(self, row: MessageRow) -> bool:
        """A message that moved has its row where it is now; the one it left behind says nothing any more."""
        if row.destination_uid is not None or row.fate is Fate.MOVED or row.digest is None:
            return False
        if self._moved is None:
            self._moved = await self._find_moved()
        self._moved[row.digest] -= 1
        return self._moved[row.digest] >= 0

    async def _find_moved(self) -> Counter[bytes]:
        """Digests of the messages that moved, in one pass over the rows."""
        found: Counter[bytes] = Counter()
        for folder in await self._evidence.folders():
            async for rows in self._evidence.rows(folder.id):
                found.update(row.digest for row in rows if row.fate is Fate.MOVED and row.digest is not None)
        return found
