"""Bars as SVG: one picture for each cell, readable in light and dark, nothing but shapes and text."""

from __future__ import annotations

from html import escape

from bench.results import CellResult, MoverResult

_WIDTH, _LEFT, _BAR, _STEP, _TOP = 760, 230, 16, 26, 44
_COLOURS = {"trasloco": "#2563eb", "floor": "#64748b"}
_OTHERS = "#d97706"


def bars(cell: CellResult) -> str:
    """Median seconds of every mover, with a line from the fastest to the slowest round."""
    movers = [mover for mover in cell.movers if mover.good]
    longest = max(mover.spread[1] for mover in movers)
    height = _TOP + _STEP * len(movers) + 12
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"',
        '     font-family="system-ui, sans-serif" font-size="13">',
        f"  <title>{escape(cell.title)}</title>",
        f'  <rect width="{_WIDTH}" height="{height}" rx="6" fill="#ffffff"/>',
        f'  <text x="12" y="24" font-weight="600" fill="#0f172a">{escape(_heading(cell))}</text>',
    ]
    for number, mover in enumerate(movers):
        lines += _bar(mover, _TOP + number * _STEP, longest, cell.floor)
    return "\n".join([*lines, "</svg>", ""])


def _heading(cell: CellResult) -> str:
    return f"{cell.title[:1].upper()}{cell.title[1:]}: {cell.messages:,} messages, {cell.size / 2**20:,.0f} MiB, seconds (less is better)"


def _bar(mover: MoverResult, top: int, longest: float, floor: float | None) -> list[str]:
    scale = (_WIDTH - _LEFT - 190) / longest  # what stands behind the bar has up to 24 characters
    median, (low, high) = mover.median("seconds"), mover.spread
    colour = _COLOURS.get(mover.name.split("-")[0], _OTHERS)
    middle, end = top + _BAR // 2, _LEFT + high * scale
    ratio = f" ({median / floor:.1f} x floor)" if floor else ""
    return [
        f'  <text x="{_LEFT - 10}" y="{top + 13}" text-anchor="end" fill="#0f172a">{escape(mover.title)}</text>',
        f'  <rect x="{_LEFT}" y="{top}" width="{max(median * scale, 1):.1f}" height="{_BAR}" rx="2" fill="{colour}"/>',
        f'  <line x1="{_LEFT + low * scale:.1f}" x2="{end:.1f}" y1="{middle}" y2="{middle}" stroke="#0f172a" stroke-width="1.5"/>',
        f'  <text x="{end + 8:.1f}" y="{top + 13}" fill="#334155">{median:.2f} s{ratio}</text>',
    ]
