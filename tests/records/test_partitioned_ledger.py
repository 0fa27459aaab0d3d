"""The upgrade to partitions, with a worker of the version before at work all along: it goes on, and no row is written anew.

Its statements are those of ``ledger_sql`` over the table's old name, on connections with plans made before; the schema is the one
before the change, and is then changed as a new version's start does it.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from trasloco.engine.fate import Fate
from trasloco.engine.ledger import MessageRow
from trasloco.project.database import Database
from trasloco.records import ledger_sql
from trasloco.records.connection_pool import connection_pool

NAME, BEFORE_IT = "upgraded_ledger", "ledger_before"
PARENT, SHARED, EACH = "trasloco_ledger_message", "trasloco_ledger_message_shared", 2**32
# A start of the version before, as far as the schema is concerned, and one of this version before its wall is built.
BEFORE = """
import os, django
from trasloco.project import database
os.environ["DJANGO_SETTINGS_MODULE"] = database.SETTINGS_MODULE
django.setup()
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
loader = MigrationLoader(None)
(name,) = [name for _, name in loader.disk_migrations if name.endswith("_partitioned_ledger")]
(before,) = [name for app, name in loader.disk_migrations["trasloco_records", name].dependencies if app == "trasloco_records"]
call_command("migrate", "trasloco_records", before, verbosity=0)
for app in sorted(loader.migrated_apps - {"trasloco_records"}):
    call_command("migrate", app, verbosity=0)
from trasloco.records import wall
assert wall.build(os.environ["DATABASE_URL"]) == ""
"""
AFTER = """
import os, django
from trasloco.project import database
os.environ["DJANGO_SETTINGS_MODULE"] = database.SETTINGS_MODULE
django.setup()
assert database.migrate(database.current())
"""
# Values of columns that may not be NULL, by their type.
ANY: dict[str, Any] = {
    "boolean": False,
    "bigint": 1,
    "integer": 1,
    "smallint": 1,
    "double precision": 0.0,
    "jsonb": "{}",
    "ARRAY": "{}",
    "bytea": b"",
    "timestamp with time zone": "2026-01-01T00:00Z",
}


@pytest.fixture(scope="module")
def before(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A database with the schema before the change, as a template."""
    with psycopg.connect(database.conninfo, autocommit=True) as administrator:
        _remove(administrator, BEFORE_IT)
        administrator.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(BEFORE_IT)))
        start(BEFORE, make_conninfo(database.conninfo, dbname=BEFORE_IT), tmp_path_factory.mktemp("before"))
        yield
        _remove(administrator, BEFORE_IT)
        administrator.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(f"{BEFORE_IT}_panel")))


@pytest.fixture
def old(database: Database, before: None) -> Iterator[str]:
    """The conninfo of such a database."""
    with psycopg.connect(database.conninfo, autocommit=True) as administrator:
        _remove(administrator, NAME)
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        administrator.execute(create.format(sql.Identifier(NAME), sql.Identifier(BEFORE_IT)))
        yield make_conninfo(database.conninfo, dbname=NAME)
        _remove(administrator, NAME)


@pytest.fixture(autouse=True)
def statements_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns that came after the version before: its statements do not name them."""
    text = ledger_sql.BIND.replace("destination_uidnext, departed", "destination_uidnext, 0 AS departed")
    text = text.replace("tally = NULL,\n        departed = 0", "tally = NULL")
    assert "departed =" not in text
    monkeypatch.setattr(ledger_sql, "BIND", text)


def _remove(administrator: psycopg.Connection[Any], name: str) -> None:
    administrator.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def start(version: str, conninfo: str, directory: Path) -> None:
    environment = os.environ | {
        "DATABASE_URL": conninfo,
        "TRASLOCO_STATE_DIR": str(directory),
        "TRASLOCO_MASTER_KEY_FILE": str(directory / "key"),
    }
    done = subprocess.run([sys.executable, "-c", version], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def insert(connection: psycopg.Connection[Any], table: str, **given: Any) -> None:
    """A row with these values, and any where the schema demands one."""
    wanted = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s AND is_nullable = 'NO'"
        " AND column_default IS NULL",
        [table],
    )
    values = {name: ANY.get(kind, "") for name, kind in wanted.fetchall()} | given
    names = sql.SQL(", ").join(map(sql.Identifier, values))
    places = sql.SQL(", ").join([sql.Placeholder()] * len(values))
    connection.execute(sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table), names, places), list(values.values()))


def running(conninfo: str, number: int) -> None:
    """A migration of one account with a running transfer; all ids are the number."""
    with psycopg.connect(conninfo) as connection:
        insert(connection, "trasloco_migration", id=number, code=f"m{number}", settings="{}", destination="{}")
        insert(connection, "trasloco_account", id=number, migration_id=number)
        insert(connection, "trasloco_run", id=number, migration_id=number, number=1, status="running")
        insert(connection, "trasloco_transfer", id=number, run_id=number, account_id=number, fence=1, status="running")


class OldWorker(threading.Thread):
    """Binds folders of an account and writes batches, as fast as it may, over the table's old name."""

    def __init__(self, conninfo: str, number: int) -> None:
        super().__init__(daemon=True)
        self._conninfo, self._number = conninfo, number
        self.leave = threading.Event()
        self.batches, self.failed = 0, ""
        self.longest = 0.0

    def run(self) -> None:
        try:
            asyncio.run(self._work())
        except Exception as error:
            self.failed = repr(error)

    async def _work(self) -> None:
        from trasloco.records.postgres_ledger import PostgresLedger

        async with connection_pool(self._conninfo, size=1) as pool:
            ledger = PostgresLedger(pool, account_id=self._number, transfer_id=self._number, fence=1)
            ledger._table = PARENT
            while not self.leave.is_set():
                began = time.monotonic()
                if self.batches % 10 == 0:
                    folder = await ledger.bind(b"%d" % self.batches, b"there")
                uid = self.batches * 5 + 1
                intent = await ledger.begin(folder.id, 1, uid, range(uid, uid + 5))
                rows = [MessageRow(each, Fate.COPIED, 1, destination_uid=each, size=7) for each in range(uid, uid + 5)]
                await ledger.settle(intent, rows)
                assert [page async for page in ledger.known(folder.id)]
                self.batches += 1
                self.longest = max(self.longest, time.monotonic() - began)

    def goes_on(self) -> None:
        wanted, end = self.batches + 20, time.monotonic() + 120
        while self.batches < wanted:
            assert not self.failed, self.failed
            assert time.monotonic() < end, "it writes no more"
            time.sleep(0.05)


def ask(conninfo: str, question: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(conninfo) as connection:
        return connection.execute(question.encode(), values).fetchall()


FILE = "SELECT relfilenode FROM pg_class WHERE oid = %s::regclass"


@pytest.mark.timeout(400)
def test_an_old_worker_writes_while_and_after_its_table_becomes_a_partition(old: str, tmp_path: Path) -> None:
    running(old, 1)
    worker = OldWorker(old, 1)
    worker.start()
    try:
        worker.goes_on()
        file = ask(old, FILE, PARENT)
        start(AFTER, old, tmp_path)
        worker.goes_on()
    finally:
        worker.leave.set()
        worker.join(60)
    assert worker.failed == ""
    assert worker.longest < 60
    assert ask(old, FILE, SHARED) == file, "no row was written anew"
    assert ask(old, "SELECT relkind::text FROM pg_class WHERE oid = %s::regclass", PARENT) == [("p",)]
    assert ask(old, "SELECT count(*) FROM trasloco_ledger_message") == [(worker.batches * 5,)]
    assert ask(old, "SELECT count(*) FROM trasloco_ledger_intent") == [(0,)]
    assert ask(old, "SELECT max(id) < %s FROM trasloco_ledger_folder", EACH) == [(True,)]
    assert ask(old, "SELECT ledger_from FROM trasloco_migration") == [(0,)], "what an old worker has begun stays among others"


@pytest.mark.timeout(400)
def test_pages_of_the_old_panel_see_what_they_saw_and_nothing_else(old: str, tmp_path: Path) -> None:
    """By the role that its wall has made; the new version's panel has not been started yet."""
    for number in (1, 2):
        running(old, number)
        with psycopg.connect(old) as connection:
            insert(connection, "trasloco_customer", id=number, name=str(number))
            connection.execute("UPDATE trasloco_migration SET customer_id = %s WHERE id = %s", [number, number])
            insert(connection, "trasloco_ledger_folder", id=number, account_id=number)
            insert(connection, PARENT, folder_id=number, source_uid=1)
    start(AFTER, old, tmp_path)
    with psycopg.connect(old) as connection:
        connection.execute("SELECT set_config('role', %s, false), set_config('trasloco.customer', '1', false)", [f"{BEFORE_IT}_panel"])
        assert connection.execute("SELECT folder_id FROM trasloco_ledger_message").fetchall() == [(1,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"SELECT folder_id FROM {SHARED}")


# As the version before removes the rows of a deleted migration.
PIECE = """DELETE FROM trasloco_ledger_message WHERE ctid = ANY(ARRAY(SELECT ctid FROM trasloco_ledger_message
WHERE folder_id IN (SELECT id FROM trasloco_ledger_folder WHERE account_id = %s) LIMIT 20000))"""


@pytest.mark.timeout(400)
def test_the_version_before_cannot_remove_rows_by_addresses_that_those_of_others_have_too(old: str, tmp_path: Path) -> None:
    running(old, 1)
    running(old, 2)
    start(AFTER, old, tmp_path)
    with psycopg.connect(old, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE of_two (LIKE {PARENT} INCLUDING ALL)")
        connection.execute(f"ALTER TABLE {PARENT} ATTACH PARTITION of_two FOR VALUES FROM ({2 * EACH}) TO ({3 * EACH})")
        connection.execute("UPDATE trasloco_migration SET ledger_from = %s WHERE id = 2", [2 * EACH])
        for number in (1, 2):
            insert(connection, "trasloco_ledger_folder", id=number, account_id=number)
        folders = [folder for (folder,) in connection.execute("SELECT id FROM trasloco_ledger_folder ORDER BY 1").fetchall()]
        assert folders == [1, 2 * EACH + 2]
        for folder in folders:
            insert(connection, PARENT, folder_id=folder, source_uid=1)
        same = "SELECT count(*), count(DISTINCT ctid) FROM trasloco_ledger_message"
        assert connection.execute(same).fetchone() == (2, 1), "two rows with the same address"
        with pytest.raises(psycopg.errors.RaiseException, match="a newer version of Trasloco removes them"):
            connection.execute(PIECE, [1])
        connection.execute("DELETE FROM trasloco_ledger_message WHERE folder_id = 1")
        assert connection.execute("SELECT folder_id FROM trasloco_ledger_message").fetchall() == [(folders[1],)]


@pytest.mark.timeout(400)
def test_a_change_that_had_to_give_up_half_way_is_done_again(old: str, tmp_path: Path) -> None:
    """A long report holds the table against its last step but one; those before are done, and found done."""
    running(old, 1)
    with psycopg.connect(old) as report:
        report.execute("SELECT count(*) FROM trasloco_ledger_message")
        changing = threading.Thread(target=start, args=(AFTER, old, tmp_path))
        changing.start()
        end = time.monotonic() + 120
        seen = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'trasloco_migration' AND column_name = 'ledger_from'"
        while ask(old, seen) != [(1,)]:
            assert time.monotonic() < end
            time.sleep(0.2)
        time.sleep(3)  # longer than one try waits
        assert ask(old, "SELECT relkind::text FROM pg_class WHERE oid = %s::regclass", PARENT) == [("r",)]
    changing.join(200)
    assert ask(old, "SELECT relkind::text FROM pg_class WHERE oid = %s::regclass", PARENT) == [("p",)]
