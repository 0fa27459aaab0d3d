"""Workers that come, go, die and freeze while accounts are moved between two real servers: everything arrives once."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.service.conftest import command_of, kill, wait_until
from tests.service.test_killed import filled, order, same_on_both
from trasloco.testing.cutting_proxy import CuttingProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.fleet import COMMAND, Fleet, Worker
from trasloco.testing.planned_migration import Order
from trasloco.testing.wire_faults import Delay, Way

SLOW = Delay(Way.TO_CLIENT, 1.0)  # an account takes half a minute, so that there is something to disturb
FIVE_MINUTES = 300.0
COUNT = "SELECT count(*) FROM trasloco_ledger_message"
RUNNING = "SELECT count(*) FROM trasloco_transfer WHERE status = 'running'"
WORKERS = "SELECT DISTINCT worker FROM trasloco_transfer WHERE status = 'running'"
TAKEN_OVER = "SELECT count(*) FROM trasloco_transfer WHERE status = 'running' AND fence > %s"
OWNERS = "SELECT id, fence, worker FROM trasloco_transfer WHERE status = 'running' ORDER BY id"
RUN = "SELECT status FROM trasloco_run"


def number(fleet: Fleet, query: str) -> int:
    return int(fleet.ask(query)[0][0])


def goes_on(fleet: Fleet, after: str, messages: int = 1) -> None:
    before = number(fleet, COUNT)
    wait_until(lambda: number(fleet, COUNT) >= before + messages, f"messages arrived after {after}")


def ended(fleet: Fleet, *workers: Worker) -> None:
    logs = "\n".join(worker.log[-2000:] for worker in workers)
    wait_until(lambda: fleet.ask(RUN) == [("completed",)], f"the run ended: {fleet.ask(RUN)}\n{logs}", 240)


def all_there_once(fleet: Fleet, source: Dovecot, destination: Dovecot, logins: list[str], each: int) -> None:
    same_on_both(source, destination, logins)
    fates = fleet.ask("SELECT sum(copied), sum(adopted), sum(refused) FROM trasloco_folder_tally")
    assert fates == [(each * len(logins), 0, 0)]
    assert number(fleet, "SELECT count(*) FROM trasloco_ledger_intent") == 0


def frozen_and_woken(fleet: Fleet, worker: Worker, seconds: float) -> Worker:
    """It has all accounts and is frozen; another one, which is returned, takes them over; it wakes up, and is stopped. seconds: it is
    frozen at least so long; for 0 the clock is not waited for."""
    goes_on(fleet, "the start", 4)
    theirs = [row[0] for row in fleet.ask(WORKERS)]
    worker.freeze()
    until = time.monotonic() + seconds
    fence = fleet.ask("SELECT max(fence) FROM trasloco_transfer")[0][0]
    if not seconds:  # its lease, a heartbeat of less than half a minute, is over: by hand, so that nobody has to wait
        fleet.ask("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes' WHERE id = ANY(%s)", theirs)
    other = fleet.start("--concurrency", "3")
    wait_until(lambda: fleet.ask(TAKEN_OVER, fence) == [(3,)], f"all were taken over\n{other.log}")
    goes_on(fleet, "others took over", 4)
    while time.monotonic() < until:
        goes_on(fleet, "others took over", 4)
    before = fleet.ask(OWNERS)
    worker.wake()
    goes_on(fleet, "the frozen one woke up", 8)
    assert set(fleet.ask(OWNERS)) <= set(before)  # they are still with those who took them over, and under their fence
    assert worker.drain()[0] == 0
    return other


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_frozen_worker_that_wakes_writes_nothing_into_what_others_took_over(
    fleet: Fleet, dovecot_source: Dovecot, dovecot_destination: Dovecot, pytestconfig: pytest.Config
) -> None:
    seconds, letters = (FIVE_MINUTES, 3600) if pytestconfig.getoption("--long") else (0.0, 120)
    logins = filled(dovecot_source, "frozen", letters)
    with CuttingProxy(dovecot_source.host, dovecot_source.port) as proxy:
        proxy.arm(SLOW)
        fleet.plan(order(logins, (proxy.host, proxy.port), dovecot_destination, dovecot_source.password, second_minutes=None))
        frozen, other = fleet.start("--concurrency", "3"), fleet.start("--queues", "errands")
        wait_until(lambda: number(fleet, RUNNING) == 3, f"one worker has all accounts\n{frozen.log}")
        other.drain()
        for _ in range(2):
            frozen = frozen_and_woken(fleet, frozen, seconds)
        proxy.arm()
        ended(fleet, frozen)
    all_there_once(fleet, dovecot_source, dovecot_destination, logins, letters)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_workers_join_and_leave_drained_and_killed(fleet: Fleet, dovecot_source: Dovecot, dovecot_destination: Dovecot) -> None:
    logins = filled(dovecot_source, "leaving", 120)
    with CuttingProxy(dovecot_source.host, dovecot_source.port) as proxy:
        proxy.arm(SLOW)
        fleet.plan(order(logins, (proxy.host, proxy.port), dovecot_destination, dovecot_source.password, second_minutes=None))
        first = fleet.start("--concurrency", "1")
        wait_until(lambda: number(fleet, RUNNING) == 1, f"the first has one account\n{first.log}")
        second = fleet.start("--concurrency", "2")
        wait_until(lambda: number(fleet, RUNNING) == 3, f"with a second one there are three\n{second.log}")
        goes_on(fleet, "two were there", 8)
        status, seconds = second.drain()
        assert status == 0
        assert seconds < 30  # not the minutes its accounts would have taken
        assert number(fleet, RUNNING) <= 1  # what it had waits again, and is not with a dead one
        goes_on(fleet, "one was drained", 4)
        third = fleet.start("--concurrency", "2")
        wait_until(lambda: number(fleet, RUNNING) == 3, f"a third one takes what waits\n{third.log}")
        third.kill()
        fourth = fleet.start("--concurrency", "2")
        wait_until(lambda: number(fleet, RUNNING) == 3, f"a fourth one takes what the killed one had\n{fourth.log}")
        proxy.arm()
        ended(fleet, first, fourth)
    all_there_once(fleet, dovecot_source, dovecot_destination, logins, 120)
    begun = re.findall(r"begins \(transfer", first.log + second.log + third.log + fourth.log)
    assert len(begun) >= 6


@pytest.mark.slow
def test_one_command_is_several_processes_of_which_one_may_die(fleet: Fleet, dovecot_source: Dovecot, dovecot_destination: Dovecot) -> None:
    logins = filled(dovecot_source, "processes", 40)
    with CuttingProxy(dovecot_source.host, dovecot_source.port) as proxy:
        proxy.arm(SLOW)
        fleet.plan(order(logins, (proxy.host, proxy.port), dovecot_destination, dovecot_source.password, second_minutes=None))
        worker = fleet.start("--processes", "3", "--concurrency", "1")
        wait_until(lambda: len(fleet.ask(WORKERS)) == 3, f"each process has an account\n{worker.log}")
        children = [int(pid) for pid in Path(f"/proc/{worker.process.pid}/task/{worker.process.pid}/children").read_text().split()]
        assert len(children) == 3
        kill(children[0])
        goes_on(fleet, "one was killed", 4)
        wait_until(lambda: number(fleet, RUNNING) == 3, f"its account goes on\n{worker.log}")
        proxy.arm()
        ended(fleet, worker)
        children = [int(pid) for pid in Path(f"/proc/{worker.process.pid}/task/{worker.process.pid}/children").read_text().split()]
        assert worker.drain()[0] == 0
        assert not any(command_of(pid) for pid in children)
    all_there_once(fleet, dovecot_source, dovecot_destination, logins, 40)


def test_a_worker_with_another_master_key_says_so_and_takes_nothing(fleet: Fleet) -> None:
    fleet.plan(Order())
    fleet.environment["TRASLOCO_MASTER_KEY_FILE"] += ".other"
    worker = fleet.start()
    assert worker.process.wait(120) == 3
    said = (worker.state / "said").read_text()
    assert "protected by master key" in said
    assert "Copy master.key from the machine of the panel" in said
    assert not Path(fleet.environment["TRASLOCO_MASTER_KEY_FILE"]).exists()
    assert number(fleet, "SELECT count(*) FROM trasloco_transfer WHERE status IN ('running', 'failed')") == 0


def test_a_queue_that_is_not_there_is_named() -> None:
    done = subprocess.run([str(COMMAND), "worker", "--queues", "transfers,letters"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "not letters" in done.stderr
