"""Progress without a terminal: one plain line per event, and a line of totals now and then."""

from __future__ import annotations

from collections.abc import Callable

from trasloco.documents.plain import plain
from trasloco.documents.units import count_words, duration_words, left_words, size_words
from trasloco.project.progress import AccountProgress, Pace, Progress, changes

TOTALS_SECONDS = 30.0

_ENDINGS = {
    "completed": "completed",
    "completed_with_errors": "completed with errors",
    "failed": "failed",
    "stopped": "stopped",
    "left-out": "left out",
}


class EventLines:
    """Feed it every look; it writes what has changed since the last one. ``write`` takes one line."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._last: tuple[AccountProgress, ...] = ()
        self._totals_at: float | None = None

    def __call__(self, now: float, progress: Progress, pace: Pace) -> None:
        """``now``: monotonic seconds."""
        for account in changes(self._last, progress.accounts):
            line = _event(account)
            if line:
                self._write(line)
        self._last = progress.accounts
        if self._totals_at is None:
            self._totals_at = now
        elif now - self._totals_at >= TOTALS_SECONDS:
            self._totals_at = now
            self._write(_totals(progress, pace))


def _event(account: AccountProgress) -> str:
    name = plain(account.name)
    if account.status == "running":
        return f"{name}: started"
    if account.status in _ENDINGS:
        took = f" in {duration_words(account.seconds)}" if account.seconds is not None else ""
        # Done is also what was there already or is too large: the report tells them apart.
        figures = f"{count_words(account.done, 'message')} done, {size_words(account.size)} copied{took}"
        words = f". {plain(account.words)}" if account.words else ""
        return f"{name}: {_ENDINGS[account.status]}, {figures}{words}"
    if account.words:
        return f"{name}: waits for another try. {plain(account.words)}"
    return ""


def _totals(progress: Progress, pace: Pace) -> str:
    parts = [
        f"{progress.ended:,} of {count_words(len(progress.accounts), 'account')} done",
        f"{progress.done:,} of {count_words(progress.expected, 'message')}",
        f"{size_words(progress.size)} copied",
    ]
    if pace.messages:
        parts.append(f"{pace.messages:,.0f} messages/s")
    if pace.size:
        parts.append(f"{size_words(pace.size)}/s")
    left = pace.left(progress)
    if left is not None:
        parts.append(left_words(left))
    return f"{progress.title}: " + ", ".join(parts)
