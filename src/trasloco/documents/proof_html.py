"""The one page of a proof, for the customer: the sums, the folders, what is not there as it was, how to check.

A Django template (``pages/proof.html``) rendered with automatic escaping, and given text
only. No script, nothing loaded from anywhere. The page itself is not sealed: it names the seal of the files
that are.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from trasloco.documents.page import render
from trasloco.documents.plain import plain
from trasloco.documents.report_figures import FATES, LABELS, STATUS_WORDS, arrived
from trasloco.documents.units import count_words, size_words
from trasloco.documents.verification_words import verification_words
from trasloco.imap.utf7 import decode_name
from trasloco.records.proof_format import Seal, fingerprint
from trasloco.records.queries import LeftBehind

_MOST_FOLDERS = 300
_MOST_REASONS = 100


def proof_page(head: Mapping[str, Any], seal: Seal, reasons: Sequence[LeftBehind], files: tuple[str, str]) -> str:
    """The whole document. reasons: of this account. files: names of the CSV and the JSON it belongs to."""
    counts = head["counts"]
    shown = [fate for fate in FATES if counts.get(fate)]
    behind = counts["source"] - arrived(counts) + sum(item["messages"] for item in head["only_counted"])
    values = {
        "migration": plain(head["migration"]),
        "address": plain(head["destination"]["address"]),
        "source": plain(f"{head['source']['login']} on {head['source']['host']}"),
        "destination": plain(f"{head['destination']['address']} on {head['destination']['host']}"),
        "made_at": _time(head["made_at"]),
        "headline": _headline(counts, behind, finished=not _unfinished(head)),
        "tone": "bad" if _unfinished(head) else "warn" if counts.get("refused") else "good",
        "unfinished": _unfinished(head),
        "tiles": _tiles(head, counts),
        "runs": [_run(run) for run in head["runs"]],
        "verification": plain(verification_words(head["verification"])),
        "columns": [LABELS[fate] for fate in shown],
        "folders": [_folder(folder, shown) for folder in head["folders"][:_MOST_FOLDERS]],
        "more_folders": _more(len(head["folders"]) - _MOST_FOLDERS, "folder"),
        "reasons": [_reason(item) for item in reasons[:_MOST_REASONS]],
        "more_reasons": _more(len(reasons) - _MOST_REASONS, "line"),
        "only_counted": [
            {"folder": plain(item["source"]), "count": f"{item['messages']:,}", "note": plain(item["note"])}
            for item in head["only_counted"]
        ],
        "files": [plain(name) for name in files],
        "rows": f"{seal.rows:,}",
        "last": seal.last,
        "fingerprint": fingerprint(seal.public_key),
        "signature": base64.b64encode(seal.signature).decode("ascii"),
        "was_there": LABELS["adopted"],
        "version": plain(head["trasloco"]),
    }
    return render("proof.html", values)


def _headline(counts: Mapping[str, int], behind: int, *, finished: bool) -> str:
    there = count_words(arrived(counts), "message")
    verb = "is" if arrived(counts) == 1 else "are"
    if not finished:
        return f"Not complete yet: {there} {verb} on the new server"
    if not behind:
        return f"All mail is there: {there}"
    return f"{there} {verb} on the new server, {behind:,} stayed behind for a stated reason"


def _unfinished(head: Mapping[str, Any]) -> str:
    """Why this is not the last word, "" when the latest run ended well or with single messages refused."""
    if not head["runs"]:
        return "No run has been made yet."
    last = head["runs"][-1]
    if last["status"] in ("completed", "completed_with_errors"):
        return ""
    words = f" {plain(last['error'])}" if last["error"] else ""
    return f"The latest run is not complete: {STATUS_WORDS.get(last['status'], last['status'])}.{words}"


def _tiles(head: Mapping[str, Any], counts: Mapping[str, int]) -> list[dict[str, str]]:
    size = sum(head["bytes"].get(fate, 0) for fate in ("copied", "adopted", "moved"))
    tiles = [("Source messages", f"{counts['source']:,}"), ("On the new server", f"{arrived(counts):,}"), ("Size", size_words(size))]
    tiles += [(LABELS[fate], f"{counts[fate]:,}") for fate in ("skipped", "refused", "vanished") if counts.get(fate)]
    return [{"label": label, "value": value} for label, value in tiles]


def _run(run: Mapping[str, Any]) -> dict[str, str]:
    return {
        "number": str(run["number"]),
        "status": STATUS_WORDS.get(run["status"], run["status"]),
        "started": _time(run["started_at"]),
        "ended": _time(run["ended_at"]),
    }


def _folder(folder: Mapping[str, Any], shown: Sequence[str]) -> dict[str, Any]:
    source, destination = plain(folder["source"]), plain(folder["destination"])
    cells = [
        {"label": LABELS[fate], "value": f"{folder['counts'].get(fate, 0):,}", "zero": not folder["counts"].get(fate)} for fate in shown
    ]
    return {
        "source": source,
        "destination": "" if source == destination else destination,
        "left_out": not destination,
        "note": plain(folder["note"] or ""),
        "total": f"{folder['counts']['source']:,}",
        "cells": cells,
    }


def _reason(item: LeftBehind) -> dict[str, str]:
    fate = "repaired" if item.fate.value == "copied" else item.fate.value
    uids = ", ".join(str(uid) for uid in item.uids)
    more = ", …" if item.count > len(item.uids) else ""
    tone = "bad" if fate == "refused" else "warn"
    folder = plain(decode_name(item.folder))
    return {
        "fate": fate,
        "tone": tone,
        "folder": folder,
        "reason": plain(item.reason),
        "count": f"{item.count:,}",
        "uids": f"UID {uids}{more}",
    }


def _more(count: int, noun: str) -> str:
    return f"and {count_words(count, f'more {noun}')}, in the files." if count > 0 else ""


def _time(text: str | None) -> str:
    if text is None:
        return "not yet"
    return datetime.fromisoformat(text).strftime("%d %B %Y, %H:%M UTC").lstrip("0")
