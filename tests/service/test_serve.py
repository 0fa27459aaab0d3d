"""``serve``, ``panel`` and ``worker`` as an operator starts and ends them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import urllib.request

import pytest

from tests.service.conftest import command_of, kill, processes, wait_until
from trasloco.testing.free_ports import free_ports
from trasloco.testing.service import COMMAND, Service


def test_asked_to_end_it_ends_with_its_children_in_seconds_and_with_status_0(service: Service) -> None:
    before = processes(service)
    assert set(before) == {"serve", "panel", "worker"}
    began = time.monotonic()
    assert service.stop() == 0
    assert time.monotonic() - began < 20
    assert not any(command_of(pid) for pid in before.values())
    assert service.output.count("Stopping. Runs under way are put down at a safe point and go on at the next start.") == 1
    assert "Traceback" not in service.output + service.log
    assert "Nothing is lost: the same command" not in service.output


def test_ctrl_c_does_the_same(service: Service) -> None:
    assert service.process is not None
    service.process.send_signal(signal.SIGINT)
    assert service.process.wait(40) == 0


def test_a_child_that_was_killed_is_started_again_and_visitors_wait(service: Service) -> None:
    before = processes(service)
    kill(before["panel"])
    with urllib.request.urlopen(f"{service.address}/account/login/", timeout=60) as answer:  # not refused: the socket stays open
        assert answer.status == 200
    kill(before["worker"])
    wait_until(lambda: {"panel", "worker"} <= set(processes(service)), "both were started again")
    after = processes(service)
    assert after["serve"] == before["serve"]
    assert after["panel"] != before["panel"]
    assert after["worker"] != before["worker"]
    assert "The panel was killed by signal 9; it is started again." in service.output


def test_children_of_a_killed_serve_do_not_stay_behind(service: Service) -> None:
    before = processes(service)
    service.kill()
    wait_until(lambda: not command_of(before["panel"]) and not command_of(before["worker"]), "its children went", 60)
    service.start()
    assert set(processes(service)) == {"serve", "panel", "worker"}


def test_started_again_at_once_it_waits_for_the_children_of_the_killed_one(service: Service) -> None:
    before = processes(service)
    os.kill(before["worker"], signal.SIGSTOP)  # one that takes its time
    service.kill()
    process = subprocess.Popen(
        [str(COMMAND), "serve", "--port", str(service.port)],
        env=os.environ | {"TRASLOCO_STATE_DIR": str(service.state)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert "waiting for them" in process.stdout.readline()
    assert "worker" in processes(service)
    os.kill(before["worker"], signal.SIGCONT)
    assert process.stdout.readline().startswith("Trasloco's panel: http://127.0.0.1:")
    wait_until(lambda: processes(service).get("worker", before["worker"]) != before["worker"], "a new worker was started")
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_a_second_serve_on_the_same_state_directory_is_refused(service: Service) -> None:
    second = service.run("serve", "--port", str(free_ports(1)[0]), expect=3)
    pid = processes(service)["serve"]
    assert second.stderr == (
        f"Another trasloco serve (process {pid}) works in {service.state} already. Stop that one first, "
        "or give this one a directory of its own with TRASLOCO_STATE_DIR.\n"
    )
    assert second.stdout == ""


@pytest.mark.parametrize("command", ["serve", "panel"])
def test_a_port_that_is_taken_is_said_once_and_ends_it(service: Service, command: str) -> None:
    if command == "serve":
        service.stop()
        import socket

        with socket.create_server(("127.0.0.1", service.port)):
            done = service.run(command, "--port", str(service.port), expect=3)
    else:
        done = service.run(command, "--port", str(service.port), expect=3)
    assert done.stderr == (
        f"Port {service.port} of 127.0.0.1 is taken by another program. Stop that one, or choose another port with --port.\n"
    )
    assert done.stdout == ""


@pytest.mark.parametrize(("command", "number"), [("panel", signal.SIGTERM), ("worker", signal.SIGTERM), ("worker", signal.SIGINT)])
def test_alone_they_end_with_status_0_when_asked(service: Service, command: str, number: signal.Signals) -> None:
    words = ["--port", str(free_ports(1)[0])] if command == "panel" else []
    process = subprocess.Popen(
        [str(COMMAND), command, *words],
        env=os.environ | {"TRASLOCO_STATE_DIR": str(service.state), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip()
    time.sleep(0.5)  # the line is said just before the handlers are in place
    process.send_signal(number)
    rest = process.communicate(timeout=60)[0]
    assert process.returncode == 0
    assert rest in ("", "Stopping. What is under way is put down at a safe point and goes on at the next start.\n")


def test_the_log_says_who_was_started_and_ended(service: Service) -> None:
    service.stop()
    lines = service.log.splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (serve|panel|worker)\[\d+\] [A-Z]+ ", line) for line in lines), service.log
    for words in ("the panel is process", "the worker is process", "asked to stop"):
        assert any(words in line for line in lines)
