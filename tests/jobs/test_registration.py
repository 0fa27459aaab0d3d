"""The row by which an operator sees a worker process."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from trasloco.project.database import Database

pytestmark = pytest.mark.usefixtures("clean_database")


def row(database: Database) -> Any:
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        return connection.execute(
            "SELECT machine, pid, concurrency, queues, queue_workers, draining_at IS NOT NULL FROM trasloco_worker_process"
        ).fetchall()


def told(database: Database, statement: str) -> None:
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute(statement)


async def test_a_process_is_seen_as_long_as_it_is_there(clean_database: Database) -> None:
    from trasloco.jobs.presence import Presence
    from trasloco.jobs.registration import About
    from trasloco.records.workers import WorkerState, workers

    about = About("mail1", 77, "9.9", 20, ("transfers", "errands"))
    async with Presence(clean_database.conninfo, about) as presence:
        assert row(clean_database) == [("mail1", 77, 20, ["transfers", "errands"], [], False)]
        line = (await asyncio.to_thread(workers)).lines[0]
        assert (line.state, line.version, line.free) == (WorkerState.WORKING, "9.9", 20)
        await presence.hold(5)
        await presence.hold(3)
        assert row(clean_database)[0][4] == [3, 5]
        await presence.drain()
        assert row(clean_database)[0][5]
        line = (await asyncio.to_thread(workers)).lines[0]
        assert (line.state, line.free) == (WorkerState.DRAINING, 0)
    assert row(clean_database) == []


async def test_after_a_loss_of_the_database_it_is_seen_under_the_same_row(clean_database: Database) -> None:
    from trasloco.jobs.presence import Presence
    from trasloco.jobs.registration import About
    from trasloco.records.workers import WorkerState, workers

    async with Presence(clean_database.conninfo, About("mail1", 77, "9.9", 20, ("transfers",))) as presence:
        await presence.hold(5)
        before = (await asyncio.to_thread(workers)).lines[0].id
        told(clean_database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'trasloco presence'")
        async with asyncio.timeout(30):
            while await presence.check():  # until it notices, and has connected again
                pass
        (line,) = (await asyncio.to_thread(workers)).lines
        assert (line.id, line.state) == (before, WorkerState.WORKING)
        assert row(clean_database)[0][4] == [5]


async def test_a_row_that_is_gone_is_written_again(clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.jobs import registration
    from trasloco.jobs.presence import Presence
    from trasloco.records.workers import WorkerState, workers

    monkeypatch.setattr(registration, "BEAT_SECONDS", 0.0)
    async with Presence(clean_database.conninfo, registration.About("mail1", 77, "9.9", 20, ("transfers",))) as presence:
        await presence.drain()
        told(clean_database, "DELETE FROM trasloco_worker_process")
        assert await presence.check()
        (line,) = (await asyncio.to_thread(workers)).lines
        assert line.state is WorkerState.DRAINING
        assert (line.machine, line.pid) == ("mail1", 77)


async def test_a_sign_of_life_is_one_every_few_seconds_and_not_each_time(clean_database: Database) -> None:
    from trasloco.jobs.registration import About, Registration

    async with await psycopg.AsyncConnection.connect(clean_database.conninfo, autocommit=True) as connection:
        seen = Registration(About("mail1", 77, "9.9", 20, ("transfers",)))
        await seen.begin(connection)
        assert not await seen.beat(connection)


def test_this_process_says_who_it_is() -> None:
    import os
    import socket

    from trasloco import __version__
    from trasloco.jobs.registration import About

    about = About.this_process(7, ["errands"])
    assert about == About(socket.gethostname(), os.getpid(), __version__, 7, ("errands",))
