"""The report as one page to send to a customer or to print: no script, nothing loaded from anywhere.

The page is a Django template (``pages/report.html``) rendered with automatic
escaping, and is given text only: whatever a server or a CSV wrote stays text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from trasloco import __version__
from trasloco.documents import report_figures as figures
from trasloco.documents.page import render
from trasloco.documents.plain import plain
from trasloco.documents.report_figures import LABELS, STATUS_WORDS, Report
from trasloco.documents.units import count_words, duration_words, size_words
from trasloco.documents.verification_words import verification_words

_TONES = {"completed": "good", "completed_with_errors": "warn", "failed": "bad", "stopped": "warn"}
_MOST_MESSAGES = 200  # of one folder, one by one
_NEWS = ("copied", "moved", "refused", "vanished")


def html_report(report: Report, made_at: datetime | None = None) -> str:
    """The whole document. ``made_at``: shown in the page, default now."""
    made_at = (made_at or datetime.now(UTC)).astimezone(UTC)
    total = figures.now(report)
    fates = figures.used_fates(run["messages"] for account in report["accounts"] for run in account["runs"])
    values = {
        "migration": plain(str(report["migration"])),
        "made_at": made_at.strftime("%d %B %Y, %H:%M UTC").lstrip("0"),
        "version": __version__,
        "tone": "good" if figures.well(report) else "bad",
        "headline": _headline(report, total),
        "tiles": _tiles(report, total),
        "attention": [{"account": plain(item.account), "words": plain(item.words)} for item in figures.attention(report)],
        "columns": [LABELS[fate] for fate in fates],
        "rows": [_overview(index, account, run, fates) for index, account in enumerate(report["accounts"], 1) for run in account["runs"]],
        "accounts": [_account(index, account) for index, account in enumerate(report["accounts"], 1)],
    }
    return render("report.html", values)


def _headline(report: Report, total: Mapping[str, int]) -> str:
    if not figures.last_runs(report):
        return "No run yet"
    troubled = len(figures.attention(report))
    if troubled:
        verb = "needs" if troubled == 1 else "need"
        return f"{troubled:,} of {count_words(len(report['accounts']), 'account')} {verb} attention"
    if not figures.well(report):
        return "Not finished yet"
    if total["skipped"]:
        verb = "was" if total["skipped"] == 1 else "were"
        return f"All mail is there but {count_words(total['skipped'], 'message')} that {verb} left out by a rule"
    return f"All mail is there: {count_words(total['source'], 'message')}, each with its stated fate"


def _tiles(report: Report, total: Mapping[str, int]) -> list[dict[str, str]]:
    size = sum(run["bytes"] for account in report["accounts"] for run in account["runs"])
    tiles = [
        {"label": "Accounts", "value": f"{len(report['accounts']):,}"},
        {"label": "Source messages", "value": f"{total['source']:,}"},
        {"label": "On the destination", "value": f"{figures.arrived(total):,}"},
        {"label": "Skipped by a rule", "value": f"{total['skipped']:,}"},
        {"label": "Refused", "value": f"{total['refused']:,}"},
        {"label": "Copied", "value": size_words(size)},
    ]
    if total["vanished"]:
        tiles.insert(5, {"label": "Vanished", "value": f"{total['vanished']:,}"})
    return tiles


def _overview(index: int, account: Mapping[str, Any], run: Mapping[str, Any], fates: Sequence[str]) -> dict[str, Any]:
    return {
        "anchor": f"account-{index}",
        "account": plain(str(account["destination"])),
        "run": str(run["number"]),
        "status": STATUS_WORDS.get(run["status"], run["status"]),
        "tone": _TONES.get(run["status"], "quiet"),
        "cells": _cells(run["messages"], fates),
        "size": size_words(run["bytes"]),
        "time": duration_words(run["seconds"] or 0),
    }


def _cells(messages: Mapping[str, int], fates: Sequence[str]) -> list[dict[str, Any]]:
    return [{"label": LABELS[fate], "value": f"{messages.get(fate, 0):,}", "zero": not messages.get(fate, 0)} for fate in fates]


def _account(index: int, account: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "anchor": f"account-{index}",
        "name": plain(str(account["destination"])),
        "source": plain(str(account["source"])),
        "runs": [_run(run) for run in account["runs"]],
        "messages": _messages(account),
        "verification": plain(verification_words(account.get("verification"))),
        "reasons": [
            {"fate": fate, "folder": plain(folder), "reason": plain(reason), "count": f"{count:,}"}
            for fate, folder, reason, count in figures.reasons(account)
        ],
    }


def _messages(account: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Single messages of the latest run, folder by folder; a folder left out as a whole needs no list here."""
    lists = []
    for folder in account["runs"][-1]["folders"] if account["runs"] else ():
        items = folder.get("exceptions", ()) if folder["destination"] else ()
        if items:
            more = len(items) - _MOST_MESSAGES + folder.get("exceptions_left_out", 0)
            rows = [
                {
                    "uid": str(item["uid"]),
                    "fate": figures.fate_words(item),
                    "size": size_words(item["size"]),
                    "reason": plain(item["reason"]),
                }
                for item in items[:_MOST_MESSAGES]
            ]
            total = len(items) + folder.get("exceptions_left_out", 0)
            ending = f"and {count_words(more, 'more message')}; trasloco proof lists them all." if more > 0 else ""
            lists.append({"folder": plain(folder["source"]), "count": count_words(total, "message"), "rows": rows, "more": ending})
    return lists


def _run(run: Mapping[str, Any]) -> dict[str, Any]:
    """A later run lists only the folders that had news: the first one has shown them all."""
    folders = list(run["folders"])
    shown = folders if run["number"] == 1 else [folder for folder in folders if any(folder["messages"].get(fate, 0) for fate in _NEWS)]
    fates = figures.used_fates(folder["messages"] for folder in shown)
    quiet = len(folders) - len(shown)
    flags = run.get("flags_changed", 0)
    messages, size = count_words(run["messages"].get("source", 0), "message"), size_words(run["bytes"])
    return {
        "number": str(run["number"]),
        "status": STATUS_WORDS.get(run["status"], run["status"]),
        "tone": _TONES.get(run["status"], "quiet"),
        "error": plain(run["error"] or ""),
        "sum": f"{messages}, {size} copied in {duration_words(run['seconds'] or 0)}",
        "flags": f"{count_words(flags, 'message')} with changed flags brought up to date." if flags else "",
        "quiet": f"{count_words(quiet, 'folder')} without news." if quiet else "",
        "columns": [LABELS[fate] for fate in fates],
        "folders": [_folder(folder, fates) for folder in shown],
    }


def _folder(folder: Mapping[str, Any], fates: Sequence[str]) -> dict[str, Any]:
    source, destination = plain(folder["source"]), plain(folder["destination"])
    return {
        "source": source,
        "destination": "" if source == destination else destination,
        "left_out": not destination,
        "note": plain(folder.get("note", "") or ""),
        "cells": _cells(folder["messages"], fates),
    }
