"""The picture of a curve: what one more costs in time, and the memory of the worker."""

from __future__ import annotations

from bench.curve_results import CurveResult, Point
from bench.plot import FAINT, Plot, Series, picture, text

_LEFT_PANEL, _RIGHT_PANEL = (64, 400), (484, 712)
_SERIES = (("wall", "#64748b"), ("client", "#2563eb"), ("database", "#059669"), ("destination", "#d97706"))


def lines(result: CurveResult) -> str:
    """One picture: on the left the time for one unit, on the right the peak memory of the worker. At least one good point."""
    curve, points = result.curve, result.good
    values, shown = [point.value for point in points], [curve.shown(point.value) for point in points]
    times = [Series(name, colour, [point.per(curve, _seconds(point, name)) for point in points]) for name, colour in _SERIES]
    # A horizontal line is a cost that does not grow: on a scale of powers, unless the axis is even.
    left = Plot(_LEFT_PANEL, curve.title, values, shown, even_x=curve.even, even_y=curve.even)
    right = Plot(_RIGHT_PANEL, curve.title, values, shown, even_x=curve.even)
    parts = [
        text(12, 46, f"milliseconds for one {curve.units[0].name}", FAINT),
        text(_RIGHT_PANEL[0] - 40, 46, "peak memory of the worker, MiB", FAINT),
        *left.legend(times),
        *left.draw(times),
        *right.draw([Series("memory", "#2563eb", [point.measured.memory / 2**20 for point in points])]),
    ]
    return picture(f"How the cost grows: {curve.title}", parts)


def _seconds(point: Point, name: str) -> float:
    measured = point.measured
    return {"wall": measured.seconds, "client": measured.client, "database": point.database, "destination": measured.destination}[name]
