"""The whole service as processes: who they are, and ways to end them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.testing.fleet import Fleet
from trasloco.testing.service import Service


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Workers to come, on a database of their own."""
    with Fleet(tmp_path) as running:
        yield running


def wait_until(condition: Callable[[], object], what: str, seconds: float = 120.0) -> None:
    """Ask again and again; raises TimeoutError saying what did not happen."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"after {seconds:.0f} s: {what}")
        time.sleep(0.1)


def processes(service: Service) -> dict[str, int]:
    """Ours on this state directory, by what they do: "serve", "panel", "worker"."""
    found: dict[str, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (words := command_of(int(entry.name))) and _state_of(int(entry.name)) == str(service.state):
            for name in ("serve", "panel", "worker"):
                if name in words[:4] and "trasloco" in " ".join(words[:3]):
                    found[name] = int(entry.name)
    return found


def command_of(pid: int) -> list[str]:
    """The words of a process; empty when it has gone or is a zombie."""
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")[:-1]
    except OSError:
        return []


def kill(pid: int) -> None:
    """kill -9, and wait until it has gone."""
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not command_of(pid), f"process {pid} went")


class Records:
    """What the database of a service says, asked past the service; it may be away for a while."""

    def __init__(self, service: Service) -> None:
        with EmbeddedPostgres(service.state).running() as conninfo:
            self._conninfo = conninfo

    def ask(self, query: str, *values: object, seconds: float = 60.0) -> list[tuple[Any, ...]]:
        """The rows. Raises ``psycopg.OperationalError`` when the database stays away."""
        until = time.monotonic() + seconds
        while True:
            try:
                with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=10) as connection:
                    cursor = connection.execute(query.encode(), values)
                    return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def states(self, code: str) -> list[str]:
        """Of the migration's runs, in order."""
        query = "SELECT r.status FROM trasloco_run r JOIN trasloco_migration m ON m.id = r.migration_id WHERE m.code = %s ORDER BY r.number"
        return [row[0] for row in self.ask(query, code)]

    def messages(self) -> int:
        """In all ledgers."""
        return int(self.ask("SELECT count(*) FROM trasloco_ledger_message")[0][0])


def _state_of(pid: int) -> str:
    try:
        variables = (Path("/proc") / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    prefix = b"TRASLOCO_STATE_DIR="
    return next((os.fsdecode(item[len(prefix) :]) for item in variables if item.startswith(prefix)), "")
