"""Lost workers, for real: processes killed with SIGKILL, frozen with SIGSTOP, and rows they leave behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async

from trasloco.project.database import Database
from trasloco.records.key_ring import KeyRing

# A worker of its own in place of the command line; its engine takes a moment and counts each attempt.
WORKER = """
import asyncio, os, sys
from trasloco.project.database import prepare

async def copy(source, destination, ledger, settings, number, sink, *, pace):
    from trasloco.engine.account import FolderResult, Outcome, RunStatus
    from trasloco.engine.fate import Fate, Tally
    from trasloco.engine.ledger import MessageRow
    folder = await ledger.bind(b"INBOX", b"INBOX")
    for intent in await ledger.intents(folder.id):
        await ledger.settle(intent.id, [])
    for uid in range(1, 11):
        intent = await ledger.begin(folder.id, 1, uid, [uid])
        await asyncio.sleep(float(sys.argv[2]))
        await ledger.settle(intent, [MessageRow(uid, Fate.COPIED, number, size=10)])
        sink.advance(1, 10)
    return Outcome(RunStatus.COMPLETED, None, 1.0, 100, (FolderResult("INBOX", "INBOX", Tally(copied=10)),))

with prepare():
    from trasloco.jobs.worker import until_ended, work
    from trasloco.records.models import Run
    run = Run.objects.get(pk=int(sys.argv[1]))
    print("ready", flush=True)
    asyncio.run(work(5, until_ended(run), runs=[run.pk], copy=copy))
"""


@pytest.fixture
def worker(clean_database: Database, ring: KeyRing) -> Iterator[Callable[[int, float], subprocess.Popen[str]]]:
    """Starts workers on the test's database; whatever still lives at the end is killed."""
    from django.conf import settings

    started: list[subprocess.Popen[str]] = []
    environ = os.environ | {"DATABASE_URL": clean_database.conninfo, "TRASLOCO_MASTER_KEY_FILE": str(settings.TRASLOCO_MASTER_KEY_FILE)}

    def start(run: int, seconds: float) -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, "-c", WORKER, str(run), str(seconds)], env=environ, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def begun(ring: KeyRing, count: int) -> Any:
    from trasloco.jobs.dispatch import start
    from trasloco.testing.migration_rows import small_migration

    return start(small_migration(ring, count))


def one(database: Database, question: str) -> Any:
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


RUNNING = "SELECT count(*) FROM trasloco_transfer WHERE status = 'running'"
COMPLETED = "SELECT count(*) FROM trasloco_transfer WHERE status = 'completed'"


def test_killed_and_started_again_it_goes_on_at_once(
    clean_database: Database, ring: KeyRing, worker: Callable[[int, float], subprocess.Popen[str]]
) -> None:
    from trasloco.records.presence_locks import STALLED_SECONDS

    run = begun(ring, 8)
    first = worker(run.pk, 0.2)
    assert within(60, lambda: one(clean_database, RUNNING) == 5)
    first.kill()
    first.wait()
    fence = one(clean_database, "SELECT max(fence) FROM trasloco_transfer")
    began = time.monotonic()
    second = worker(run.pk, 0.001)
    assert within(60, lambda: one(clean_database, COMPLETED) == 8)
    assert time.monotonic() - began < STALLED_SECONDS  # it did not wait for a heartbeat to grow old
    assert second.wait(30) == 0
    assert one(clean_database, "SELECT max(fence) FROM trasloco_transfer") > fence
    assert one(clean_database, "SELECT count(*) FROM trasloco_ledger_message") == 80
    assert one(clean_database, "SELECT count(*) FROM trasloco_ledger_intent") == 0
    assert one(clean_database, "SELECT status FROM trasloco_run") == "completed"
    assert one(clean_database, "SELECT copied_bytes FROM trasloco_transfer ORDER BY id LIMIT 1") == 100


def test_a_frozen_worker_writes_nothing_when_it_wakes(
    clean_database: Database, ring: KeyRing, worker: Callable[[int, float], subprocess.Popen[str]]
) -> None:
    run = begun(ring, 1)
    frozen = worker(run.pk, 0.3)
    assert within(60, lambda: one(clean_database, RUNNING) == 1)
    frozen.send_signal(signal.SIGSTOP)
    # Its heartbeat grows old; here by hand, so that nobody has to wait half a minute.
    one(clean_database, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute' RETURNING 1")
    second = worker(run.pk, 0.1)
    assert within(60, lambda: one(clean_database, "SELECT max(fence) FROM trasloco_transfer") >= 3)
    frozen.send_signal(signal.SIGCONT)
    assert within(60, lambda: one(clean_database, COMPLETED) == 1)
    assert second.wait(15) == 0
    assert frozen.wait(20) == 0
    assert one(clean_database, "SELECT count(*) FROM trasloco_ledger_message") == 10
    assert one(clean_database, "SELECT status FROM trasloco_run") == "completed"


def test_an_admitted_transfer_whose_job_is_gone_is_admitted_again(clean_database: Database, ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.jobs.recovery import recover

    begun(ring, 2)
    assert recover() == []
    one(clean_database, "DELETE FROM procrastinate_jobs RETURNING 1")
    assert len(recover()) == 2
    assert one(clean_database, "SELECT count(*) FROM trasloco_transfer WHERE status = 'waiting' AND fence = 1") == 2
    assert admit() == 2
    assert recover() == []


def test_an_admitted_transfer_nobody_fetches_gives_its_place_back(clean_database: Database, ring: KeyRing) -> None:
    from trasloco.jobs.recovery import recover

    begun(ring, 1)
    one(clean_database, "UPDATE trasloco_transfer SET admitted_at = now() - interval '1 hour' RETURNING 1")
    assert len(recover()) == 1
    assert one(clean_database, "SELECT count(*) FROM procrastinate_jobs") == 0


def test_a_job_fetched_by_a_worker_that_died_is_given_to_another(clean_database: Database, ring: KeyRing) -> None:
    from trasloco.jobs.recovery import recover

    begun(ring, 1)
    dead = one(clean_database, "INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
    one(clean_database, f"UPDATE procrastinate_jobs SET status = 'doing', worker_id = {dead} RETURNING 1")
    assert recover() == []  # it may be about to claim the transfer
    one(clean_database, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '15 seconds' RETURNING 1")
    assert len(recover()) == 1


def test_admitted_and_put_down(clean_database: Database, ring: KeyRing) -> None:
    from trasloco.jobs.recovery import hand_back_admitted

    run = begun(ring, 3)
    assert len(hand_back_admitted([run.pk])) == 3
    assert one(clean_database, "SELECT count(*) FROM procrastinate_jobs") == 0
    assert hand_back_admitted([run.pk]) == []


async def test_presence_is_seen_and_comes_back_after_a_loss(clean_database: Database) -> None:
    from trasloco.jobs.presence import Presence
    from trasloco.records.presence_locks import QUEUE_WORKER, lock_number

    worker = 2**40 + 7
    held = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = {QUEUE_WORKER} AND objid = {lock_number(worker)}::oid"

    async def seen(count: int) -> bool:
        return await asyncio.to_thread(within, 5, lambda: one(clean_database, held) == count)

    async with Presence(clean_database.conninfo) as presence:
        await presence.hold(worker)
        await presence.hold(worker)
        assert await seen(1)
        assert presence.workers == {worker}
        one(clean_database, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'trasloco presence'")
        assert await seen(0)
        await presence.check()
        assert await seen(1)
    assert await seen(0)


async def test_a_transfer_whose_end_could_not_be_written_is_not_forgotten(clean_database: Database, ring: KeyRing) -> None:
    from trasloco.jobs.recovery import hand_back_forgotten

    await sync_to_async(begun)(ring, 2)
    one(clean_database, "UPDATE trasloco_transfer SET status = 'running', worker = 77 RETURNING 1")
    kept = one(clean_database, "SELECT min(id) FROM trasloco_transfer")
    assert len(await sync_to_async(hand_back_forgotten)([77], [kept])) == 1
    assert one(clean_database, RUNNING) == 1
