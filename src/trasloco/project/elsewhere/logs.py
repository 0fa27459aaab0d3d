"""``trasloco log --server``: what happened to one account, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from trasloco.client.api_client import ApiClient
from trasloco.documents.plain import plain
from trasloco.project.elsewhere.asking import account_of, asked, place
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.report_file import refuse_unwritable, write_file
from trasloco.project.screen import say


def log_there(code: str, address: str, values: Mapping[str, Any]) -> int:
    """values: click's parameters by name. The exit status."""
    refuse_unwritable(values["output"])
    with asked(values) as client:
        account = account_of(client, code, address)
        number = values["run"] or max(map(int, account["states"]), default=0)
        if not number:
            raise Halt(f"{plain(address)} has no run yet, so there is no log of it.")
        lines = _lines(client, place(code, "accounts", account["id"], "runs", number, "log"), problems=values["problems"])
        if not values["output"]:
            for line in lines:
                say(line)
            return ExitCode.OK
        text = "".join(f"{line}\n" for line in lines)
    write_file(values["output"], text.encode("utf-8", "replace"))
    say(f"The log is in {values['output']}.")
    return ExitCode.OK


def _lines(client: ApiClient, path: str, *, problems: bool) -> Iterator[str]:
    for entry in client.pages(path, level="problems" if problems else ""):
        at = datetime.fromisoformat(entry["at"]).astimezone()
        yield f"{at:%Y-%m-%d %H:%M:%S} {entry['level'].upper():7} {plain(entry['words'])}"  # which name folder and message
