"""``trasloco status``: as text, as JSON, and by its exit status."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from trasloco.project.database import Database
from trasloco.records.key_ring import KeyRing

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("clean_database")


def asked(database: Database, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DATABASE_URL": database.conninfo}
    return subprocess.run(
        [sys.executable, "-m", "trasloco.project.cli", "status", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=False,
    )


def test_without_a_worker_it_is_said_first_and_the_status_is_1(clean_database: Database) -> None:
    found = asked(clean_database)
    assert found.returncode == 1
    assert found.stdout.startswith("No worker is alive.\n  Nothing is moved, checked or mailed until one is.")
    assert found.stderr == ""


async def test_with_a_worker_all_is_well_and_the_status_is_0(clean_database: Database) -> None:
    import asyncio

    from trasloco import __version__
    from trasloco.jobs.presence import Presence
    from trasloco.jobs.registration import About

    async with Presence(clean_database.conninfo, About("mail1", 77, __version__, 20, ("transfers", "errands"))):
        found = await asyncio.to_thread(asked, clean_database)
    assert found.returncode == 0, found.stderr
    assert found.stdout.rstrip().endswith("All is well.")
    assert (
        "machine: mail1 · process: 77 · state: working · in hand: 0 of 20 accounts, 0 errands · queues: transfers, errands" in found.stdout
    )


def example() -> Any:
    """A standing in which everything there is has a line."""
    from trasloco.records.host_lines import HostLine
    from trasloco.records.queue_lines import QueueLine
    from trasloco.records.standing import Standing
    from trasloco.records.throughput import Throughput
    from trasloco.records.wait_lines import WaitLine, WaitReason
    from trasloco.records.workers import WorkerLine, Workers, WorkerState

    now = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
    worker = WorkerLine(1, "mail1", 7, "1.0", 20, ("transfers",), now, now, None, 2.0, WorkerState.WORKING, transfers=3, errands=0)
    return Standing(
        at=now,
        workers=Workers((worker,), 1),
        queues=(QueueLine("transfers", 2, 3.0, 3, 1, 20),),
        hosts=(HostLine("imap.old.example", "source", 3, "connections", 10, 10, 40, "NO \x1b[31mtoo many", now, 65536.0),),
        throughput=Throughput(6000, 300_000_000, 4, 300.0),
        waits=(WaitLine(WaitReason.SOURCE, "imap.old.example", 40, 90.0, None), WaitLine(WaitReason.RETRY, "login-refused", 1, None, now)),
        runs=2,
        busy=3,
        waiting=41,
    )


def test_the_text_has_every_part_with_its_units_and_lets_no_server_colour_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    from trasloco.project.screen import screen
    from trasloco.project.standing_text import show_standing
    from trasloco.records.troubles import troubles

    screen.cache_clear()
    found = example()
    show_standing(found, troubles(found))
    shown = capsys.readouterr().out
    screen.cache_clear()
    assert (
        "2 runs under way: 3 accounts being moved, 41 waiting. In the last 5 minutes: 1,200 messages a minute, 977 KiB a second." in shown
    )
    assert "in use: 10 of 10 connections · accounts waiting: 40" in shown
    assert "accounts: 40 · they wait: For a free connection to imap.old.example · how long: 1 min 30 s" in shown
    assert "For another try, which comes by itself: Wrong login or password" in shown
    assert "\x1b" not in shown


def test_long_tables_are_cut_and_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    from dataclasses import replace

    from trasloco.project.screen import screen
    from trasloco.project.standing_text import show_standing

    screen.cache_clear()
    found = example()
    show_standing(replace(found, hosts=found.hosts * 25), [])
    shown = capsys.readouterr().out
    screen.cache_clear()
    assert shown.count("imap.old.example · side: source") == 20
    assert "and 5 more; --json has all" in shown


def test_the_json_has_the_names_of_the_manual(clean_database: Database, ring: KeyRing) -> None:
    from trasloco.project.standing_json import standing_json
    from trasloco.records.troubles import troubles

    found = example()
    told = standing_json(found, troubles(found))
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    documented = set(re.findall(r"`([a-z_]+)`", page[page.index("## As JSON") :]))
    assert names(told) - documented == set()
    assert json.loads(json.dumps(told)) == told
    assert json.loads(asked(clean_database, "--json").stdout).keys() == told.keys()


def names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*(names(item) for item in value.values()))
    return set().union(*(names(item) for item in value)) if isinstance(value, list) else set()
