"""A plot as SVG: grid, axes and lines between two x of a picture; readable in light and dark, nothing but shapes and text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT, TOP, BOTTOM = 760, 300, 78, 244
TEXT, FAINT, _GRID = "#0f172a", "#334155", "#e2e8f0"

Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Series:
    """One line. values: one for each x; what is 0 or less is left out where the scale is of powers."""

    name: str
    colour: str
    values: Sequence[float]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """span: from x to x of the picture. values, shown: of the x axis, and how they are written; title: what they are.

    even_x, even_y: an even scale of that axis, else one of powers.
    """

    span: tuple[int, int]
    title: str
    values: Sequence[float]
    shown: Sequence[str]
    even_x: bool = False
    even_y: bool = True

    def draw(self, found: Sequence[Series]) -> list[str]:
        """The lines of the SVG."""
        drawn = [value for series in found for value in series.values if self.even_y or value > 0]
        ticks = _even_ticks(max(drawn)) if self.even_y else _powers(min(drawn), max(drawn))
        across = _scale(self.values, *self.span, even=self.even_x)
        up = _scale(ticks, BOTTOM, TOP, even=self.even_y)
        return [*self._grid(ticks, up), *self._names(across), *(line for series in found for line in self._line(series, across, up))]

    def legend(self, found: Sequence[Series], step: int = 84) -> list[str]:
        """Colour and name of each line, above the plot."""
        parts = []
        for number, series in enumerate(found):
            at = self.span[0] + number * step
            parts.append(f'  <line x1="{at}" x2="{at + 14}" y1="60" y2="60" stroke="{series.colour}" stroke-width="3"{_dashes(series)}/>')
            parts.append(text(at + 18, 64, series.name))
        return parts

    def _grid(self, ticks: Sequence[float], up: Scale) -> list[str]:
        left, right = self.span
        parts = []
        for tick in ticks:
            y = up(tick)
            parts.append(f'  <line x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GRID}"/>')
            parts.append(text(left - 8, y + 4, f"{tick:,g}", FAINT, anchor="end"))
        return parts

    def _names(self, across: Scale) -> list[str]:
        parts = []
        last = float("inf")
        for value, shown in reversed(list(zip(self.values, self.shown, strict=True))):
            x, width = across(value), 7 * len(shown) + 8
            if x + width / 2 < last:  # where names would run into one another the lesser is left out
                parts.append(text(x, BOTTOM + 20, shown, FAINT, anchor="middle"))
                last = x - width / 2
        return [*parts, text(sum(self.span) / 2, BOTTOM + 42, self.title, FAINT, anchor="middle")]

    def _line(self, series: Series, across: Scale, up: Scale) -> list[str]:
        pairs = zip(self.values, series.values, strict=True)
        placed = [(across(value), up(height)) for value, height in pairs if self.even_y or height > 0]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        line = f'  <polyline points="{points}" fill="none" stroke="{series.colour}" stroke-width="2"{_dashes(series)}/>'
        return [line, *(f'  <circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{series.colour}"/>' for x, y in placed)]


def picture(title: str, parts: Sequence[str]) -> str:
    """The whole SVG of what was drawn, with its title."""
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"',
        '     font-family="system-ui, sans-serif" font-size="12">',
        f"  <title>{escape(title)}</title>",
        f'  <rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#ffffff"/>',
        text(12, 24, title, extra=' font-size="13" font-weight="600"'),
    ]
    return "\n".join([*head, *parts, "</svg>", ""])


def text(x: float, y: float, words: str, colour: str = TEXT, *, anchor: str = "start", extra: str = "") -> str:
    """One text."""
    return f'  <text x="{x:g}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{extra}>{escape(words)}</text>'


def _dashes(series: Series) -> str:
    return ' stroke-dasharray="5 4"' if series.dashed else ""


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
