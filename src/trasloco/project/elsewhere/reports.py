"""``trasloco report --server``: the migrations of another Trasloco, and the report of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from trasloco.documents.plain import plain
from trasloco.documents.report_figures import STATUS_WORDS, Report, well
from trasloco.project.elsewhere.asking import asked, place
from trasloco.project.exit_codes import ExitCode
from trasloco.project.report_text import show_report
from trasloco.project.screen import say, table

_STAGES = {"draft": "a draft", "planned": "planned"}


def list_there(values: Mapping[str, Any]) -> int:
    """values: click's parameters by name."""
    with asked(values) as client:
        found = list(client.pages("/migrations"))
    if not found:
        say("There is no migration yet that this token may see. trasloco migrate --server begins one.")
        return ExitCode.OK
    table("", ["Code", "Begun", "Accounts", "Destination", "Runs"], [_row(item) for item in found], numbers=["Accounts"])
    return ExitCode.OK


def report_there(code: str, form: str | None, values: Mapping[str, Any]) -> tuple[bytes, int]:
    """The file in the form that is asked for, and the exit status. form: json, csv or html; None: it is shown, and there is no file."""
    with asked(values) as client:
        found: Report = client.get(place(code, "report"))
        data = client.content(place(code, "report"), form=form) if form else b""
    if form is None:
        show_report(found)
    return data, ExitCode.OK if well(found) else ExitCode.SOMETHING_FAILED


def _row(item: Mapping[str, Any]) -> list[str]:
    begun = [run for run in item["runs"] if run["status"] != "planned"]
    runs = ", ".join(f"{run['number']}: {STATUS_WORDS.get(run['status'], run['status'])}" for run in begun)
    return [
        item["code"],
        datetime.fromisoformat(item["created_at"]).astimezone().strftime("%Y-%m-%d %H:%M"),
        f"{item['accounts']:,}",
        plain(item["destination"] or ""),
        runs or _STAGES.get(item["stage"], "none yet"),
    ]
