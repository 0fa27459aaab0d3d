"""The client of docs/api.md, as it stands there, against the panel as served, real servers and the worker's own check."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fix_api import token_of
from tests.fix_panel_server import PanelServer
from tests.fix_wizard import WizardCast

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def reached_by_its_number(wizard: WizardCast, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["testserver", "127.0.0.1"])


def _client(directory: Path) -> Path:
    found = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/api.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(found) == 1
    path = directory / "client.py"
    path.write_text(found[0], "utf-8")
    return path


def _run(client: Path, server: PanelServer, token: str, csv: str) -> subprocess.CompletedProcess[str]:
    (client.parent / "accounts.csv").write_text(csv, "utf-8")
    environment = os.environ | {"TRASLOCO_URL": server.address, "TRASLOCO_TOKEN": token, "SOURCE_TLS": "off"}
    command = [sys.executable, str(client), str(client.parent / "accounts.csv")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def checks_go_on(wizard: WizardCast, panel_server: PanelServer) -> Iterator[None]:
    """What a worker does with the drafts there are, until the test is over."""
    over = threading.Event()

    def check_all() -> None:
        from trasloco.engine.logins import HostGates
        from trasloco.jobs.login_checks import check_migration
        from trasloco.records.models import MailMigration

        for pk in list(MailMigration.objects.filter(planned_at=None).values_list("pk", flat=True)):
            asyncio.run(check_migration(pk, None, wizard.ring, HostGates()))

    def go_on() -> None:
        while not over.wait(0.2):
            panel_server.do(check_all)

    thread = threading.Thread(target=go_on)
    thread.start()
    yield
    over.set()
    thread.join(60)


@pytest.mark.usefixtures("checks_go_on")
def test_the_client_brings_a_csv_to_a_planned_migration(wizard: WizardCast, panel_server: PanelServer, tmp_path: Path) -> None:
    from trasloco.records.models import MailMigration

    client, token = _client(tmp_path), panel_server.do(token_of, wizard.alice)
    done = _run(client, panel_server, token, wizard.line(1) + wizard.line(2))
    assert done.returncode == 0, done.stderr + done.stdout
    planned = MailMigration.objects.get(code=done.stdout.split()[1])
    assert planned.planned_at is not None
    assert planned.accounts.count() == 2
    assert [run.number for run in planned.runs.order_by("number")] == [1, 2]


def test_the_client_says_what_is_wrong_in_which_line(wizard: WizardCast, panel_server: PanelServer, tmp_path: Path) -> None:
    from trasloco.records.models import MailMigration

    client, token = _client(tmp_path), panel_server.do(token_of, wizard.alice)
    done = _run(client, panel_server, token, wizard.line(1) + wizard.line(2, "user2@foreign.example"))
    assert done.returncode == 1
    assert "line 2, destination: " in done.stderr
    assert "accounts-not-accepted" in done.stderr
    assert not MailMigration.objects.exists()
