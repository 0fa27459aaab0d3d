"""A name whose answer changes between the check and the use of it, against a name server that plays along."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.security.conftest import Door
from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.ready_cluster import ReadyCluster
from trasloco.testing.zone import Zone

COMMAND = Path(sys.executable).with_name("trasloco")
INSIDE = "127.9.9.9"
NAME = "rebinding.example"


@pytest.fixture
def inside(dovecot_source: Dovecot) -> Iterator[Door]:
    """The old server's port on an address that is not allowed."""
    with Door(INSIDE, dovecot_source.port) as found:
        yield found
    assert found.callers == []


@pytest.fixture
def trasloco(
    tmp_path: Path, dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str, inside: Door, ready_cluster: ReadyCluster
) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """``trasloco("migrate", "--runs", "2")`` for one mailbox of ``NAME``, whose address 127.0.0.1 is allowed."""
    assert dovecot_destination.master is not None
    master, password = dovecot_destination.master
    secret = tmp_path / "master.txt"
    secret.touch(mode=0o600)
    secret.write_text(f"{password}\n", "utf-8")
    file = tmp_path / "accounts.csv"
    quoted = dovecot_source.password.replace('"', '""')
    file.write_text(f'{user};{NAME}:{dovecot_source.port};{user};"{quoted}"\n', "utf-8")
    where = f"imap://{dovecot_destination.host}:{dovecot_destination.port}"
    options = ["--destination", where, "--destination-master", master, "--destination-master-password-file", str(secret), "--tls", "off"]

    def run(command: str, *more: str) -> subprocess.CompletedProcess[str]:
        surroundings = os.environ | {"TRASLOCO_STATE_DIR": str(tmp_path / "state"), "NO_COLOR": "1"}
        words = [str(COMMAND), command, str(file), *options, "--allow-addresses", "127.0.0.1", *more]
        return subprocess.run(words, env=surroundings, capture_output=True, text=True, timeout=240, check=False)

    ready_cluster.lay(tmp_path / "state")
    yield run
    EmbeddedPostgres(tmp_path / "state").remove()


def answering(zone: Callable[..., Zone], *addresses: str) -> Zone:
    """One address after the other, the last one ever after."""
    answers = itertools.chain(addresses, itertools.repeat(addresses[-1]))
    served: Zone = zone({(NAME, "A"): lambda: [next(answers)]})
    return served


def runs(report: Path) -> Sequence[dict[str, Any]]:
    found: Sequence[dict[str, Any]] = json.loads(report.read_text("utf-8"))["accounts"][0]["runs"]
    return found


def test_the_address_that_was_checked_is_the_one_that_is_used_in_both_runs(
    trasloco: Callable[..., subprocess.CompletedProcess[str]], zone: Callable[..., Zone], tmp_path: Path
) -> None:
    served = answering(zone, "127.0.0.1", INSIDE)
    done = trasloco("migrate", "--runs", "2", "--report", str(tmp_path / "report.json"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert [run["status"] for run in runs(tmp_path / "report.json")] == ["completed", "completed"]
    assert served.asked.count((NAME, "A")) == 1


def test_one_check_asks_once(trasloco: Callable[..., subprocess.CompletedProcess[str]], zone: Callable[..., Zone]) -> None:
    served = answering(zone, "127.0.0.1", INSIDE)
    done = trasloco("check")
    assert "Source: 1 of 1 login works" in done.stdout, done.stdout
    assert served.asked.count((NAME, "A")) == 1


def test_what_was_right_when_it_was_checked_is_checked_again_when_it_is_used(
    trasloco: Callable[..., subprocess.CompletedProcess[str]], zone: Callable[..., Zone], tmp_path: Path
) -> None:
    answering(zone, "127.0.0.1", INSIDE)
    assert "Source: 1 of 1 login works" in trasloco("check").stdout
    done = trasloco("migrate", "--report", str(tmp_path / "report.json"))
    assert done.returncode == 1
    (run,) = runs(tmp_path / "report.json")
    assert run["status"] == "failed"
    assert f"it was not contacted (its address is {INSIDE})" in run["error"]


def test_an_answer_with_both_is_not_taken_apart(
    trasloco: Callable[..., subprocess.CompletedProcess[str]], zone: Callable[..., Zone]
) -> None:
    zone({(NAME, "A"): ["127.0.0.1", INSIDE]})
    done = trasloco("check")
    assert f"it was not contacted (its address is {INSIDE})" in done.stdout
    assert "Write the IP address of the server that is meant instead of its name" in done.stdout
