"""The report for a spreadsheet: one line per account, run and folder.

Semicolons, quotes where needed, UTF-8 with a byte order mark (without it Excel guesses wrong).
Text that a spreadsheet would take for a formula is made text by an apostrophe: folder names and
servers' words are written by strangers.
"""

from __future__ import annotations

import csv
import io

from trasloco.project.report_figures import FATES, Report

COLUMNS = (
    *("migration", "source", "destination", "run", "status", "error", "seconds", "bytes"),
    *("folder_source", "folder_destination", "messages", *FATES, "note"),
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_report(report: Report) -> bytes:
    """The whole file. A run without folders (its login failed) has one line with empty folder fields."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for account in report["accounts"]:
        for run in account["runs"]:
            head = [
                *(_text(report["migration"]), _text(account["source"]), _text(account["destination"])),
                *(run["number"], run["status"], _text(run["error"] or ""), run["seconds"], run["bytes"]),
            ]
            for folder in run["folders"] or [{"source": "", "destination": "", "messages": run["messages"]}]:
                counts = [folder["messages"].get(name, 0) for name in ("source", *FATES)]
                writer.writerow([*head, _text(folder["source"]), _text(folder["destination"]), *counts, _text(folder.get("note", ""))])
    return text.getvalue().encode("utf-8-sig", "replace")


def _text(value: object) -> str:
    words = str(value)
    return "'" + words if words.lstrip(" ").startswith(_FORMULA_STARTS) else words
