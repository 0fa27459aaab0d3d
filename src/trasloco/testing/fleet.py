"""Workers on several machines, as far as one machine can be several: processes of ``trasloco worker`` with state directories of
their own, which share a database and a master key, and no panel.

    with Fleet(directory) as fleet:
        first = fleet.start("--concurrency", "2")
        first.freeze()
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

import psycopg

from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.testing.planned_migration import Order, plan_in

COMMAND = Path(sys.executable).with_name("trasloco")
STOP_SECONDS = 60.0


class Worker:
    """One command and its processes."""

    def __init__(self, process: subprocess.Popen[bytes], state: Path) -> None:
        self.process = process
        self.state = state

    @property
    def log(self) -> str:
        """What it wrote down so far."""
        return self._read("trasloco.log")

    @property
    def said(self) -> str:
        """What it said on its terminal so far."""
        return self._read("said")

    def _read(self, name: str) -> str:
        path = self.state / name
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def freeze(self) -> None:
        """As a suspended machine is."""
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def drain(self) -> tuple[int, float]:
        """SIGTERM; its status, and the seconds it took. Raises TimeoutError with what it said last."""
        began = time.monotonic()
        self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS), time.monotonic() - began
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"not drained within {STOP_SECONDS:.0f} s: {self.said[-500:]}\n{self.log[-1500:]}") from None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Fleet:
    """environment: of all workers. conninfo: of the database they share. programs: of PostgreSQL; none: those that come with us."""

    def __init__(self, directory: Path, programs: Mapping[str, str] = MappingProxyType({})) -> None:
        self._directory = directory
        self._server = EmbeddedPostgres(directory / "database", os.environ | dict(programs))
        self._workers: list[Worker] = []
        self.conninfo = ""
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.conninfo = self._server.attach()
        key = str(self._directory / "master.key")
        self.environment = {"DATABASE_URL": self.conninfo, "TRASLOCO_MASTER_KEY_FILE": key, "NO_COLOR": "1"}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for worker in self._workers:
            worker.wake()
            worker.kill()
        self._server.leave()
        self._server.remove()

    def plan(self, *orders: Order, environment: Mapping[str, str] | None = None) -> str:
        """Migrations in its database; returns their codes, a line for each. environment: on top of ours."""
        return plan_in(self._directory / "planning", *orders, **self.environment, **(environment or {}))

    def start(self, *words: str, command: str = "worker", environment: Mapping[str, str] | None = None) -> Worker:
        """A worker (or another command) that joins; it may take some seconds to begin. environment: on top of ours."""
        state = self._directory / f"worker-{len(self._workers)}"
        state.mkdir()
        with (state / "said").open("wb") as said:
            process = subprocess.Popen(
                [str(COMMAND), command, *words],
                env=os.environ | self.environment | {"TRASLOCO_STATE_DIR": str(state)} | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        worker = Worker(process, state)
        self._workers.append(worker)
        return worker

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows."""
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []
