"""Can this process do its work: what is missing is said in words, and nothing is told that helps a stranger."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Any

import psycopg
import pytest

from trasloco.project.database import Database

pytestmark = pytest.mark.usefixtures("clean_database")


async def missing(conninfo: str, **options: Any) -> dict[str, str]:
    from trasloco.project.readiness import Readiness

    return {check.part: check.missing for check in await Readiness(conninfo, **options).checks()}


def presence(database: Database, pid: int, queues: tuple[str, ...] = ("transfers",)) -> Any:
    from trasloco.jobs.presence import Presence
    from trasloco.jobs.registration import About

    return Presence(database.conninfo, About(socket.gethostname(), pid, "1", 5, queues))


async def test_without_a_worker_it_says_so_and_what_to_do(clean_database: Database) -> None:
    found = await missing(clean_database.conninfo)
    assert (found["database"], found["schema"]) == ("", "")
    assert found["worker"].startswith("No worker is alive. Start")


async def test_a_worker_that_is_there_is_enough_and_one_that_drains_is_not(clean_database: Database) -> None:
    async with presence(clean_database, 4_000_000) as other:
        assert (await missing(clean_database.conninfo))["worker"] == ""
        await other.drain()
        assert (await missing(clean_database.conninfo))["worker"] != ""


async def test_a_command_that_works_for_its_own_run_is_no_worker_of_the_panel(clean_database: Database) -> None:
    async with presence(clean_database, 4_000_000, ("run-7",)):
        assert (await missing(clean_database.conninfo))["worker"] != ""


async def test_a_worker_asks_for_itself_and_not_for_others(clean_database: Database) -> None:
    async with presence(clean_database, 4_000_000):
        assert "takes no work" in (await missing(clean_database.conninfo, of_worker=True))["worker"]
    async with presence(clean_database, os.getpid()):
        assert (await missing(clean_database.conninfo, of_worker=True))["worker"] == ""


async def test_a_database_that_is_away_is_said_without_its_name_address_or_user(caplog: pytest.LogCaptureFixture) -> None:
    words = await missing("host=127.0.0.1 port=1 user=somebody dbname=secretname")
    assert words["database"].startswith("The database cannot be reached.")
    assert words["schema"] == words["worker"] == "Nobody knows, as the database cannot be asked."
    assert not any(name in " ".join(words.values()) for name in ("127.0.0.1", "somebody", "secretname"))
    assert "127.0.0.1" in caplog.text  # the log says it


async def test_a_server_that_takes_the_connection_and_says_nothing_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.project import readiness

    monkeypatch.setattr(readiness, "PATIENCE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        words = await missing(f"host=127.0.0.1 port={silent.getsockname()[1]} user=x dbname=x")
    assert words["database"].startswith("The database does not answer in time.")


async def test_an_older_schema_is_said(clean_database: Database) -> None:
    with psycopg.connect(clean_database.conninfo, autocommit=True) as connection:
        row = connection.execute(
            "DELETE FROM django_migrations WHERE app = 'trasloco_records' AND name LIKE '0019_%' RETURNING app, name"
        ).fetchone()
        try:
            assert (await missing(clean_database.conninfo))["schema"].startswith("The database is of an older version.")
        finally:
            connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", row)


async def test_a_newer_schema_is_an_upgrade_on_its_way(clean_database: Database) -> None:
    with psycopg.connect(clean_database.conninfo, autocommit=True) as connection:
        connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('trasloco_records', '9999_newer', now())")
        try:
            assert (await missing(clean_database.conninfo))["schema"] == ""
        finally:
            connection.execute("DELETE FROM django_migrations WHERE name = '9999_newer'")


async def test_however_often_it_is_asked_the_database_is_asked_once_a_second(
    clean_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trasloco.project import readiness

    monkeypatch.setattr(readiness, "FRESH_SECONDS", 60.0)
    asked: list[str] = []
    real = psycopg.connect

    def counted(conninfo: str, **options: Any) -> Any:
        asked.append(conninfo)
        return real(conninfo, **options)

    monkeypatch.setattr(psycopg, "connect", counted)
    ready = readiness.Readiness(clean_database.conninfo)
    await asyncio.gather(*(ready.checks() for _ in range(50)))
    await ready.checks()
    assert len(asked) == 1
