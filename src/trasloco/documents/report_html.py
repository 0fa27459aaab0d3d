"""The report as one page to send to a customer or to print: no script, nothing loaded from anywhere.

The page is a Django template (``pages/report.html``) rendered with automatic
escaping, and is given text only: whatever a server or a CSV wrote stays text. It is in the active language; what
the engine and the servers said stays in their words. Needs Django to be set up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trasloco import __version__
from trasloco.documents import report_figures as figures
from trasloco.documents import spoken
from trasloco.documents.page import render
from trasloco.documents.plain import plain
from trasloco.documents.report_connections import unverified
from trasloco.documents.report_figures import FATE_WORDS, LABELS, STATUS_WORDS, Report
from trasloco.documents.verification_words import verification_words
from trasloco.records.said import said

_TONES = {"completed": "good", "completed_with_errors": "warn", "failed": "bad", "stopped": "warn", "left-out": "warn"}
_MOST_MESSAGES = 200  # of one folder, one by one
_NEWS = ("copied", "moved", "refused", "vanished")


def html_report(report: Report, made_at: datetime | None = None) -> str:
    """The whole document. ``made_at``: shown in the page, default now."""
    total = figures.now(report)
    fates = figures.used_fates(run["messages"] for account in report["accounts"] for run in account["runs"])
    values = {
        "migration": plain(str(report["migration"])),
        "made_at": spoken.moment(made_at or datetime.now(UTC)),
        "version": __version__,
        "tone": "good" if figures.well(report) else "bad",
        "headline": _headline(report, total),
        "tiles": _tiles(report, total),
        "attention": [{"account": plain(item.account), "words": plain(said(item.words))} for item in figures.attention(report)],
        "unread": _unread(report),
        "columns": [said(LABELS[fate]) for fate in fates],
        "rows": [_overview(index, account, run, fates) for index, account in enumerate(report["accounts"], 1) for run in account["runs"]],
        "unverified": [plain(said(words)) for words in unverified(report)],
        "accounts": [_account(index, account) for index, account in enumerate(report["accounts"], 1)],
    }
    return render("report.html", values)


def _headline(report: Report, total: Mapping[str, int]) -> str:
    if not figures.last_runs(report):
        return _("No run yet")
    troubled = len(figures.attention(report))
    if troubled:
        counts = {"n": spoken.figure(troubled), "all": spoken.figure(len(report["accounts"]))}
        return ngettext("%(n)s of %(all)s accounts needs attention", "%(n)s of %(all)s accounts need attention", troubled) % counts
    if not figures.well(report):
        return _("Not finished yet")
    if skipped := total["skipped"]:
        return ngettext(
            "All mail is there but %(n)s message that was left out by a rule",
            "All mail is there but %(n)s messages that were left out by a rule",
            skipped,
        ) % {"n": spoken.figure(skipped)}
    return ngettext(
        "All mail is there: %(n)s message, with its stated fate",
        "All mail is there: %(n)s messages, each with its stated fate",
        total["source"],
    ) % {"n": spoken.figure(total["source"])}


def _unread(report: Report) -> str:
    """What the figures leave out, as nobody has seen it; "" when every account was read to its end."""
    broken_off = sum(run["status"] in ("failed", "stopped", "left-out") for run in figures.last_runs(report))
    if not broken_off:
        return ""
    return ngettext(
        "%(n)s account did not come to its end: mail of it that was not reached is in none of these figures.",
        "%(n)s accounts did not come to their end: mail of them that was not reached is in none of these figures.",
        broken_off,
    ) % {"n": spoken.figure(broken_off)}


def _tiles(report: Report, total: Mapping[str, int]) -> list[dict[str, str]]:
    size = sum(run["bytes"] for account in report["accounts"] for run in account["runs"])
    tiles = [
        {"label": _("Accounts"), "value": spoken.figure(len(report["accounts"]))},
        {"label": _("Messages on the old server"), "value": spoken.figure(total["source"])},
        {"label": _("On the new server"), "value": spoken.figure(figures.arrived(total))},
        {"label": _("Skipped by a rule"), "value": spoken.figure(total["skipped"])},
        {"label": said(LABELS["refused"]), "value": spoken.figure(total["refused"])},
        {"label": said(LABELS["copied"]), "value": spoken.size(size)},
    ]
    if total["vanished"]:
        tiles.insert(5, {"label": said(LABELS["vanished"]), "value": spoken.figure(total["vanished"])})
    return tiles


def _overview(index: int, account: Mapping[str, Any], run: Mapping[str, Any], fates: Sequence[str]) -> dict[str, Any]:
    return {
        "anchor": f"account-{index}",
        "account": plain(str(account["destination"])),
        "run": str(run["number"]),
        "status": said(STATUS_WORDS.get(run["status"], run["status"])),
        "tone": _TONES.get(run["status"], "quiet"),
        "cells": _cells(run["messages"], fates),
        "size": spoken.size(run["bytes"]),
        "time": spoken.duration(run["seconds"] or 0),
    }


def _cells(messages: Mapping[str, int], fates: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"label": said(LABELS[fate]), "value": spoken.figure(messages.get(fate, 0)), "zero": not messages.get(fate, 0)} for fate in fates
    ]


def _account(index: int, account: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "anchor": f"account-{index}",
        "name": plain(str(account["destination"])),
        "source": plain(str(account["source"])),
        "runs": [_run(run) for run in account["runs"]],
        "messages": _messages(account),
        "verification": plain(verification_words(account.get("verification"))),
        "reasons": [
            {**_fate(fate), "folder": plain(folder), "reason": plain(said(reason)), "count": spoken.figure(count)}
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
                    **_fate(figures.fate_words(item)),
                    "size": spoken.size(item["size"]),
                    "reason": plain(said(item["reason"])),
                }
                for item in items[:_MOST_MESSAGES]
            ]
            total = len(items) + folder.get("exceptions_left_out", 0)
            ending = ngettext(
                "and %(n)s more message; trasloco proof lists them all.", "and %(n)s more messages; trasloco proof lists them all.", more
            )
            lists.append(
                {
                    "folder": plain(folder["source"]),
                    "count": spoken.messages(total),
                    "rows": rows,
                    "more": ending % {"n": spoken.figure(more)} if more > 0 else "",
                }
            )
    return lists


def _fate(fate: str) -> dict[str, str]:
    return {"fate": said(FATE_WORDS.get(fate, fate)), "tone": "bad" if fate == "refused" else "warn"}


def _run(run: Mapping[str, Any]) -> dict[str, Any]:
    """A later run lists only the folders that had news: the first one has shown them all."""
    folders = list(run["folders"])
    shown = folders if run["number"] == 1 else [folder for folder in folders if any(folder["messages"].get(fate, 0) for fate in _NEWS)]
    fates = figures.used_fates(folder["messages"] for folder in shown)
    quiet = len(folders) - len(shown)
    flags = run.get("flags_changed", 0)
    messages = run["messages"].get("source", 0)
    facts = {"n": spoken.figure(messages), "size": spoken.size(run["bytes"]), "time": spoken.duration(run["seconds"] or 0)}
    return {
        "number": str(run["number"]),
        "status": said(STATUS_WORDS.get(run["status"], run["status"])),
        "tone": _TONES.get(run["status"], "quiet"),
        "error": plain(said(run["error"] or "")),
        "sum": ngettext("%(n)s message, %(size)s copied in %(time)s", "%(n)s messages, %(size)s copied in %(time)s", messages) % facts,
        "flags": _flags(flags) if flags else "",
        "quiet": ngettext("%(n)s folder without news.", "%(n)s folders without news.", quiet) % {"n": spoken.figure(quiet)}
        if quiet
        else "",
        "columns": [said(LABELS[fate]) for fate in fates],
        "folders": [_folder(folder, fates) for folder in shown],
    }


def _flags(count: int) -> str:
    return ngettext(
        "%(n)s message with changed flags brought up to date.", "%(n)s messages with changed flags brought up to date.", count
    ) % {"n": spoken.figure(count)}


def _folder(folder: Mapping[str, Any], fates: Sequence[str]) -> dict[str, Any]:
    source, destination = plain(folder["source"]), plain(folder["destination"])
    return {
        "source": source,
        "destination": "" if source == destination else destination,
        "left_out": not destination,
        "note": plain(said(folder.get("note", "") or "")),
        "cells": _cells(folder["messages"], fates),
    }
