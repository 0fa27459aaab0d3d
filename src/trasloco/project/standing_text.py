"""The standing on a terminal or as plain lines: what is wrong first, then workers, queues, mail servers, who waits for what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from trasloco.documents.plain import plain
from trasloco.documents.units import count_words, duration_words, size_words
from trasloco.project.screen import say, table
from trasloco.records.standing import Standing
from trasloco.records.throughput import MINUTES
from trasloco.records.troubles import Gravity, Trouble
from trasloco.records.wait_words import wait_words
from trasloco.records.workers import WorkerState

MOST_LINES = 20
"""Of a table; the JSON has all."""

_STYLES = {Gravity.ALARM: "bold red", Gravity.WARNING: "yellow", Gravity.NOTE: ""}
_OF_STATE = {WorkerState.FROZEN: "yellow", WorkerState.LOST: "red"}


def show_standing(found: Standing, told: Sequence[Trouble]) -> None:
    """All of it; tables that would be empty are left out."""
    for trouble in told:
        say(plain(f"{trouble.title}."), style=_STYLES[trouble.gravity])
        say(plain(f"  {trouble.remedy}"))
    if told:
        say()
    say(_sum(found), style="bold")
    _workers(found)
    _queues(found)
    _hosts(found)
    _waits(found)


def _sum(found: Standing) -> str:
    begun = f"{count_words(found.runs, 'run')} under way: {count_words(found.busy, 'account')} being moved, {found.waiting:,} waiting."
    pace = found.throughput
    if not pace.seconds:
        return begun
    rates = f"{pace.messages_per_minute:,.0f} messages a minute, {size_words(pace.bytes_per_second)} a second"
    return f"{begun} In the last {MINUTES} minutes: {rates}."


def _workers(found: Standing) -> None:
    rows, styles = [], []
    for line in found.workers.lines:
        hands = f"{line.transfers} of {line.concurrency} accounts, {count_words(line.errands, 'errand')}"
        seen = f"{duration_words(line.silent)} ago"
        rows.append([line.machine, str(line.pid), line.state.value, hands, ", ".join(line.queues), line.version, seen])
        styles.append(_OF_STATE.get(line.state, ""))
    if found.workers.unnamed:
        rows.append(["", "", "working", "", "", "older than this", ""])
        styles.append("")
    _table("Workers", ["Machine", "Process", "State", "In hand", "Queues", "Version", "Last seen"], rows, styles=styles)


def _queues(found: Standing) -> None:
    rows = []
    for line in found.queues:
        longest = duration_words(line.longest) if line.waiting else ""
        rows.append([line.name, f"{line.waiting:,}", longest, f"{line.doing} of {line.places}", str(line.workers)])
    _table("Queues", ["Queue", "Jobs waiting", "First waits", "Being done", "Workers"], rows, numbers=["Jobs waiting", "Workers"])


def _hosts(found: Standing) -> None:
    rows = []
    for line in found.hosts:
        used = f"{line.used} of {line.allowed} {line.unit}" if line.allowed is not None else f"{line.used} {line.unit}, no limit"
        rows.append([line.host, line.side, used, f"{line.waiting:,}", line.said])
    _table("Mail servers", ["Server", "Side", "In use", "Accounts waiting", "Said it was too much"], rows, numbers=["Accounts waiting"])


def _waits(found: Standing) -> None:
    rows = []
    for line in found.waits:
        until = f"until {_hour(line.until)}" if line.until is not None else ""
        rows.append([f"{line.accounts:,}", wait_words(line), duration_words(line.longest) if line.longest is not None else until])
    _table("Who waits for what", ["Accounts", "They wait", "How long"], rows, numbers=["Accounts"])


def _table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[str] = (), styles: Sequence[str] = ()
) -> None:
    if not rows:
        return
    say()
    table(title, columns, rows[:MOST_LINES], numbers=numbers, styles=styles[:MOST_LINES])
    if len(rows) > MOST_LINES:
        say(f"  and {len(rows) - MOST_LINES:,} more; --json has all")


def _hour(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")
