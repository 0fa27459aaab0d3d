"""The bytes of a day for ``trasloco copy``, which has no database: a small file in the state directory.

What is to be fetched is written down before it is asked for. Several copies at once take turns at a lock.
"""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from trasloco.documents.atomic_file import write_atomically
from trasloco.engine.day_budget import DayBudget
from trasloco.engine.ledger import LedgerUnavailable

T = TypeVar("T")


class BudgetFile:
    """An ``engine.pace.Allowance``. file: made with its first entry; mailbox: how it is called there; limit: bytes in 24 hours.

    A file that cannot be read is begun anew. clock: seconds since 1970, replaced by tests.
    """

    def __init__(self, file: Path, mailbox: str, limit: int, clock: Callable[[], float] = time.time) -> None:
        self._file, self._mailbox, self._limit, self._clock = file, mailbox, limit, clock

    async def take(self, size: int, least: int) -> int:
        return self._with(lambda budget, now: budget.take(size, least, now))

    async def add(self, size: int) -> None:
        self._with(lambda budget, now: budget.add(size, now))

    async def wait(self, size: int) -> float:
        return self._with(lambda budget, now: budget.wait(size, now))

    def _with(self, verb: Callable[[DayBudget, float], T]) -> T:
        try:
            with self._locked():
                kept = self._read()
                slots = kept.get(self._mailbox, {})
                budget = DayBudget(self._limit, {int(begin): int(size) for begin, size in slots.items()})
                found = verb(budget, self._clock())
                kept[self._mailbox] = {str(begin): size for begin, size in budget.slots.items()}
                if kept[self._mailbox] != slots:
                    write_atomically(self._file, json.dumps(kept).encode())
                    self._file.chmod(0o600)
                return found
        except OSError as error:
            raise LedgerUnavailable(f"{self._file}: {error.strerror or error}") from error

    def _read(self) -> dict[str, dict[str, int]]:
        try:
            found = json.loads(self._file.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._file.with_suffix(".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
