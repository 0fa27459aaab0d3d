"""The service as a watcher sees it: probes and ``trasloco status`` beside real processes that come, drain, freeze and die."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.conftest import kill, processes, wait_until
from trasloco.testing.fleet import Fleet
from trasloco.testing.free_ports import free_ports
from trasloco.testing.service import Service


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with Fleet(tmp_path) as running:
        yield running


def asked(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
    """As a probe does: by the address, under whatever name. (0, "") where nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


def status_of(state: Path, **environ: str) -> tuple[int, dict[str, Any]]:
    found = subprocess.run(
        [sys.executable, "-m", "trasloco.project.cli", "status", "--json"],
        env={**os.environ, "TRASLOCO_STATE_DIR": str(state), **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert found.stdout, found.stderr
    return found.returncode, json.loads(found.stdout)


def test_the_panel_answers_probes_by_any_name_and_knows_whether_a_worker_is_alive(service: Service) -> None:
    port = int(service.address.rpartition(":")[2])
    assert asked(port, "/healthz", "10.1.2.3:8080") == (200, "ok\n")
    wait_until(lambda: asked(port, "/readyz", "10.1.2.3:8080") == (200, "database: ok\nschema: ok\nworker: ok\n"), "all is ready")
    code, found = status_of(service.state)
    assert (code, found["well"]) == (0, True)
    (worker,) = found["workers"]
    assert (worker["pid"], worker["state"], worker["queues"]) == (processes(service)["worker"], "working", ["transfers", "errands"])
    kill(worker["pid"])

    def told() -> bool:
        states = {each["pid"]: each["state"] for each in status_of(service.state)[1]["workers"]}
        return states.get(worker["pid"]) == "lost" and "working" in states.values()

    wait_until(told, "another one was started, and the lost one is told of")
    assert status_of(service.state)[0] == 0  # good to know, and nothing is wrong


@pytest.mark.slow
def test_a_worker_answers_for_itself_and_several_on_one_port(fleet: Fleet) -> None:
    port, shared = free_ports(2)
    one = fleet.start("--health", f"127.0.0.1:{port}")
    wait_until(lambda: asked(port, "/readyz")[0] == 200, f"it is ready\n{one.log}")
    several = fleet.start("--processes", "2", "--health", str(shared))
    wait_until(lambda: asked(shared, "/readyz")[0] == 200, f"one of two is ready\n{several.log}")
    assert asked(shared, "/healthz")[0] == 200
    assert several.drain()[0] == 0
    wait_until(lambda: asked(shared, "/healthz")[0] == 0, "the port is free again")
    assert one.drain()[0] == 0
    assert asked(port, "/healthz")[0] == 0
    assert fleet.ask("SELECT count(*) FROM trasloco_worker_process") == [(0,)]  # who goes in order leaves nothing behind


@pytest.mark.slow
def test_a_port_that_is_taken_is_said_with_the_option_that_helps(fleet: Fleet) -> None:
    port = free_ports(1)[0]
    first = fleet.start("--health", str(port))
    wait_until(lambda: asked(port, "/healthz")[0] == 200, f"it answers\n{first.log}")
    second = fleet.start("--health", str(port))
    assert second.process.wait(60) == 3
    assert "choose another port with --health" in (second.state / "said").read_text("utf-8")
