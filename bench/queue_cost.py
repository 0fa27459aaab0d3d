"""What queue and ledger cost for one transfer, by how many accounts a migration has: with simulated copies.

    with QueueCost(say) as cost: points = cost.measure(50_000)

Two windows of each: the first transfers, while all others wait, and the last ones, when all others are done. Beside
processor time, rows are counted that the database looked at for one transfer: on a shared machine they alone are exact.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from bench.growth import postmaster
from bench.running import Command, run
from bench.servers import offspring_seconds
from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.testing.debian_postgres import debian_postgres

WINDOWS = ("first", "last")
_ROWS = "SELECT coalesce(sum(seq_tup_read), 0) + coalesce(sum(idx_tup_fetch), 0) FROM pg_stat_user_tables"
_SETTLED = 1.5  # seconds after which the database's own figures are complete


@dataclass(frozen=True, slots=True)
class CostPoint:
    """accounts: of the migration. transfers: measured. client, database: milliseconds of processor time for one of them.

    rows: of tables, which the database looked at for one of them. seconds: of the window.
    """

    accounts: int
    window: str
    transfers: int
    client: float
    database: float
    rows: float
    seconds: float

    def __str__(self) -> str:
        figures = f"client {self.client:6.2f} ms, database {self.database:6.2f} ms, {self.rows:9,.0f} rows for one transfer"
        return f"  {self.accounts:>7,} accounts, the {self.window:5} {self.transfers}: {figures} ({self.seconds:.0f} s)"


class QueueCost:
    """Each measurement has a database of its own, of Debian's PostgreSQL."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def __enter__(self) -> Self:
        self._home = Path(tempfile.mkdtemp(prefix="trasloco-queue-"))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        shutil.rmtree(self._home, ignore_errors=True)

    def measure(self, accounts: int) -> list[CostPoint]:
        """Both windows. Raises ``MoverFailed`` when a worker fails."""
        transfers = min(300, accounts // 3)
        state = self._home / str(accounts)
        state.mkdir(mode=0o700)
        server = EmbeddedPostgres(state, os.environ | debian_postgres())
        with contextlib.ExitStack() as stack:
            stack.callback(server.remove)
            conninfo = stack.enter_context(server.running())
            points = []
            for window in WINDOWS:
                points.append(self._window(state, conninfo, accounts, transfers, window))
                self._say(str(points[-1]))
            return points

    def _window(self, state: Path, conninfo: str, accounts: int, transfers: int, window: str) -> CostPoint:
        task = state / f"{window}.json"
        task.write_text(json.dumps({"accounts": accounts, "transfers": transfers, "window": window}), "utf-8")
        environment = os.environ | {
            "DATABASE_URL": conninfo,
            "TRASLOCO_STATE_DIR": str(state),
            "TRASLOCO_MASTER_KEY_FILE": str(state / "master.key"),
            "TRASLOCO_ALLOW_PORTS": "1-65535",
        }
        words = (sys.executable, "-m", "bench.programs.simulated", str(task))
        before = [0.0, 0.0]

        def begins() -> None:
            time.sleep(_SETTLED)
            before[:] = self._looked_at(conninfo), offspring_seconds(postmaster(conninfo))

        cost = run([Command(words, state / "errors", environment, waits=True)], 1, begins)
        time.sleep(_SETTLED)
        database = offspring_seconds(postmaster(conninfo)) - before[1]
        rows = self._looked_at(conninfo) - before[0]
        each = 1000 / transfers
        return CostPoint(accounts, window, transfers, cost.processor * each, database * each, rows / transfers, cost.seconds)

    def _looked_at(self, conninfo: str) -> float:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            row = connection.execute(_ROWS).fetchone()
        return float(row[0]) if row else 0.0
