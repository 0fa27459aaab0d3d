"""A run of another Trasloco, watched as one of this machine is: the same picture, the same lines, the same report at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from trasloco.client.answers import AskingFailed
from trasloco.client.api_client import ApiClient
from trasloco.documents.plain import plain
from trasloco.documents.report_figures import well
from trasloco.documents.units import count_words
from trasloco.project.elsewhere.asking import place
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.progress import AccountProgress, Progress
from trasloco.project.report_text import show_report
from trasloco.project.screen import complain, say
from trasloco.project.watching import Shown

PATIENCE = 900.0
"""Seconds without an answer, as while the service is upgraded, before a command that only looks gives up."""
ENDED = ("completed", "completed_with_errors", "failed")
"""Stages of a migration in which nothing moves any more."""
_PER_LOOK = 0.25  # seconds for each request of a look: 600 are answered in a minute
_PAUSE = 2.0
_UNDER_WAY = frozenset("rwa")
"""Letters of accounts that run, wait or are tried again."""


def follow(client: ApiClient, code: str, last: int) -> Mapping[str, Any]:
    """Show the runs until number ``last`` has ended, or nothing moves any more; returns the migration as it is then. last: 0 for the
    run that is under way or comes next. Raises ``Halt`` when the migration is deleted meanwhile."""
    told = ""
    with Shown() as show:
        for migration, accounts in _looks(client, code):
            last = last or _next_run(migration)
            run, waits = _current(migration), _waits_for(migration)
            if waits != told and not _over(migration, last):
                told = waits
                if waits:
                    say(waits)
            if run is not None:
                show(_seen(migration, accounts, run["number"], last))
            if _over(migration, last):
                return migration
    raise AssertionError("the looks never end by themselves")


def watch_there(client: ApiClient, code: str, server: str, last: int) -> int:
    """Follow and show the report; the exit status. Ctrl-C ends this command and nothing else."""
    try:
        return end(client, code, follow(client, code, last))
    except KeyboardInterrupt:
        say(f"The migration goes on without this command. To watch it again: trasloco follow {plain(code)} --server {plain(server)}")
        return ExitCode.INTERRUPTED


def end(client: ApiClient, code: str, migration: Mapping[str, Any]) -> int:
    """Show the report of what was followed; the exit status."""
    report = client.get(place(code, "report"))
    run = _current(migration)
    show_report(report, run["number"] if run is not None else 1)
    if migration["stage"] == "stopped":
        say(f"The run was stopped. trasloco resume {code} lets it go on.")
        return ExitCode.SOMETHING_FAILED
    return ExitCode.OK if well(report) else ExitCode.SOMETHING_FAILED


def _looks(client: ApiClient, code: str) -> Iterator[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]:
    """The migration and its accounts whenever its figures have changed, not more often than the API answers, through times without
    an answer."""
    silent_since: float | None = None
    earliest = 0.0
    while True:
        try:
            for figures in client.events(place(code, "events")):
                silent_since = None
                if figures.get("gone"):
                    raise Halt(f"Migration {plain(code)} has been deleted.", ExitCode.USAGE)
                if time.monotonic() < earliest and _UNDER_WAY & set(figures["letters"]):
                    continue  # there will be another event
                migration = client.get(place(code))
                yield migration, list(client.pages(place(code, "accounts")))
                earliest = time.monotonic() + _PER_LOOK * (2 + migration["accounts"] // 200)
        except AskingFailed as error:  # also when its database is away: then it answers, but not what was asked
            if error.again is None:
                raise
            now = time.monotonic()
            if silent_since is None:
                silent_since = now
                complain(f"{plain(error.words)} It is asked again; the migration goes on without this command.")
            if now - silent_since > PATIENCE:
                raise
        time.sleep(_PAUSE)


def _current(migration: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The run under way, or the last one that has begun."""
    begun = [run for run in migration["runs"] if run["status"] != "planned"]
    return begun[-1] if begun else None


def _next_run(migration: Mapping[str, Any]) -> int:
    run = _current(migration)
    if run is None:
        return 1
    return int(run["number"]) + int(migration["stage"] == "between")


def _waits_for(migration: Mapping[str, Any]) -> str:
    """What is said while no run is under way; "" while one is."""
    if migration["stage"] not in ("planned", "between"):
        return ""
    run = next((run for run in migration["runs"] if run["status"] == "planned"), None)
    if run is None:
        return ""
    due = datetime.fromisoformat(run["due_at"]).astimezone() if run["due_at"] else None
    if due is None:
        return f"Run {run['number']} has no date yet: it begins when its time has come, or by trasloco start {migration['code']}."
    if due <= datetime.now(UTC):
        return f"Run {run['number']} begins as soon as there is a worker for it."
    return f"Run {run['number']} begins at {due:%Y-%m-%d %H:%M}."


def _over(migration: Mapping[str, Any], last: int) -> bool:
    """Has run number ``last`` ended, or does nothing move any more?"""
    if migration["stage"] in ("draft", "stopped", *ENDED):
        return True
    run = _current(migration)
    return run is not None and migration["stage"] == "between" and run["number"] >= last


def _seen(migration: Mapping[str, Any], accounts: Sequence[Mapping[str, Any]], number: int, last: int) -> Progress:
    rows = [_account(row, row["transfer"]) for row in accounts if _of(row, number)]
    rows.sort(key=lambda row: row.key)
    title = f"Run {number} of {max(last, number)}, migration {migration['code']}, {count_words(len(rows), 'account')}"
    return Progress(title, tuple(rows))


def _of(row: Mapping[str, Any], number: int) -> bool:
    return row["transfer"] is not None and row["transfer"]["run"] == number


def _account(row: Mapping[str, Any], transfer: Mapping[str, Any]) -> AccountProgress:
    unknown = transfer["status"] in ("waiting", "admitted", "running") and not transfer["expected"] and not transfer["done"]
    return AccountProgress(
        key=row["line"],
        name=row["destination"],
        status=transfer["status"],
        done=transfer["done"],
        expected=None if unknown else transfer["expected"],
        size=transfer["bytes"],
        expected_size=transfer["expected_bytes"],
        folder=transfer["folder"],
        words=transfer["trouble"]["words"] if transfer["trouble"] else "",
        seconds=transfer["seconds"] or None,
    )
