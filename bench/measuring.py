"""Rounds, interleaved: in each round every mover copies once, beginning with another one each time.

Every copy goes into mailboxes of its own and is compared with the source afterwards, outside of the time; ``servers`` says when it goes.
A mover whose first round took long is not asked again in that cell; its row says so.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.cells import Cell, Kind
from bench.movers import MOVERS, Mover, Task, Trasloco
from bench.results import CellResult, MoverResult, Round
from bench.running import MoverFailed, run
from bench.servers import Servers
from trasloco.project.database import opened

_LONG = 20.0  # seconds


class Measuring:
    """Keeps servers, database and state directories; everything is removed at the end."""

    def __init__(self, scale: float, rounds: int, movers: Sequence[str] | None, say: Callable[[str], None]) -> None:
        self._scale, self._rounds, self._say = scale, rounds, say
        self._movers = [mover for mover in MOVERS if not movers or mover.name in movers]
        self._stack = contextlib.ExitStack()
        self._number = 0

    def __enter__(self) -> Self:
        self._home = Path(tempfile.mkdtemp(prefix="trasloco-bench-", dir=tempfile.gettempdir()))
        self._stack.callback(shutil.rmtree, self._home, ignore_errors=True)
        self._state = self._home / "state"
        self._state.mkdir(mode=0o700)
        if any(isinstance(mover, Trasloco) for mover in self._movers):
            environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
            environment |= {"TRASLOCO_STATE_DIR": str(self._state), "TRASLOCO_MASTER_KEY_FILE": str(self._state / "master.key")}
            self._stack.enter_context(opened(environment))
            subprocess.run([sys.executable, "-m", "bench.programs.schema"], env=environment, check=True)
        self._servers = self._stack.enter_context(Servers())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def measure(self, cell: Cell) -> CellResult:
        users = self._servers.fill(cell.corpus, self._scale)
        originals = [self._servers.original(user) for user in users]
        result = CellResult(
            cell.name,
            cell.title,
            cell.kind.value,
            sum(original.total for original in originals),
            sum(entry.size for original in originals for entries in original.folders.values() for entry in entries),
            sum(len(original.folders) for original in originals),
        )
        movers = [each for each in self._movers if each.name not in cell.without and (cell.kind is Kind.FIRST or each.further_runs)]
        if cell.kind is Kind.CHANGES:
            movers = [each for each in movers if not each.name.startswith("floor")]
        result.movers = [MoverResult(mover.name, mover.title) for mover in movers]
        for number in range(self._rounds):
            order = movers[number % len(movers) :] + movers[: number % len(movers)]
            asked = [mover for mover in order if not _long(result.of(mover.name))]
            for mover, measured in self._round(cell, users, asked):
                result.of(mover.name).rounds.append(measured)
                self._say(f"  {cell.name} {number + 1}: {mover.name:16} {measured}")
        return result

    def _round(self, cell: Cell, users: Sequence[str], movers: Sequence[Mover]) -> list[tuple[Mover, Round]]:
        self._number += 1
        tasks = {mover.name: self._task(cell, users, mover, milliseconds=0) for mover in movers}
        if cell.kind is not Kind.FIRST:
            for mover in movers:
                with contextlib.suppress(MoverFailed):  # said when it is measured
                    run(mover.commands(tasks[mover.name]), cell.at_once)
        if cell.kind is Kind.CHANGES:
            self._servers.change(cell.corpus, self._scale, self._number)
        number = 1 if cell.kind is Kind.FIRST else 2
        return [(mover, self._one(cell, users, mover, self._task(cell, users, mover, cell.milliseconds, number))) for mover in movers]

    def _task(self, cell: Cell, users: Sequence[str], mover: Mover, milliseconds: int, number: int = 1) -> Task:
        directory = self._home / f"{self._number}-{mover.name}"
        directory.mkdir(exist_ok=True)
        ends = [self._servers.ends(cell.fsync, milliseconds, user, self._new(mover, user), tls=cell.tls) for user in users]
        server, nothing_new = self._servers.destination(cell.fsync), cell.kind is Kind.NOTHING_NEW and number > 1
        return Task(ends, cell.at_once, number, directory, server, self._state, nothing_new)

    def _new(self, mover: Mover, user: str) -> str:
        return f"{user}-{mover.name}-{self._number}"

    def _one(self, cell: Cell, users: Sequence[str], mover: Mover, task: Task) -> Round:
        distances = self._servers.distances(cell.fsync, cell.milliseconds, tls=cell.tls) if cell.milliseconds else ()
        for distance in distances:
            distance.turns()
        os.sync()  # what the mover before has left to the disk is not written in this one's time
        before = self._servers.processor_seconds(cell.fsync)
        try:
            cost = run(mover.commands(task), cell.at_once)
        except MoverFailed as error:
            return Round(failure=str(error))
        time.sleep(0.3)  # the destination's processes end
        destination = self._servers.processor_seconds(cell.fsync) - before
        turns = tuple(distance.turns() for distance in distances)
        difference = self._difference(cell, users, mover)
        for user in users:
            self._servers.discard(cell.fsync, self._new(mover, user))
        return Round(cost.seconds, cost.processor, destination, cost.memory, turns, difference)

    def _difference(self, cell: Cell, users: Sequence[str], mover: Mover) -> str:
        """In words how the copies differ from the source; "" when every byte, flag and date is there."""
        missing: Counter[str] = Counter()
        for user in users:
            here, there = self._servers.original(user), self._servers.copied(cell.fsync, self._new(mover, user))
            missing["messages lost"] += max(0, here.total - there.total)
            missing["messages doubled"] += max(0, there.total - here.total)
            missing["messages changed"] += min(here.total, (here.digests() - there.digests()).total())
            if not missing["messages changed"]:
                missing["flags or dates changed"] += (here.messages() - there.messages()).total()
        return ", ".join(f"{count} {words}" for words, count in missing.items() if count)


def _long(result: MoverResult) -> bool:
    return bool(result.rounds) and (result.rounds[0].seconds > _LONG or bool(result.rounds[0].failure))
