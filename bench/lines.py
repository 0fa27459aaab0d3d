"""Curves as SVG: what one more costs in time, and the memory of the worker; readable in light and dark, nothing but shapes and text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from math import ceil, floor, log10

from bench.curve_results import CurveResult, Point
from bench.curves import Curve

_WIDTH, _HEIGHT, _TOP, _BOTTOM = 760, 300, 78, 244
_LEFT_PANEL, _RIGHT_PANEL = (64, 400), (484, 712)
_TEXT, _FAINT, _GRID = "#0f172a", "#334155", "#e2e8f0"
_SERIES = (("wall", "#64748b"), ("client", "#2563eb"), ("database", "#059669"), ("destination", "#d97706"))

Scale = Callable[[float], float]
Series = tuple[str, str, list[float]]


def lines(result: CurveResult) -> str:
    """One picture: on the left the time for one unit, on the right the peak memory of the worker. At least one good point."""
    curve, points = result.curve, result.good
    title = f"How the cost grows: {curve.title}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"',
        '     font-family="system-ui, sans-serif" font-size="12">',
        f"  <title>{escape(title)}</title>",
        f'  <rect width="{_WIDTH}" height="{_HEIGHT}" rx="6" fill="#ffffff"/>',
        _text(12, 24, title, extra=' font-size="13" font-weight="600"'),
        _text(12, 46, f"milliseconds for one {curve.units[0].name}", _FAINT),
        _text(_RIGHT_PANEL[0] - 40, 46, "peak memory of the worker, MiB", _FAINT),
        *_times(curve, points),
        *_memory(curve, points),
    ]
    return "\n".join([*parts, "</svg>", ""])


def _times(curve: Curve, points: Sequence[Point]) -> list[str]:
    """On a scale of powers, unless the axis is even: a horizontal line is a cost that does not grow."""
    found: list[Series] = []
    for name, colour in _SERIES:
        seconds = [_seconds(point, name) for point in points]
        found.append((name, colour, [point.per(curve, each) for point, each in zip(points, seconds, strict=True)]))
    drawn = [value for _, _, values in found for value in values if value > 0]
    ticks = _even_ticks(max(drawn)) if curve.even else _powers(min(drawn), max(drawn))
    parts = []
    for number, (name, colour, _) in enumerate(found):
        at = _LEFT_PANEL[0] + number * 84
        parts.append(f'  <line x1="{at}" x2="{at + 14}" y1="60" y2="60" stroke="{colour}" stroke-width="3"/>')
        parts.append(_text(at + 18, 64, name))
    return [*parts, *_panel(curve, points, _LEFT_PANEL, found, ticks, even=curve.even)]


def _memory(curve: Curve, points: Sequence[Point]) -> list[str]:
    values = [point.measured.memory / 2**20 for point in points]
    return _panel(curve, points, _RIGHT_PANEL, [("memory", "#2563eb", values)], _even_ticks(max(values)), even=True)


def _panel(
    curve: Curve, points: Sequence[Point], span: tuple[int, int], found: Sequence[Series], ticks: Sequence[float], *, even: bool
) -> list[str]:
    """Grid, axis and lines between two x. even: the y axis; the x axis is the curve's own."""
    left, right = span
    across = _scale([point.value for point in points], left, right, even=curve.even)
    up = _scale(ticks, _BOTTOM, _TOP, even=even)
    parts = []
    for tick in ticks:
        y = up(tick)
        parts.append(f'  <line x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GRID}"/>')
        parts.append(_text(left - 8, y + 4, f"{tick:,g}", _FAINT, anchor="end"))
    last = float("inf")
    for point in reversed(points):
        x, width = across(point.value), 7 * len(curve.shown(point.value)) + 8
        if x + width / 2 < last:  # where names would run into one another the lesser is left out
            parts.append(_text(x, _BOTTOM + 20, curve.shown(point.value), _FAINT, anchor="middle"))
            last = x - width / 2
    parts.append(_text((left + right) / 2, _BOTTOM + 42, curve.title, _FAINT, anchor="middle"))
    for _, colour, values in found:
        placed = [(across(point.value), up(value)) for point, value in zip(points, values, strict=True) if even or value > 0]
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'  <polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'  <circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in placed]
    return parts


def _seconds(point: Point, name: str) -> float:
    measured = point.measured
    return {"wall": measured.seconds, "client": measured.client, "database": point.database, "destination": measured.destination}[name]


def _scale(values: Sequence[float], start: float, end: float, *, even: bool) -> Scale:
    """From the least to the largest value onto start to end; one value alone is in the middle."""
    turned: Scale = float if even else log10
    low, high = turned(min(values)), turned(max(values))
    if low == high:
        return lambda _: (start + end) / 2
    return lambda value: start + (turned(value) - low) / (high - low) * (end - start)


def _powers(low: float, high: float) -> list[float]:
    first, last = floor(log10(low)), ceil(log10(high))
    return [10.0**power for power in range(first, max(last, first + 1) + 1)]


def _even_ticks(high: float) -> list[float]:
    """From 0 to at least ``high``, in four to eight round steps."""
    step = 10.0 ** floor(log10(high or 1))
    step = next(step * part for part in (0.2, 0.25, 0.5, 1, 2) if high <= step * part * 6)
    return [step * number for number in range(ceil(high / step) + 1)]


def _text(x: float, y: float, words: str, colour: str = _TEXT, *, anchor: str = "start", extra: str = "") -> str:
    return f'  <text x="{x:g}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{extra}>{escape(words)}</text>'
