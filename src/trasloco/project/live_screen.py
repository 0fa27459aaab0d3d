"""Progress on a terminal: bars, rates, time left, the accounts under way and the last failures.

The height is bounded whatever the number of accounts, and 80 columns are enough.
"""

from __future__ import annotations

from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.constrain import Constrain
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from trasloco.documents.plain import plain
from trasloco.documents.units import count_words, left_words, size_words
from trasloco.project.progress import AccountProgress, Pace, Progress

_MOST_RUNNING = 8
_MOST_FAILURES = 3
_OTHER_LINES = 10  # title, bars, headings and the shell's own line


class LiveScreen:
    """``with LiveScreen(console) as show: show(progress, pace)`` redraws in place; the last picture stays."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=False, vertical_overflow="crop")

    def __enter__(self) -> LiveScreen:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._live.stop()

    def __call__(self, progress: Progress, pace: Pace) -> None:
        # The terminal writes ^C behind the last line: without room for it the picture would be a line off.
        picture = Constrain(draw(progress, pace, self._console.height), self._console.width - 2)
        self._live.update(picture, refresh=True)


def draw(progress: Progress, pace: Pace, height: int) -> RenderableType:
    """The whole picture, at most ``height`` lines high."""
    room = max(2, min(_MOST_RUNNING, height - _OTHER_LINES - _MOST_FAILURES))
    rest = _rest(progress, pace)
    parts: list[RenderableType] = [_title(progress, rest), _bars(progress, pace, rest)]
    running = progress.running
    if running:
        parts += [Text(), _running(running, room)]
    failed = [account for account in progress.accounts if account.words and account.status != "running"]
    if failed:
        parts += [Text(), _failures(failed[-_MOST_FAILURES:])]
    return Group(*parts)


def _rest(progress: Progress, pace: Pace) -> str:
    """How long it still takes, as far as it can be seen."""
    if progress.ended == len(progress.accounts):
        return "done"
    left = pace.left(progress)
    return "" if left is None else left_words(left)


def _title(progress: Progress, rest: str) -> Text:
    line = Text(plain(progress.title), style="bold", no_wrap=True, overflow="ellipsis")
    if rest and len(progress.accounts) == 1:
        line.append(f" · {rest}", style="not bold")
    if progress.failed:
        line.append(f" · {progress.failed} failed", style="bold red")
    return line


def _bars(progress: Progress, pace: Pace, rest: str) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(width=24)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    grid.add_column(no_wrap=True, justify="right")
    total = len(progress.accounts)
    sure = "" if progress.looked_into == total else "+"  # more is known with every account looked into
    expected, size = progress.expected, progress.expected_size
    if total > 1:
        grid.add_row("Accounts", _bar(progress.ended, total), f"{progress.ended:,} of {total:,}", rest)
    messages = f"{progress.done:,} of {expected:,}{sure}"
    grid.add_row("Messages", _bar(progress.done, round(expected * progress.share)), messages, _rate(pace.messages, "{:,.0f}/s"))
    rate = "" if not pace.size else f"{size_words(pace.size)}/s"
    # Messages that are there already bring no bytes: at the end the bar is full all the same.
    volume = progress.size if progress.ended == total else round((size or 0) * progress.share)
    copied = size_words(progress.size) + (f" of {size_words(size)}{sure}" if size and progress.ended < total else "")
    grid.add_row("Copied", _bar(progress.size, volume), copied, rate)
    return grid


def _bar(done: int, total: int) -> RenderableType:
    if not total:
        return Text()
    return ProgressBar(total, min(done, total), width=24, complete_style="cyan", finished_style="green")


def _rate(rate: float | None, form: str) -> str:
    return form.format(rate) if rate else ""


def _running(accounts: list[AccountProgress], room: int) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(ratio=5, no_wrap=True, overflow="ellipsis")
    grid.add_column(no_wrap=True, justify="right")
    grid.add_column(ratio=4, no_wrap=True, overflow="ellipsis")
    for account in accounts[:room]:
        expected = f"{account.done:,} of {account.expected:,}" if account.expected is not None else "opening"
        grid.add_row(Text(plain(account.name)), expected, Text(plain(account.folder), style="dim"))
    if len(accounts) > room:
        grid.add_row(Text(f"and {count_words(len(accounts) - room, 'more account')} under way", style="dim"), "", "")
    return grid


def _failures(accounts: list[AccountProgress]) -> Group:
    lines = []
    for account in accounts:
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(plain(account.name), style="red" if account.status == "failed" else "yellow")
        line.append(f"  {plain(account.words)}")
        lines.append(line)
    return Group(*lines)
