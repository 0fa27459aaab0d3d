"""What a terminal shows of what is written to it, at each moment, as lines of HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

import pyte
from pyte.screens import Char

from tools.film.performance import COLUMNS, ROWS

# The sixteen colours of the palette, readable on the dark ground of the film.
_COLOURS = {
    "black": "#3b4252",
    "red": "#ff8a8a",
    "green": "#74d3a2",
    "brown": "#f1c268",
    "blue": "#8ab8ff",
    "magenta": "#d6a6ff",
    "cyan": "#7fd6e0",
    "white": "#e4e8ee",
    "default": "#d5dbe4",
}
_FAINT = re.compile(rb"\x1b\[2m")


def screens(written: Sequence[tuple[float, bytes]]) -> Iterator[tuple[float, str]]:
    """Hour and contents after each part that was written."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    for at, part in written:
        # pyte knows no faint text; bright black is how terminals of old showed it.
        stream.feed(_FAINT.sub(b"\x1b[90m", part))
        yield at, _html(screen)


def _html(screen: pyte.Screen) -> str:
    lines = ("".join(_run(style, "".join(char.data for char in chars)) for style, chars in _runs(screen, row)) for row in range(ROWS))
    # The directory of a demo has a name made by chance: the film looks the same each time.
    return re.sub(r"trasloco-demo-\w+", "trasloco-demo", "\n".join(line.rstrip() for line in lines))


def _runs(screen: pyte.Screen, row: int) -> Iterator[tuple[str, list[Char]]]:
    chars = [screen.buffer[row][column] for column in range(COLUMNS)]
    for style, run in groupby(chars, _style):
        yield style, list(run)


def _run(style: str, text: str) -> str:
    return f'<span style="{style}">{escape(text)}</span>' if text.strip() else text


def _style(char: Char) -> str:
    if char.data == " ":
        return ""
    colour = _COLOURS.get(char.fg.removeprefix("bright"), f"#{char.fg}")
    if char.fg == "brightblack":
        colour = "#8b96a6"
    return f"color:{colour}{';font-weight:700' if char.bold else ''}"
