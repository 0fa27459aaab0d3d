"""The JSON report of a stored migration, with the reasons of what was skipped or refused.

To the document of ``records.queries.report`` each account gets ``exceptions``: a list of
``{"folder", "fate", "reason", "count", "uids"}``, grouped by folder and reason; ``uids`` are the
first few, on the source. Import it inside ``project.database.prepare()``, as Django has to be set up.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from trasloco.imap.utf7 import decode_name
from trasloco.records import queries


def report_document(code: str) -> dict[str, Any] | None:
    """The whole document, None when there is no such migration."""
    report = queries.report(code)
    if report is None:
        return None
    listed: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for item in queries.exceptions(code):
        listed[item.destination].append(
            {
                "folder": decode_name(item.folder),
                "fate": item.fate.value,
                "reason": item.reason,
                "count": item.count,
                "uids": list(item.uids),
            }
        )
    for account in report["accounts"]:
        account["exceptions"] = listed[account["destination"]]
    return report
