"""An upgrade with runs in progress: tomorrow's panel and worker beside today's worker, on one database.

Tomorrow's version is today's with one migration more, of the kind that is allowed (``test_migrations_are_additive``): it adds a
column that may be NULL and one with a default to each table that workers write, a table and an index.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.conftest import wait_until
from tests.service.test_killed import filled, order, same_on_both
from trasloco.records import migrations
from trasloco.testing.cutting_proxy import CuttingProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.fleet import Fleet
from trasloco.testing.free_ports import free_ports
from trasloco.testing.wire_faults import Delay, Way

SLOW = Delay(Way.TO_CLIENT, 1.0)
COUNT = "SELECT count(*) FROM trasloco_ledger_message"
APPLIED = "SELECT name FROM django_migrations WHERE name = '9999_tomorrow'"

# The migration of a version that does not exist yet, and a command of that version.
TOMORROW = """
from django.db import migrations, models

TABLES = ["account", "run", "transfer", "ledgerfolder", "ledgerintent", "foldertally", "logentry", "mail", "mailmigration"]

class Migration(migrations.Migration):
    dependencies = [("trasloco_records", "LAST")]
    operations = [
        *(migrations.AddField(table, "tomorrow", models.IntegerField(null=True)) for table in TABLES),
        *(migrations.AddField(table, "always", models.CharField(max_length=8, default="", db_default="x")) for table in TABLES),
        migrations.RunSQL("ALTER TABLE trasloco_ledger_message ADD COLUMN always varchar(8) NOT NULL DEFAULT 'x'"),
        migrations.CreateModel("Tomorrow", [("id", models.BigAutoField(primary_key=True)), ("words", models.TextField())]),
        migrations.AddIndex("transfer", models.Index(fields=["tomorrow"], name="trasloco_tomorrow")),
    ]
"""
COMMAND = """
import sys
import trasloco.records
trasloco.records.__path__.insert(0, sys.argv.pop(1))
from trasloco.project.cli import main
main()
"""


class Tomorrow:
    """Commands of the next version, on the fleet's database."""

    def __init__(self, fleet: Fleet, directory: Path) -> None:
        self._fleet, self._directory = fleet, directory
        self._started: list[subprocess.Popen[bytes]] = []
        known = Path(migrations.__path__[0])
        package = directory / "migrations"
        package.mkdir(parents=True)
        for path in known.glob("*.py"):
            (package / path.name).symlink_to(path)
        last = max(path.stem for path in known.glob("0*.py"))
        (package / "9999_tomorrow.py").write_text(TOMORROW.replace("LAST", last))

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        state = self._directory / f"state-{len(self._started)}"
        state.mkdir()
        with (state / "said").open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, str(self._directory), *words],
                env=os.environ | self._fleet.environment | {"TRASLOCO_STATE_DIR": str(state)},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        self._started.append(process)
        return process

    def said(self) -> str:
        return "\n".join(path.read_text("utf-8", "replace") for path in sorted(self._directory.glob("state-*/*")) if path.is_file())

    def end(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_old_worker_goes_on_while_and_after_a_new_version_changes_the_schema(
    fleet: Fleet, tmp_path: Path, dovecot_source: Dovecot, dovecot_destination: Dovecot
) -> None:
    logins = filled(dovecot_source, "upgrade", 100)
    tomorrow = Tomorrow(fleet, tmp_path / "tomorrow")

    def goes_on(after: str) -> None:
        before = fleet.ask(COUNT)[0][0]
        wait_until(
            lambda: fleet.ask(COUNT)[0][0] >= before + 8, f"messages arrived after {after}\n{old.log[-3000:]}\n{tomorrow.said()[-3000:]}"
        )

    try:
        with CuttingProxy(dovecot_source.host, dovecot_source.port) as proxy:
            proxy.arm(SLOW)
            fleet.plan(order(logins, (proxy.host, proxy.port), dovecot_destination, dovecot_source.password, second_minutes=None))
            old = fleet.start("--concurrency", "2")
            goes_on("the start")
            panel = tomorrow.start("panel", "--port", str(free_ports(1)[0]))
            new = tomorrow.start("worker", "--concurrency", "1")
            wait_until(lambda: fleet.ask(APPLIED) == [("9999_tomorrow",)], f"one of the two has changed the schema\n{tomorrow.said()}")
            goes_on("the schema was changed")
            workers = "SELECT count(DISTINCT worker) FROM trasloco_transfer WHERE status = 'running'"
            wait_until(lambda: fleet.ask(workers) == [(2,)], f"both versions work\n{tomorrow.said()[-3000:]}")
            goes_on("both worked")
            assert (panel.poll(), new.poll()) == (None, None), tomorrow.said()
            late = fleet.start()
            assert late.process.wait(120) == 3  # an old one that is only now started sees that it is old
            assert "newer Trasloco" in (late.state / "said").read_text()
            assert old.drain()[0] == 0
            goes_on("the old worker was stopped")
            proxy.arm()
            wait_until(
                lambda: fleet.ask("SELECT status FROM trasloco_run") == [("completed",)], f"it ended\n{tomorrow.said()[-3000:]}", 240
            )
        same_on_both(dovecot_source, dovecot_destination, logins)
        assert fleet.ask("SELECT sum(copied), sum(adopted), sum(refused) FROM trasloco_folder_tally") == [(300, 0, 0)]
        assert "Traceback" not in old.log + tomorrow.said()
        assert fleet.ask("SELECT count(*) FROM trasloco_ledger_message WHERE always = 'x'") == [(300,)]
    finally:
        tomorrow.end()
