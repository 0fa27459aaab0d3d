"""The JSON report of a stored migration, with the reasons of what is not on the destination as it was.

To the document of ``records.queries.report`` each account gets ``exceptions``: a list of
``{"folder", "fate", "reason", "count", "uids"}``, grouped by folder and reason; ``uids`` are the
first few, on the source. And each folder of a run gets its own ``exceptions``, one for every message:
``{"uid", "fate", "size", "reason"}``, with ``exceptions_left_out`` saying how many more there are. A fate
"copied" stands there when the message had to be repaired. The latest run that saw the folder lists all
that hold now; an earlier one those it gave and no later one gave anew. ``verification``: what the newest
one found, None before any.

Import it inside ``project.database.prepare()``, as Django has to be set up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from trasloco.imap.utf7 import decode_name
from trasloco.records import queries
from trasloco.records.message_exceptions import FolderExceptions, MessageException, folder_exceptions
from trasloco.records.verification import newest_verifications


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
    found = {(item.destination, decode_name(item.folder)): item for item in folder_exceptions(code)}
    migration = queries.migration(code)
    verified = newest_verifications(migration) if migration is not None else {}
    for account in report["accounts"]:
        account["exceptions"] = listed[account["destination"]]
        account["verification"] = verified.get(account["destination"])
        _list_messages(account, found)
    return report


def _list_messages(account: dict[str, Any], found: dict[tuple[str, str], FolderExceptions]) -> None:
    """Each folder's own list, the latest run first."""
    seen: set[str] = set()
    for run in reversed(account["runs"]):
        for folder in run["folders"]:
            item = found.get((account["destination"], folder["source"]))
            latest = folder["source"] not in seen
            seen.add(folder["source"])
            if item is None:
                folder["exceptions"], folder["exceptions_left_out"] = [], 0
                continue
            messages = [message for message in item.messages if latest or message.run == run["number"]]
            total = sum(item.by_run.values()) if latest else item.by_run.get(run["number"], 0)
            folder["exceptions"] = message_lines(messages)
            folder["exceptions_left_out"] = total - len(messages)


def message_lines(messages: Iterable[MessageException]) -> list[dict[str, Any]]:
    """Messages as they stand in the document."""
    return [{"uid": item.uid, "fate": item.fate.value, "size": item.size, "reason": item.reason} for item in messages]
