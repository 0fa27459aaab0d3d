"""Measures curves: Trasloco between two real Dovecots, with its ledger in PostgreSQL, one point after the other.

Each point has mailboxes of its own, and a worker process of its own. The mail is written into the source's store and read
once before the time begins, so the source knows it. After each point both sides are read whole and compared. The
servers of a curve, and their mail, stay until its end.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from bench.curve_results import CurveResult, Point
from bench.curves import AT_ONCE, Curve, Load
from bench.ends import Ends
from bench.maildir import Maildir
from bench.movers import Task, Trasloco
from bench.numbered_letters import numbered_letters
from bench.results import Round, now
from bench.running import MoverFailed, run
from bench.servers import Servers, offspring_seconds
from bench.sums import Sums
from trasloco.project.database import opened


class Growth:
    """Keeps the database for all curves. kept: called after each point."""

    def __init__(self, say: Callable[[str], None], kept: Callable[[], None] = lambda: None) -> None:
        self._say, self._kept = say, kept
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._home = Path(tempfile.mkdtemp(prefix="trasloco-curves-"))
        self._stack.callback(shutil.rmtree, self._home, ignore_errors=True)
        self._state = self._home / "state"
        self._state.mkdir(mode=0o700)
        environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        database = self._stack.enter_context(opened(environment | {"TRASLOCO_STATE_DIR": str(self._state)}))
        self._postmaster = postmaster(database.conninfo)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def measure(self, curve: Curve, values: Sequence[int], result: CurveResult) -> None:
        """All these points of a curve, into the result."""
        self._say(f"{curve.title}: {curve.words}")
        with Servers() as servers:
            self._warm_up(servers, curve)
            for value in values:
                point = self._point(servers, curve, value)
                result.add(point)
                result.date = now()
                self._say(result.line(point))
                self._kept()

    def _warm_up(self, servers: Servers, curve: Curve) -> None:
        """One message, unmeasured: the first of all makes the schema of the database too."""
        ends = servers.ends("never", 0, "first", "first", tls=False)
        _fill(Maildir(servers.source, "first"), Load())
        self._copy(servers, [ends], Load(), f"{curve.name}-first")

    def _point(self, servers: Servers, curve: Curve, value: int) -> Point:
        load = curve.load(value)
        users = [f"{curve.name}-{value}-{number}" for number in range(1, load.accounts + 1)]
        for user in users:
            _fill(Maildir(servers.source, user), load)
        straight = [servers.ends("never", 0, user, user, tls=False) for user in users]
        originals = [Sums.read(ends.source) for ends in straight]
        messages, size = sum(each.messages for each in originals), sum(each.size for each in originals)
        if messages != load.messages:
            raise AssertionError(f"the source holds {messages} messages and not {load.messages}")
        ends = [servers.ends("never", load.milliseconds, user, user, tls=False) for user in users]
        database, measured = self._copy(servers, ends, load, f"{curve.name}-{value}")
        if not measured.failure:
            measured = self._compared(measured, originals, straight)
        return Point(value, messages, size, database, measured)

    def _copy(self, servers: Servers, ends: list[Ends], load: Load, name: str) -> tuple[float, Round]:
        """Processor seconds of the database, and the figures of the copy."""
        directory = self._home / name
        directory.mkdir()
        task = Task(ends, AT_ONCE, 1, directory, servers.destination("never"), self._state)
        distances = servers.distances("never", load.milliseconds, tls=False) if load.milliseconds else ()
        for distance in distances:
            distance.turns()
        destination_before, database_before = servers.processor_seconds("never"), offspring_seconds(self._postmaster)
        try:
            cost = run(Trasloco().commands(task), 1)
        except MoverFailed as error:
            return 0.0, Round(failure=str(error))
        time.sleep(0.3)  # the destination's processes end
        destination = servers.processor_seconds("never") - destination_before
        turns = tuple(distance.turns() for distance in distances)
        measured = Round(cost.seconds, cost.processor, destination, cost.memory, turns)
        return offspring_seconds(self._postmaster) - database_before, measured

    def _compared(self, measured: Round, originals: list[Sums], ends: list[Ends]) -> Round:
        words = (original.difference(Sums.read(each.destination)) for original, each in zip(originals, ends, strict=True))
        difference = next(filter(None, words), "")
        return Round(measured.seconds, measured.client, measured.destination, measured.memory, measured.turns, difference)


def _fill(mailbox: Maildir, load: Load) -> None:
    content, numbers = numbered_letters(load.size), count()
    for folder in range(load.folders):
        mailbox.write(f"Folder {folder}" if folder else "", [next(numbers) for _ in range(load.each)], content)


def postmaster(conninfo: str) -> int:
    """Process id of the database server, which runs on this machine: the parent of whoever answers."""
    with psycopg.connect(conninfo) as connection:
        status = Path(f"/proc/{connection.info.backend_pid}/status").read_text("utf-8")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("PPid:")))
