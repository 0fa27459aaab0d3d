"""Counters and log of one transfer, on their way into the database: gathered, written once a second.

The engine calls it for every few messages, so those calls only add. Progress that a crash takes away is
no loss: it is written without waiting for the disk (``synchronous_commit`` off, for that statement only).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from datetime import UTC, datetime
from types import TracebackType

import psycopg

from trasloco.engine.sink import Entry, Level
from trasloco.plan.shares import LARGE_BYTES
from trasloco.records.actions import Claim, clean
from trasloco.records.connection_pool import Pool
from trasloco.sentence import sentence as _

log = logging.getLogger(__name__)

FLUSH_SECONDS = 1.0
MOST_ENTRIES = 10_000  # log lines of one attempt; what comes after is counted

_FLUSH = """
WITH mine AS (
    UPDATE trasloco_transfer SET expected_messages = %(expected_messages)s, expected_bytes = %(expected_bytes)s,
        large = large OR %(large)s,
        done_messages = %(done_messages)s, copied_bytes = %(copied_bytes)s, folder = %(folder)s, seconds = %(seconds)s
    WHERE id = %(transfer)s AND fence = %(fence)s AND status = 'running'
    RETURNING id
), logged AS (
    INSERT INTO trasloco_log_entry (transfer_id, at, level, action, folder, uid, words)
    SELECT mine.id, r.* FROM mine, unnest(%(ats)s::timestamptz[], %(levels)s::text[], %(actions)s::text[],
        %(folders)s::text[], %(uids)s::bigint[], %(words)s::text[]) AS r
)
SELECT (SELECT count(*) FROM mine), set_config('synchronous_commit', 'off', true)
"""


class DatabaseSink:
    """An ``engine.sink.Sink``; ``async with`` it. ``fenced`` is set when the transfer turns out to be somebody else's."""

    def __init__(self, pool: Pool, claim: Claim) -> None:
        self._pool = pool
        self._claim = claim
        self._started = time.monotonic()
        self._expected: tuple[int, int | None] = (0, None)
        self._done = 0
        self._size = 0
        self._folder = ""
        self._entries: list[tuple[datetime, Entry]] = []
        self._written = 0
        self._dirty = False
        self._flusher: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self.fenced = asyncio.Event()

    def expect(self, messages: int, size: int | None) -> None:
        self._expected = (messages, size)
        self._dirty = True

    def advance(self, messages: int, size: int) -> None:
        self._done += messages
        self._size += size
        self._dirty = True

    def enter(self, folder: str) -> None:
        self._folder = folder
        self._dirty = True

    def write(self, entry: Entry) -> None:
        self._written += 1
        if self._written > MOST_ENTRIES:
            return
        if self._written == MOST_ENTRIES:
            words = _("The log of this account has %(lines)s lines; the rest is left out.", lines=MOST_ENTRIES)
            entry = Entry(Level.WARNING, "log-full", words)
        self._entries.append((datetime.now(UTC), entry))
        self._dirty = True

    async def __aenter__(self) -> DatabaseSink:
        self._flusher = asyncio.create_task(self._flush_regularly())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._flusher is not None
        self._closing.set()  # not cancelled: a flush under way ends as it began
        await self._flusher
        await self.flush()

    async def _flush_regularly(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_SECONDS):
                    await self._closing.wait()
            await self.flush()

    async def flush(self) -> None:
        """Write what there is. A database that is away keeps nobody from copying: it is tried again next time."""
        if not self._dirty or self.fenced.is_set():
            return
        self._dirty = False
        entries, self._entries = self._entries, []
        try:
            async with self._pool.connection() as connection:
                cursor = await connection.execute(_FLUSH, self._values(entries))
                found = await cursor.fetchone()
        except psycopg.Error as error:
            log.warning("progress could not be written: %s", error)
            self._dirty = True
            self._entries = entries + self._entries
        else:
            if found is None or found[0] == 0:
                self.fenced.set()

    def _values(self, entries: list[tuple[datetime, Entry]]) -> dict[str, object]:
        claim = self._claim
        return {
            "transfer": claim.transfer_id,
            "fence": claim.fence,
            "expected_messages": self._expected[0],
            "expected_bytes": self._expected[1],
            "large": claim.number == 1 and (self._expected[1] or 0) >= LARGE_BYTES,
            "done_messages": self._done,
            "copied_bytes": claim.copied_bytes + self._size,
            "folder": clean(self._folder),
            "seconds": claim.seconds + time.monotonic() - self._started,
            "ats": [at for at, _ in entries],
            "levels": [entry.level.value for _, entry in entries],
            "actions": [entry.action for _, entry in entries],
            "folders": [clean(entry.folder) for _, entry in entries],
            "uids": [entry.uid for _, entry in entries],
            "words": [clean(entry.words) for _, entry in entries],
        }
