from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest

from tests.project.conftest import Command
from trasloco.project.exit_codes import ExitCode
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import MailboxFiller


@pytest.fixture
def code(command: Command, dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]) -> str:
    """The code of a migration of one account, with a folder left out and a message too large."""
    login = fresh_user()
    with MailboxFiller(dovecot_source.host, dovecot_source.port, login, dovecot_source.password) as filler:
        filler.fill(Letters(login), 20, (("INBOX",), ("<b>Büro",), ("Papierkorb",)))
    file = command.csv([[f"{login}.net", f"{dovecot_source.host}:{dovecot_source.port}", login, dovecot_source.password]])
    report = command.directory / "first.json"
    done = command("migrate", file, *command.destination(dovecot_destination), "--max-size", "4K", "--report", report)
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    found: str = json.loads(report.read_text("utf-8"))["migration"]
    return found


def test_all_forms(command: Command, code: str) -> None:
    listed = command("report")
    assert listed.returncode == 0
    assert code in listed.stdout

    shown = command("report", code.upper())
    assert shown.returncode == 0
    assert "20 source messages in 1 account" in shown.stdout

    report = json.loads(command("report", code, "--json").stdout)
    assert report == json.loads((command.directory / "first.json").read_text("utf-8"))
    (account,) = report["accounts"]
    (run,) = account["runs"]
    assert run["messages"]["source"] == 20 == sum(count for fate, count in run["messages"].items() if fate != "source")
    assert any("larger" in item["reason"] or "size" in item["reason"] for item in account["exceptions"])

    rows = list(csv.DictReader(io.StringIO(command("report", code, "--csv").stdout.removeprefix("\ufeff")), delimiter=";"))
    assert sum(int(row["messages"]) for row in rows) == 20

    page = command.directory / "report.html"
    assert command("report", code, "--html", "--output", page).returncode == 0
    assert "&lt;b&gt;Büro" in page.read_text("utf-8")
    assert "<b>Büro" not in page.read_text("utf-8")


def test_an_unknown_code(command: Command) -> None:
    done = command("report", "nosuchcode", "--json")
    assert done.returncode == ExitCode.USAGE
    assert done.stdout == ""
    assert "There is no migration nosuchcode" in done.stderr
