"""What a command writes for people: a terminal gets colour and tables, a file or pipe plain lines.

Words that come from elsewhere (servers, folder names, the CSV) pass ``plain`` before they are
shown, so that no server can move the cursor, colour the screen or set the window title.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from trasloco.documents.plain import plain

_PIPE_WIDTH = 10_000  # a line in a log file is never broken


@functools.cache
def screen() -> Console:
    """Standard output."""
    return _console(stderr=False)


@functools.cache
def complaints() -> Console:
    """Standard error: why a command did not do what was asked."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=_PIPE_WIDTH, no_color=True)
    return console


def interactive() -> bool:
    """Is there a terminal that can redraw lines?"""
    console = screen()
    return console.is_terminal and not console.is_dumb_terminal and sys.stdout.isatty()


def say(words: str = "", style: str = "") -> None:
    """One line or paragraph on standard output."""
    screen().print(Text(words, style=style))


def complain(words: str) -> None:
    """One line or paragraph on standard error."""
    complaints().print(Text(words, style="bold red" if complaints().is_terminal else ""))


def table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[str] = (), styles: Sequence[str] = ()
) -> None:
    """Show rows under column names: as a table on a terminal, as ``a: b · c: d`` lines elsewhere.

    numbers: names of columns set to the right. styles: one rich style per row, or none.
    """
    console = screen()
    if not console.is_terminal:
        if title:
            console.print(Text(title))
        for row in rows:
            cells = (f"{name.lower()}: {plain(cell)}" if name else plain(cell) for name, cell in zip(columns, row, strict=True) if cell)
            console.print(Text("  " + " · ".join(cells)))
        return
    drawn = Table(
        title=title or None, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for name in columns:
        drawn.add_column(name, justify="right" if name in numbers else "left", overflow="fold", no_wrap=name in numbers)
    for index, row in enumerate(rows):
        drawn.add_row(*(Text(plain(cell)) for cell in row), style=styles[index] if styles else "")
    console.print(drawn)
