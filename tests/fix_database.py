"""The database for tests: one embedded server for the session (or DATABASE_URL's), empty tables for each test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.leak_hunt import LeakHunt
from trasloco.project.database import Database, prepare
from trasloco.records.connection_pool import Pool, connection_pool
from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.records.key_ring import KeyRing

FILLED_BY_MIGRATIONS = {"django_migrations", "django_content_type", "auth_permission"}
"""Tables whose rows stay; ``trasloco_installation`` has its one row made anew."""


@pytest.fixture(scope="session")
def database(leak_hunt: LeakHunt) -> Iterator[Database]:
    """Django set up and the schema made, in a state directory of its own; the environment is left as it was."""
    state = Path(tempfile.mkdtemp(prefix="trasloco-test-"))
    with ExitStack() as stack:
        stack.callback(_remove, state)
        stack.callback(_search, leak_hunt, state)  # when the server is down: all it knows is on the disk
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TRASLOCO_STATE_DIR", str(state))
            patch.setenv("TRASLOCO_MASTER_KEY_FILE", str(state / "master.key"))
            database = stack.enter_context(prepare())
        if database.embedded:
            _flush_nothing(database)
        yield database


@pytest.fixture(scope="session")
def emptying(database: Database) -> sql.Composed:
    """Statements that take every row a test may have made. Waits for whoever is still writing, as TRUNCATE does, but takes 2 ms
    instead of 100: no file is made anew for each table and index."""
    from trasloco.records.ledger_place import PARENT

    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    tables = [sql.Identifier(name) for (name,) in sorted(found) if name not in FILLED_BY_MIGRATIONS]
    lock = sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.SQL(", ").join(tables))
    rows = [table for table in tables if table != sql.Identifier(PARENT)]  # its rows are in its partitions
    return sql.SQL("; ").join([lock, *(sql.SQL("DELETE FROM {}").format(table) for table in rows)])


@pytest.fixture
def clean_database(database: Database, emptying: sql.Composed) -> Iterator[Database]:
    """The same database; after the test all rows are gone but those that the migrations made."""
    from django.db import close_old_connections

    close_old_connections()  # a test before may have cut it
    yield database
    from trasloco.records.ledger_place import PARENT, SHARED
    from trasloco.records.models import Installation

    with psycopg.connect(database.conninfo) as connection:
        own = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass AND inhrelid <> %s::regclass"
        for (partition,) in connection.execute(own, [PARENT, SHARED]).fetchall():
            connection.execute(f"DROP TABLE {partition}")
        connection.execute(emptying)
    close_old_connections()
    Installation.objects.create(pk=1)


@pytest.fixture
async def pool(clean_database: Database) -> AsyncIterator[Pool]:
    """The worker's pool on that database."""
    async with connection_pool(clean_database.conninfo, size=4) as pool:
        yield pool


@pytest.fixture(scope="session")
def ring(database: Database) -> KeyRing:
    """The key ring Django's settings name."""
    from django.conf import settings

    return KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE)


def _flush_nothing(database: Database) -> None:
    """A commit does not wait for the disk: this server dies with the tests, and no test loses the machine."""
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")


def _search(hunt: LeakHunt, state: Path) -> None:
    hunt.search(state, EmbeddedPostgres(state).home.path)


def _remove(state: Path) -> None:
    if (state / "postgres.log").exists():
        EmbeddedPostgres(state).remove()
    shutil.rmtree(state)
