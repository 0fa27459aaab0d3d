"""Figures: of one round, of a mover in a cell, of a cell, of all; medians and spread; as a table and as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from trasloco.testing.packages import PackageTree


@dataclass(frozen=True, slots=True)
class Round:
    """seconds: wall. client, destination: seconds of processor time. memory: bytes of the largest process.
    turns: round trips at the source's and the destination's proxy. difference, failure: in words."""

    seconds: float = 0.0
    client: float = 0.0
    destination: float = 0.0
    memory: int = 0
    turns: tuple[int, ...] = ()
    difference: str = ""
    failure: str = ""

    def __str__(self) -> str:
        if self.failure:
            return f"failed: {self.failure}"
        turns = f", {self.turns[0]} + {self.turns[1]} turns" if self.turns else ""
        figures = (
            f"{self.seconds:7.2f} s, client {self.client:6.2f} s, destination {self.destination:6.2f} s, {self.memory / 2**20:4.0f} MiB"
        )
        return f"{figures}{turns}{', ' + self.difference if self.difference else ''}"


@dataclass(slots=True)
class MoverResult:
    """All rounds of one mover in one cell."""

    name: str
    title: str
    rounds: list[Round] = field(default_factory=list)

    @property
    def good(self) -> list[Round]:
        return [each for each in self.rounds if not each.failure]

    def median(self, of: str) -> float:
        return float(statistics.median(getattr(each, of) for each in self.good))

    @property
    def spread(self) -> tuple[float, float]:
        seconds = [each.seconds for each in self.good]
        return min(seconds), max(seconds)

    @property
    def difference(self) -> str:
        """The worst that was seen."""
        return max((each.failure or each.difference for each in self.rounds), key=len, default="")


@dataclass(slots=True)
class CellResult:
    """messages, size (bytes), folders: of the source, over all its accounts."""

    name: str
    title: str
    kind: str
    messages: int
    size: int
    folders: int
    movers: list[MoverResult] = field(default_factory=list)

    def of(self, name: str) -> MoverResult:
        return next(mover for mover in self.movers if mover.name == name)

    @property
    def floor(self) -> float | None:
        """Median seconds of the better floor."""
        floors = [mover.median("seconds") for mover in self.movers if mover.name.startswith("floor") and mover.good]
        return min(floors, default=None)


@dataclass(slots=True)
class Results:
    """machine, date, note (on the circumstances): for the page. cells: in the order measured."""

    machine: str
    date: str
    scale: float
    rounds: int
    note: str = ""
    cells: list[CellResult] = field(default_factory=list)

    @classmethod
    def of_this_machine(cls, scale: float, rounds: int, note: str) -> Self:
        return cls(this_machine(), now(), scale, rounds, note)

    def add(self, cell: CellResult) -> None:
        """A cell measured again replaces its earlier figures."""
        names = [each.name for each in self.cells]
        if cell.name in names:
            self.cells[names.index(cell.name)] = cell
        else:
            self.cells.append(cell)

    def save(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self), indent=1), "utf-8")

    @classmethod
    def load(cls, file: Path) -> Self:
        values: dict[str, Any] = json.loads(file.read_text("utf-8"))
        for cell in values["cells"]:
            for mover in cell["movers"]:
                mover["rounds"] = [Round(**{**each, "turns": tuple(each["turns"])}) for each in mover["rounds"]]
            cell["movers"] = [MoverResult(**mover) for mover in cell["movers"]]
        values["cells"] = [CellResult(**cell) for cell in values["cells"]]
        return cls(**values)


def this_machine() -> str:
    """Cores, memory, system and programs, in a line."""
    versions = {name: PackageTree.cached(tree).get(name, "") for tree, name in (("dovecot", "dovecot-core"), ("isync", "isync"))}
    model = next((line.partition(": ")[2] for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = int(_lines("/proc/meminfo")[0].split()[1]) / 2**20
    programs = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    machine = f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB, Linux {platform.release().split('-')[0]}"
    return machine + f", Python {platform.python_version()}; {programs}"


def now() -> str:
    """Date and minute, UTC."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())


def table(cell: CellResult) -> str:
    """One cell for the screen."""
    lines = [f"{cell.title}: {cell.messages} messages, {cell.size / 2**20:.0f} MiB, {cell.folders} folders, {cell.kind}"]
    for mover in cell.movers:
        if not mover.good:
            lines.append(f"  {mover.title:30} failed")
            continue
        low, high = mover.spread
        ratio = f"{mover.median('seconds') / cell.floor:6.2f} x floor" if cell.floor else ""
        figures = f"{mover.median('seconds'):8.2f} s ({low:.2f} to {high:.2f})  {ratio}"
        costs = f"client {mover.median('client'):.2f} s, destination {mover.median('destination'):.2f} s"
        lines.append(f"  {mover.title:30} {figures}  {costs}, {mover.median('memory') / 2**20:.0f} MiB  {mover.difference or 'exact'}")
    return "\n".join(lines)


def _lines(file: str) -> list[str]:
    return Path(file).read_text("utf-8").splitlines()
