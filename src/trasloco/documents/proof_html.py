"""The one page of a proof, for the customer: the sums, the folders, what is not there as it was, how to check.

A Django template (``pages/proof.html``) rendered with automatic escaping, and given text
only. No script, nothing loaded from anywhere. The page itself is not sealed: it names the seal of the files
that are. It is in the active language; what servers said stays in their words.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trasloco.documents import spoken
from trasloco.documents.page import render
from trasloco.documents.plain import plain
from trasloco.documents.report_figures import FATE_WORDS, FATES, LABELS, STATUS_WORDS, arrived
from trasloco.documents.verification_words import verification_words
from trasloco.imap.utf7 import decode_name
from trasloco.records.proof_format import Seal, fingerprint
from trasloco.records.queries import LeftBehind
from trasloco.records.said import said

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
        "source": _("%(who)s on %(host)s") % {"who": plain(head["source"]["login"]), "host": plain(head["source"]["host"])},
        "destination": _("%(who)s on %(host)s")
        % {"who": plain(head["destination"]["address"]), "host": plain(head["destination"]["host"])},
        "made_at": _time(head["made_at"]),
        "headline": _headline(counts, behind, finished=not _unfinished(head)),
        "tone": "bad" if _unfinished(head) else "warn" if counts.get("refused") else "good",
        "unfinished": _unfinished(head),
        "tiles": _tiles(head, counts),
        "runs": [_run(run) for run in head["runs"]],
        "verification": plain(verification_words(head["verification"])),
        "columns": [said(LABELS[fate]) for fate in shown],
        "folders": [_folder(folder, shown) for folder in head["folders"][:_MOST_FOLDERS]],
        "more_folders": _more_folders(len(head["folders"]) - _MOST_FOLDERS),
        "reasons": [_reason(item) for item in reasons[:_MOST_REASONS]],
        "more_reasons": _more_reasons(len(reasons) - _MOST_REASONS),
        "only_counted": [
            {"folder": plain(item["source"]), "count": spoken.figure(item["messages"]), "note": plain(said(item["note"]))}
            for item in head["only_counted"]
        ],
        "files": [plain(name) for name in files],
        "rows": spoken.figure(seal.rows),
        "last": seal.last,
        "fingerprint": fingerprint(seal.public_key),
        "signature": base64.b64encode(seal.signature).decode("ascii"),
        "was_there": said(LABELS["adopted"]),
        "version": plain(head["trasloco"]),
    }
    return render("proof.html", values)


def _headline(counts: Mapping[str, int], behind: int, *, finished: bool) -> str:
    there = arrived(counts)
    if not finished:
        pattern = ngettext(
            "Not complete yet: %(n)s message is on the new server", "Not complete yet: %(n)s messages are on the new server", there
        )
    elif not behind:
        pattern = ngettext("All mail is there: %(n)s message", "All mail is there: %(n)s messages", there)
    else:
        pattern = ngettext(
            "%(n)s message is on the new server, %(behind)s stayed behind for a stated reason",
            "%(n)s messages are on the new server, %(behind)s stayed behind for a stated reason",
            there,
        )
    return pattern % {"n": spoken.figure(there), "behind": spoken.figure(behind)}


def _unfinished(head: Mapping[str, Any]) -> str:
    """Why this is not the last word, "" when the latest run ended well or with single messages refused."""
    if not head["runs"]:
        return _("No run has been made yet.")
    last = head["runs"][-1]
    if last["status"] in ("completed", "completed_with_errors"):
        return ""
    words = f" {plain(said(last['error']))}" if last["error"] else ""
    status = said(STATUS_WORDS.get(last["status"], last["status"]))
    return _("The latest run is not complete: %(status)s.") % {"status": status} + words


def _tiles(head: Mapping[str, Any], counts: Mapping[str, int]) -> list[dict[str, str]]:
    size = sum(head["bytes"].get(fate, 0) for fate in ("copied", "adopted", "moved"))
    tiles = [
        (_("Messages on the old server"), spoken.figure(counts["source"])),
        (_("On the new server"), spoken.figure(arrived(counts))),
        (_("Size"), spoken.size(size)),
    ]
    tiles += [(said(LABELS[fate]), spoken.figure(counts[fate])) for fate in ("skipped", "refused", "vanished") if counts.get(fate)]
    return [{"label": label, "value": value} for label, value in tiles]


def _run(run: Mapping[str, Any]) -> dict[str, str]:
    return {
        "number": str(run["number"]),
        "status": said(STATUS_WORDS.get(run["status"], run["status"])),
        "started": _time(run["started_at"]),
        "ended": _time(run["ended_at"]),
    }


def _folder(folder: Mapping[str, Any], shown: Sequence[str]) -> dict[str, Any]:
    source, destination = plain(folder["source"]), plain(folder["destination"])
    counts = [(fate, folder["counts"].get(fate, 0)) for fate in shown]
    cells = [{"label": said(LABELS[fate]), "value": spoken.figure(count), "zero": not count} for fate, count in counts]
    return {
        "source": source,
        "destination": "" if source == destination else destination,
        "left_out": not destination,
        "note": plain(said(folder["note"] or "")),
        "total": spoken.figure(folder["counts"]["source"]),
        "cells": cells,
    }


def _reason(item: LeftBehind) -> dict[str, str]:
    fate = "repaired" if item.fate.value == "copied" else item.fate.value
    uids = ", ".join(str(uid) for uid in item.uids)
    more = ", …" if item.count > len(item.uids) else ""
    tone = "bad" if fate == "refused" else "warn"
    folder = plain(decode_name(item.folder))
    return {
        "fate": said(FATE_WORDS.get(fate, fate)),
        "tone": tone,
        "folder": folder,
        "reason": plain(said(item.reason)),
        "count": spoken.figure(item.count),
        "uids": f"UID {uids}{more}",
    }


def _more_folders(count: int) -> str:
    if count <= 0:
        return ""
    return ngettext("and %(n)s more folder, in the files.", "and %(n)s more folders, in the files.", count) % {"n": spoken.figure(count)}


def _more_reasons(count: int) -> str:
    if count <= 0:
        return ""
    return ngettext("and %(n)s more line, in the files.", "and %(n)s more lines, in the files.", count) % {"n": spoken.figure(count)}


def _time(text: str | None) -> str:
    return _("not yet") if text is None else spoken.moment(text)
