"""Figures of the load test, of the workers and of the accounts: kept in one file, and judged."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from bench.load_result import LoadResult
from bench.queue_cost import CostPoint
from bench.results import now, this_machine
from bench.worker_scale import ScalePlan, ScalePoint

PROPORTION = 0.9
"""Of the throughput that as many times as many workers would have, were they each as one is alone."""


@dataclass(slots=True)
class ScaleResults:
    """machine, note (on the circumstances), date: of the latest measurement."""

    machine: str = field(default_factory=this_machine)
    date: str = ""
    note: str = ""
    load_test: LoadResult | None = None
    scale_plan: ScalePlan = field(default_factory=ScalePlan)
    workers: list[ScalePoint] = field(default_factory=list)
    costs: list[CostPoint] = field(default_factory=list)

    def add(self, points: Iterable[CostPoint]) -> None:
        """Points measured again replace their earlier figures."""
        new = {(point.accounts, point.window): point for point in points}
        kept = [point for point in self.costs if (point.accounts, point.window) not in new]
        self.costs = sorted([*kept, *new.values()], key=lambda point: (point.accounts, point.window))

    def proportion(self, point: ScalePoint) -> float:
        """Its throughput, by that of the fewest workers for as many."""
        first = self.workers[0]
        return point.rate / (first.rate * point.workers / first.workers)

    def disproportions(self) -> list[str]:
        """What is not as it has to be, in words."""
        found = [f"{point.workers} workers: {point.difference}" for point in self.workers if point.difference]
        slow = [(point.workers, self.proportion(point)) for point in self.workers if self.proportion(point) < PROPORTION]
        return found + [f"{workers} workers have only {share:.0%} of {workers} times one worker's throughput" for workers, share in slow]

    def save(self, file: Path) -> None:
        self.date = now()
        file.write_text(json.dumps(asdict(self), indent=1), "utf-8")

    @classmethod
    def load(cls, file: Path) -> Self:
        values: dict[str, Any] = json.loads(file.read_text("utf-8"))
        found = cls(machine=values["machine"], date=values["date"], note=values["note"], scale_plan=ScalePlan(**values["scale_plan"]))
        found.load_test = LoadResult.of_json(values["load_test"]) if values["load_test"] else None
        found.workers = [ScalePoint(**point) for point in values["workers"]]
        found.costs = [CostPoint(**point) for point in values["costs"]]
        return found
