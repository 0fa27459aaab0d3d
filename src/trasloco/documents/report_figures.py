"""The report as values between the JSON document and its renderings: sums, labels, what needs a person.

The JSON document (``trasloco report --json``, ``--report``) is a dict in the shape that README.md
names; here it is only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trasloco.sentence import sentence as _

Report = Mapping[str, Any]

FATES = ("copied", "adopted", "moved", "skipped", "refused", "vanished")
LABELS = {
    "source": _("Messages"),
    "copied": _("Copied"),
    "adopted": _("Was there"),
    "moved": _("Moved"),
    "skipped": _("Skipped"),
    "refused": _("Refused"),
    "vanished": _("Vanished"),
}
STATUS_WORDS = {
    "completed": _("completed"),
    "completed_with_errors": _("with errors"),
    "failed": _("failed"),
    "stopped": _("stopped"),
    "running": _("running"),
    "waiting": _("waiting"),
    "admitted": _("waiting"),
    "left-out": _("left out"),
}

FATE_WORDS = {
    "repaired": _("repaired"),
    "skipped": _("skipped"),
    "refused": _("refused"),
    "vanished": _("vanished"),
}
"""Of one message that is not there as it was."""

_CAME_TO_ITS_END = frozenset({"completed", "completed_with_errors"})


@dataclass(frozen=True, slots=True)
class Attention:
    """One account that a person has to look at, and why."""

    account: str
    run: int
    words: str


def sum_of(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The fates of several parts together, ``source`` included."""
    total = dict.fromkeys(("source", *FATES), 0)
    for part in parts:
        for name in total:
            total[name] += part.get(name, 0)
    return total


def last_runs(report: Report) -> list[Mapping[str, Any]]:
    """The latest run of each account that has one."""
    return [account["runs"][-1] for account in report["accounts"] if account["runs"]]


def now(report: Report) -> dict[str, int]:
    """Where all messages are after the latest run of each account."""
    return sum_of(_standing(account) for account in report["accounts"] if account["runs"])


def _standing(account: Mapping[str, Any]) -> Mapping[str, int]:
    """Where the messages of one account are. A run that did not come to its end has seen some of them
    or none: then what all runs together know."""
    run: Mapping[str, Any] = account["runs"][-1]
    messages: Mapping[str, int] = run["messages"]
    return messages if run["status"] in _CAME_TO_ITS_END else account.get("messages", messages)


def arrived(messages: Mapping[str, int]) -> int:
    """Messages that are on the destination: brought by this run or there already."""
    return messages.get("copied", 0) + messages.get("adopted", 0) + messages.get("moved", 0)


def name_of(account: Mapping[str, Any]) -> str:
    """An account as people know it: its new address, and its old login when that is another."""
    source, destination = str(account["source"]), str(account["destination"])
    return destination if source.casefold() == destination.casefold() else f"{source} → {destination}"


def attention(report: Report) -> list[Attention]:
    """Accounts whose latest run failed, was stopped, or had a message refused; in the report's order."""
    found = []
    for account in report["accounts"]:
        if not account["runs"]:
            continue
        run = account["runs"][-1]
        refused = run["messages"].get("refused", 0)
        if run["error"]:
            found.append(Attention(name_of(account), run["number"], run["error"]))
        elif run["status"] in ("failed", "left-out"):
            found.append(Attention(name_of(account), run["number"], _("failed; the account's log says more")))
        elif refused:
            found.append(
                Attention(
                    name_of(account), run["number"], _("%(count)s refused by a server, listed with its words in the report", count=refused)
                )
            )
        elif run["status"] == "completed_with_errors":
            found.append(Attention(name_of(account), run["number"], _("completed with errors; the report's folders say which")))
    return found


def well(report: Report) -> bool:
    """Did every account complete, with nothing refused, in its latest run?"""
    return all(run["status"] == "completed" and not run["messages"].get("refused", 0) for run in last_runs(report))


def used_fates(parts: Iterable[Mapping[str, int]]) -> list[str]:
    """The columns worth showing: ``source`` and ``copied`` always, the others when they are not all zero."""
    total = sum_of(parts)
    return ["source", "copied", *(fate for fate in FATES[1:] if total[fate])]


def fate_words(item: Mapping[str, Any]) -> str:
    """The fate of one of the exceptions: what is on the destination and yet listed was repaired."""
    return "repaired" if item["fate"] in ("copied", "adopted", "moved") else str(item["fate"])


def reasons(account: Mapping[str, Any]) -> list[tuple[str, str, str, int]]:
    """Why messages and folders of the account were left out: (fate, folder, reason, how many), latest run that saw folders.

    Folders left out by a rule carry it as their ``note``; single messages are listed under ``exceptions``.
    """
    counted: dict[tuple[str, str, str], int] = {}
    noted: set[tuple[str, str, str]] = set()
    folders = next((run["folders"] for run in reversed(account["runs"]) if run["folders"]), ())
    for folder in folders:
        if not folder["destination"] and folder.get("note"):
            key = ("skipped", folder["source"], folder["note"])
            counted[key] = folder["messages"].get("skipped", 0)
            noted.add(key)
    for item in account.get("exceptions", ()):
        key = (fate_words(item), item["folder"], item["reason"])
        if key not in noted:
            counted[key] = counted.get(key, 0) + item.get("count", 1)
    return [(*key, count) for key, count in counted.items()]
