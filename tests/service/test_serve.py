"""``serve``, ``panel`` and ``worker`` as an operator starts and ends them."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.service.conftest import command_of, kill, processes, wait_until
from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.testing.free_ports import free_ports
from trasloco.testing.planned_migration import Order, plan_in
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


def test_a_database_of_ones_own_may_go_away_and_come_back(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    own = EmbeddedPostgres(tmp_path / "own")
    conninfo = own.attach()
    service = Service(tmp_path, {"DATABASE_URL": conninfo})
    try:
        service.start()
        wait_until(lambda: "working, up to 20 accounts at once" in service.log, "the worker works")
        before = processes(service)
        own.leave()  # nobody else uses it: it stops
        wait_until(lambda: "the database cannot be reached; the work waits until it is back" in service.log, "the worker noticed")
        refused = service.run("panel", "--port", str(free_ports(1)[0]), expect=3)
        assert refused.stderr.startswith("The database cannot be used. PostgreSQL said: ")
        assert own.attach() == conninfo
        code = plan_in(service.state, Order(), DATABASE_URL=conninfo)
        wait_until(lambda: f"migration {code}, run 1, a1@example.net: begins" in service.log, f"it works again\n{service.log[-3000:]}")
        assert processes(service) == before
        assert "the database is back; the work goes on" in service.log
        assert "Traceback" not in service.log
        own.leave()
        began = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - began < 60
    finally:
        service.stop()
        own.leave()
        own.remove()


def test_what_ends_a_part_stands_in_the_log(service: Service) -> None:
    service.stop()
    (service.state / "master.key").write_text("nonsense\n")
    service.start()
    words = "is not a master key"
    wait_until(lambda: words in service.log, "the log says it")
    assert words in service.output  # and so does the terminal
    assert "Traceback" not in service.output


@pytest.mark.parametrize("command", ["serve", "panel", "worker"])
def test_a_state_directory_that_cannot_be_made_is_named(command: str) -> None:
    where = "/proc/trasloco/state"  # nobody may write there, not even root
    surroundings = os.environ | {"TRASLOCO_STATE_DIR": where, "NO_COLOR": "1"}
    done = subprocess.run([str(COMMAND), command], env=surroundings, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr == "/proc/trasloco cannot be used: No such file or directory.\n"


def test_a_state_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    surroundings = os.environ | {"TRASLOCO_STATE_DIR": str(tmp_path / "state"), "NO_COLOR": "1"}
    done = subprocess.run([str(COMMAND), "serve"], env=surroundings, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert done.stderr == f"{tmp_path / 'state'} is a file, but TRASLOCO_STATE_DIR must be a directory.\n"


def test_asked_twice_it_ends_at_once(service: Service) -> None:
    before = processes(service)
    os.kill(before["worker"], signal.SIGSTOP)  # it will not end by itself
    assert service.process is not None
    service.process.send_signal(signal.SIGTERM)
    wait_until(lambda: "Stopping." in service.output, "it said so")
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(20) == 130
    assert not any(command_of(pid) for pid in before.values())
