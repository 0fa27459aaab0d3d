"""Figures of curves: of one point, of a curve, of all; for the screen and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from bench.curves import CURVES, Curve
from bench.results import Round, this_machine


@dataclass(frozen=True, slots=True)
class Point:
    """value: on the axis. messages, size (bytes): as read on the source. database: seconds of PostgreSQL's processor time."""

    value: int
    messages: int
    size: int
    database: float
    measured: Round

    def per(self, curve: Curve, seconds: float, unit: int = 0) -> float:
        """Milliseconds for one of the curve's units."""
        return seconds * 1000 / curve.units[unit].count(curve.load(self.value))


@dataclass(slots=True)
class CurveResult:
    """date: of the latest point. points: by value."""

    name: str
    date: str = ""
    points: list[Point] = field(default_factory=list)

    @property
    def curve(self) -> Curve:
        return next(curve for curve in CURVES if curve.name == self.name)

    @property
    def good(self) -> list[Point]:
        return [point for point in self.points if not point.measured.failure]

    def add(self, point: Point) -> None:
        """A point measured again replaces its earlier figures."""
        self.points = sorted([*(each for each in self.points if each.value != point.value), point], key=lambda each: each.value)

    def line(self, point: Point) -> str:
        """One point for the screen."""
        curve, measured = self.curve, point.measured
        if measured.failure:
            return f"  {curve.shown(point.value):>10}: {measured}"
        each = f"{point.per(curve, measured.client):9.3f} ms of the client for one {curve.units[0].name}"
        return f"  {curve.shown(point.value):>10}: {each}; {measured}, database {point.database:.2f} s" + (
            "" if measured.difference else ", exact"
        )


@dataclass(slots=True)
class CurveResults:
    """machine, note (on the circumstances): for the page."""

    machine: str = field(default_factory=this_machine)
    note: str = ""
    curves: list[CurveResult] = field(default_factory=list)

    def of(self, name: str) -> CurveResult:
        """The figures of this curve; empty ones are made."""
        found = next((each for each in self.curves if each.name == name), None)
        if found is None:
            found = CurveResult(name)
            self.curves.append(found)
            order = [curve.name for curve in CURVES]
            self.curves.sort(key=lambda each: order.index(each.name))
        return found

    def save(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self), indent=1), "utf-8")

    @classmethod
    def load(cls, file: Path) -> Self:
        values: dict[str, Any] = json.loads(file.read_text("utf-8"))
        for curve in values["curves"]:
            for point in curve["points"]:
                point["measured"] = Round(**{**point["measured"], "turns": tuple(point["measured"]["turns"])})
            curve["points"] = [Point(**point) for point in curve["points"]]
        values["curves"] = [CurveResult(**curve) for curve in values["curves"]]
        return cls(**values)
