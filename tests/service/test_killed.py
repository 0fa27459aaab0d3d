"""``kill -9`` of each part in the middle of a run, then the same command again: all is there once, and the schedule is kept."""

from __future__ import annotations

import os
import re
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.service.conftest import Records, command_of, kill, processes, wait_until
from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.testing.cutting_proxy import CuttingProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.planned_migration import Order, plan_in
from trasloco.testing.service import Service
from trasloco.testing.snapshot import Snapshot
from trasloco.testing.wire_faults import Delay, Way

FOLDERS = (("INBOX",), ("Archive",), ("Büro",))
SLOW = Delay(Way.TO_CLIENT, 0.3)


def postgres_of(service: Service) -> list[int]:
    """The server of its state directory and the process that keeps it."""
    found = []
    for entry in Path("/proc").iterdir():
        words = " ".join(command_of(int(entry.name))) if entry.name.isdigit() else ""
        if "postgres_keeper.py" in words and str(service.state / "postgres.log") in words:
            found.append(int(entry.name))
    for keeper in tuple(found):
        children = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
        found += [int(child) for child in children]
    return found


def filled(server: Dovecot, name: str, count: int) -> list[str]:
    logins = [f"{name}-{number}@old.example" for number in range(3)]
    for login in logins:
        with MailboxFiller(server.host, server.port, login, server.password) as filler:
            filler.fill(Letters(login), count, FOLDERS)
    return logins


def order(logins: list[str], source: tuple[str, int], destination: Dovecot, password: str, **more: object) -> Order:
    assert destination.master is not None
    accounts = [(login.replace("@old.example", "@new.example"), login, password) for login in logins]
    where = (destination.host, destination.port)
    return Order(accounts=accounts, source=source, destination=where, master=destination.master, settings={"batch_messages": 4}, **more)  # type: ignore[arg-type]


def same_on_both(source: Dovecot, destination: Dovecot, logins: list[str]) -> None:
    assert destination.master is not None
    name, password = destination.master
    for login in logins:
        here = Snapshot.read(source.host, source.port, login, source.password)
        there = Snapshot.read(destination.host, destination.port, f"{login.replace('@old.', '@new.')}*{name}", password)
        assert there.messages() == here.messages(), login


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_part_by_part_the_run_goes_on_and_ends_complete(
    service: Service, dovecot_source: Dovecot, dovecot_destination: Dovecot
) -> None:
    logins = filled(dovecot_source, "killed", 60)
    records = Records(service)

    def goes_on(after: str) -> None:
        before = records.messages()
        wait_until(lambda: records.messages() > before, f"messages arrived after {after}\n{service.log[-4000:]}")
        assert records.states(code) == ["running"]

    with CuttingProxy(dovecot_source.host, dovecot_source.port) as proxy:
        proxy.arm(SLOW)
        code = plan_in(
            service.state, order(logins, (proxy.host, proxy.port), dovecot_destination, dovecot_source.password, second_minutes=None)
        )
        goes_on("the start")
        for name in ("panel", "worker"):
            kill(processes(service)[name])
            goes_on(f"the {name} was killed")
        now = processes(service)
        for name in ("panel", "worker"):
            os.kill(now[name], signal.SIGKILL)
        goes_on("both were killed")
        for pid in postgres_of(service):
            os.kill(pid, signal.SIGKILL)
        goes_on("the database was killed")
        service.kill()
        service.start()
        goes_on("serve was killed and started again")
        for pid in [*processes(service).values(), *postgres_of(service)]:
            os.kill(pid, signal.SIGKILL)
        assert service.process is not None
        service.process.wait()
        service.start()
        goes_on("all of it was killed and started again")
        assert service.stop() == 0
        service.start()
        goes_on("it was stopped and started again")
        proxy.arm()
        wait_until(lambda: records.states(code) == ["completed"], f"the run ended: {records.states(code)}\n{service.log[-4000:]}", 240)
    same_on_both(dovecot_source, dovecot_destination, logins)
    fates = records.ask("SELECT sum(copied), sum(adopted), sum(refused) FROM trasloco_folder_tally")
    assert fates == [(180, 0, 0)]
    assert "Traceback" not in service.output
    assert len(re.findall(rf"migration {code}, run 1, {logins[0].replace('@old.', '@new.')}: begins", service.log)) >= 5
    assert f"migration {code}: run 1 ended: completed" in service.log


@pytest.mark.slow
def test_runs_that_were_due_while_all_was_down_start_at_once(
    service: Service, dovecot_source: Dovecot, dovecot_destination: Dovecot
) -> None:
    logins = filled(dovecot_source, "down", 5)
    records = Records(service)
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    where = (dovecot_source.host, dovecot_source.port)
    wanted = order(logins, where, dovecot_destination, dovecot_source.password, first_run_at=soon, second_minutes=60)
    code = plan_in(service.state, wanted)
    assert records.states(code) == ["planned", "planned"]
    for pid in [*processes(service).values(), *postgres_of(service)]:
        os.kill(pid, signal.SIGKILL)
    assert service.process is not None
    service.process.wait()
    # Three hours go by: the hours of both runs are moved into the past instead.
    with EmbeddedPostgres(service.state).running() as conninfo, psycopg.connect(conninfo) as connection:
        connection.execute("UPDATE trasloco_run SET due_at = due_at - interval '3 hours'")
    service.start()
    wait_until(lambda: records.states(code) == ["completed", "completed"], f"both runs ended\n{service.log[-4000:]}", 120)
    same_on_both(dovecot_source, dovecot_destination, logins)
    hours = records.ask("SELECT started_at, ended_at FROM trasloco_run ORDER BY number")
    assert hours[0][1] <= hours[1][0]  # one after the other
