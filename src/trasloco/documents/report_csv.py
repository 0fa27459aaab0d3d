"""The report for a spreadsheet: one line per account, run and folder, and one for every message that is not
on the destination as it was (its counts are 0, so that sums stay right).

Semicolons, quotes where needed, UTF-8 with a byte order mark (without it Excel guesses wrong).
Text that a spreadsheet would take for a formula is made text by an apostrophe: folder names and
servers' words are written by strangers.
"""

from __future__ import annotations

import csv
import io

from trasloco.documents.report_figures import FATES, Report, fate_words
from trasloco.documents.units import count_words
from trasloco.plan.formula import guarded

COLUMNS = (
    *("migration", "source", "destination", "run", "status", "error", "seconds", "bytes"),
    *("folder_source", "folder_destination", "messages", *FATES, "note"),
    *("message_uid", "message_fate", "message_size", "message_reason"),
)
_MESSAGE_FIELDS = 4


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
                names = [_text(folder["source"]), _text(folder["destination"])]
                writer.writerow([*head, *names, *counts, _text(folder.get("note", "")), *[""] * _MESSAGE_FIELDS])
                for item in folder.get("exceptions", ()):
                    message = [item["uid"], fate_words(item), item["size"], _text(item["reason"])]
                    writer.writerow([*head, *names, *[0] * len(counts), "", *message])
                if left_out := folder.get("exceptions_left_out", 0):
                    words = f"and {count_words(left_out, 'more message')}, not listed here: trasloco proof lists them all"
                    writer.writerow([*head, *names, *[0] * len(counts), "", "", "", "", words])
    return text.getvalue().encode("utf-8-sig", "replace")


def _text(value: object) -> str:
    return guarded(str(value))
