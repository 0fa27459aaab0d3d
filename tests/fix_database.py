"""The database for tests: one embedded server for the session (or DATABASE_URL's), empty tables for each test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from tests.leak_hunt import LeakHunt
from trasloco.project.database import Database, prepare
from trasloco.records.connection_pool import Pool, connection_pool
from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.records.key_ring import KeyRing


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
        yield database


@pytest.fixture
def clean_database(database: Database) -> Iterator[Database]:
    """The same database; after the test all our rows are gone."""
    from django.db import close_old_connections

    close_old_connections()  # a test before may have cut it
    yield database
    from trasloco.records.ledger_place import PARENT, SHARED
    from trasloco.records.models import Installation

    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        own = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass AND inhrelid <> %s::regclass"
        for (partition,) in connection.execute(own, [PARENT, SHARED]).fetchall():
            connection.execute(f"DROP TABLE {partition}")
        connection.execute(
            "TRUNCATE trasloco_migration, trasloco_account, trasloco_run, trasloco_transfer, trasloco_ledger_folder,"
            " trasloco_ledger_message, trasloco_ledger_intent, trasloco_folder_tally, trasloco_log_entry, trasloco_verification,"
            " trasloco_customer, trasloco_person, trasloco_destination_system, trasloco_domain, trasloco_history_entry, trasloco_mail,"
            " trasloco_cache, trasloco_installation, trasloco_fetched_bytes, trasloco_host_pace,"
            " trasloco_api_token, trasloco_api_answer, trasloco_webhook, django_session, account_emailaddress, mfa_authenticator,"
            " procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers, procrastinate_workers CASCADE"
        )
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


def _search(hunt: LeakHunt, state: Path) -> None:
    hunt.search(state, EmbeddedPostgres(state).home.path)


def _remove(state: Path) -> None:
    if (state / "postgres.log").exists():
        EmbeddedPostgres(state).remove()
    shutil.rmtree(state)
