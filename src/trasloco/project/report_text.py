"""The report on a terminal or as plain lines: a row per account and run, what needs attention, what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trasloco.documents.plain import plain
from trasloco.documents.report_connections import unverified
from trasloco.documents.report_figures import FATES, LABELS, STATUS_WORDS, Report, arrived, attention, last_runs, now, used_fates
from trasloco.documents.units import count_words, duration_words, size_words
from trasloco.project.screen import say, screen, table

_STYLES = {"failed": "red", "completed_with_errors": "yellow", "stopped": "yellow"}
_MOST_ATTENTION = 25


def show_report(report: Report, first_run: int = 1) -> None:
    """Print a row for each account and run from number ``first_run`` on, what needs attention, and the sum."""
    runs = [(account, run) for account in report["accounts"] for run in account["runs"] if run["number"] >= first_run]
    if screen().is_terminal:
        _show_table(runs)
    else:
        for account, run in runs:
            say(_line(account, run))
    say()
    show_attention(report)
    say(conclusion(report), style="bold")
    flags = sum(run.get("flags_changed", 0) for _, run in runs)
    if flags:
        say(f"{count_words(flags, 'message')} with changed flags brought up to date.")
    for words in unverified(report):
        say(plain(words))


def _show_table(runs: list[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> None:
    fates = used_fates(run["messages"] for _, run in runs)
    rows, styles = [], []
    for account, run in runs:
        figures = [f"{run['messages'].get(fate, 0):,}" for fate in fates]
        ending = [size_words(run["bytes"]), duration_words(run["seconds"] or 0)]
        rows.append([str(account["destination"]), str(run["number"]), STATUS_WORDS.get(run["status"], run["status"]), *figures, *ending])
        styles.append(_STYLES.get(run["status"], ""))
    figures_names = [LABELS[fate] for fate in fates]
    names = ["Account", "Run", "Status", *figures_names, "Size", "Time"]
    table("", names, rows, numbers=["Run", *figures_names, "Size", "Time"], styles=styles)


def _line(account: Mapping[str, Any], run: Mapping[str, Any]) -> str:
    fates = [f"{run['messages'][fate]:,} {LABELS[fate].lower()}" for fate in FATES if run["messages"].get(fate, 0)]
    figures = f"{count_words(run['messages'].get('source', 0), 'message')}{': ' if fates else ''}{', '.join(fates)}"
    ending = f"{size_words(run['bytes'])} in {duration_words(run['seconds'] or 0)}"
    status = STATUS_WORDS.get(run["status"], run["status"])
    return f"{plain(str(account['destination']))}, run {run['number']}: {status}, {figures}; {ending}"


def show_attention(report: Report) -> None:
    """The accounts a person has to look at, if there are any."""
    found = attention(report)
    if not found:
        return
    rows = [[item.account, item.words] for item in found[:_MOST_ATTENTION]]
    table("What needs attention", ["Account", "What happened, and what to do"], rows)
    if len(found) > _MOST_ATTENTION:
        say(
            f"and {count_words(len(found) - _MOST_ATTENTION, 'more account')}; trasloco report {plain(str(report['migration']))} lists all."
        )
    say()


def conclusion(report: Report) -> str:
    """One sentence: how many messages there are, and where they are."""
    messages, accounts = now(report), len(report["accounts"])
    looked = len(last_runs(report))
    if not looked:
        return f"{count_words(accounts, 'account')}, no run yet."
    parts = [f"{arrived(messages):,} on the destination"]
    parts += [f"{messages[fate]:,} {fate}" for fate in ("skipped", "refused", "vanished") if messages[fate]]
    failed = sum(run["status"] == "failed" for run in last_runs(report))
    ending = f" {count_words(failed, 'account')} failed. What was not seen of their mail is not counted." if failed else ""
    return f"{count_words(messages['source'], 'source message')} in {count_words(accounts, 'account')}: {', '.join(parts)}.{ending}"
