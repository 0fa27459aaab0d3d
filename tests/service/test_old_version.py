"""An upgrade from a version that was really in use, as the history of this repository has it, with runs in progress.

The old version plans a migration and works on it; the new version's panel changes the schema under it and plans another one; the new
version's worker joins. Accounts go over from old to new and from new to old in the middle, then the old worker is drained and the new one
makes the second runs of all: nothing is lost, nothing is doubled, and what the old version wrote down is understood.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.service.conftest import wait_until
from tests.service.test_killed import FOLDERS, order, same_on_both
from trasloco.client.answers import AskingFailed
from trasloco.client.api_client import ApiClient
from trasloco.records import migrations
from trasloco.secret import Secret
from trasloco.testing.api_token import token_in
from trasloco.testing.cutting_proxy import CuttingProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.fleet import Fleet, Worker
from trasloco.testing.free_ports import free_ports
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.old_version import NoOldVersion, OldVersion
from trasloco.testing.planned_migration import PERSON
from trasloco.testing.wire_faults import Delay, Way

OLD = "6c8eec00c1dcee9ab26c886527e0d353304db6b9"
"""Of main, with schema 0017. One upgrade goes from a version to the next: with each release this becomes the one before."""

SLOW = Delay(Way.TO_CLIENT, 1.0)
MESSAGES = 240  # of each account: what a version has under way must last until the other one is there
APPLIED = "SELECT name FROM django_migrations WHERE app = 'trasloco_records' ORDER BY name"
RUNNING = """SELECT DISTINCT t.worker FROM trasloco_transfer t JOIN trasloco_run r ON r.id = t.run_id
JOIN trasloco_migration m ON m.id = r.migration_id WHERE t.status = 'running' AND m.code = %s"""
BROUGHT = """SELECT count(*) FROM trasloco_ledger_message l JOIN trasloco_ledger_folder f ON f.id = l.folder_id
JOIN trasloco_account a ON a.id = f.account_id JOIN trasloco_migration m ON m.id = a.migration_id WHERE m.code = %s"""
RUNS = "SELECT r.status FROM trasloco_run r JOIN trasloco_migration m ON m.id = r.migration_id WHERE m.code = %s ORDER BY r.number"
WORKERS = """SELECT t.worker FROM trasloco_transfer t JOIN trasloco_run r ON r.id = t.run_id WHERE r.number = %s"""
FATES = """SELECT sum(y.copied), sum(y.adopted), sum(y.refused) FROM trasloco_folder_tally y
JOIN trasloco_transfer t ON t.id = y.transfer_id JOIN trasloco_run r ON r.id = t.run_id WHERE r.number = %s"""


@pytest.fixture
def old_version(tmp_path: Path) -> OldVersion:
    try:
        return OldVersion(tmp_path / "old", OLD)
    except NoOldVersion as reason:
        pytest.skip(str(reason))


def filled(server: Dovecot, name: str, accounts: int) -> list[str]:
    logins = [f"{name}-{number}@old.example" for number in range(accounts)]
    for login in logins:
        with MailboxFiller(server.host, server.port, login, server.password) as filler:
            filler.fill(Letters(login), MESSAGES, FOLDERS)
    return logins


class Upgrade:
    """What happens to the two migrations, and what all processes said."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.processes: list[Worker] = []

    def start(self, *words: str, command: str = "worker", version: OldVersion | None = None) -> Worker:
        self.processes.append(self.fleet.start(*words, command=command, environment=version.environment if version else None))
        return self.processes[-1]

    @property
    def said(self) -> str:
        return "\n".join(process.said[-3000:] + process.log[-3000:] for process in self.processes)

    def goes_on(self, code: str, after: str) -> None:
        before = self.fleet.ask(BROUGHT, code)[0][0]
        wait_until(lambda: self.fleet.ask(BROUGHT, code)[0][0] >= before + 8, f"messages of {code} arrived after {after}\n{self.said}")

    def workers(self, code: str) -> set[object]:
        """Who has accounts of the migration under way."""
        return {row[0] for row in self.fleet.ask(RUNNING, code)}

    def ended(self, code: str, *states: str) -> None:
        found = [(state,) for state in states]
        wait_until(lambda: self.fleet.ask(RUNS, code) == found, f"{code} came to {states}\n{self.said}", 300)


def answers(port: int, token: str, code: str) -> bool:
    """Does the panel there say how the migration stands?"""
    try:
        return bool(ApiClient(f"http://127.0.0.1:{port}", Secret(token), pauses=()).get(f"/migrations/{code}/figures")["letters"])
    except AskingFailed:
        return False


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_runs_go_on_through_an_upgrade_from_a_real_old_version(
    fleet: Fleet, old_version: OldVersion, dovecot_source: Dovecot, dovecot_destination: Dovecot
) -> None:
    upgrade = Upgrade(fleet)
    source, password = (dovecot_source.host, dovecot_source.port), dovecot_source.password
    early, late = filled(dovecot_source, "early", 4), filled(dovecot_source, "late", 2)
    ports = free_ports(2)
    with CuttingProxy(*source) as first, CuttingProxy(*source) as second:
        first.arm(SLOW)
        second.arm(SLOW)

        # The old version alone: its schema, its plan, its panel, its worker with three of the four accounts.
        wanted = order(early, (first.host, first.port), dovecot_destination, password, second_minutes=60)
        begun = fleet.plan(wanted, environment=old_version.environment)
        token = token_in(fleet.conninfo, PERSON)
        assert [row[0] for row in fleet.ask(APPLIED)] == old_version.migrations
        old_panel = upgrade.start("--port", str(ports[0]), command="panel", version=old_version)
        old = upgrade.start("--concurrency", "3", version=old_version)
        upgrade.goes_on(begun, "the old version had started")
        wait_until(lambda: answers(ports[0], token, begun), f"the old panel answers\n{upgrade.said}")
        its_own = upgrade.workers(begun)
        assert len(its_own) == 1

        # The new version's panel changes the schema under the old worker, and plans one more migration.
        new_panel = upgrade.start("--port", str(ports[1]), command="panel")
        today = sorted(path.stem for path in Path(migrations.__path__[0]).glob("[0-9]*.py"))
        wait_until(lambda: [row[0] for row in fleet.ask(APPLIED)] == today, f"the schema was changed\n{upgrade.said}")
        wait_until(lambda: answers(ports[1], token, begun), f"the new panel answers\n{upgrade.said}")
        upgrade.goes_on(begun, "the schema was changed")
        assert upgrade.workers(begun) == its_own
        assert answers(ports[0], token, begun)
        planned = fleet.plan(order(late, (second.host, second.port), dovecot_destination, password, second_minutes=60))

        # The new version's worker joins: it has the fourth account of the old plan, and those of the new one.
        new = upgrade.start("--concurrency", "3")
        wait_until(lambda: len(upgrade.workers(begun)) == 2, f"both versions work on the old plan\n{upgrade.said}")
        wait_until(lambda: upgrade.workers(planned), f"the new version works on the new plan\n{upgrade.said}")
        assert upgrade.workers(planned).isdisjoint(its_own)
        upgrade.goes_on(begun, "both versions worked")
        upgrade.goes_on(planned, "both versions worked")

        # From new to old: the new worker is drained, and when the old one has its hands free it has those of the new plan.
        assert new.drain()[0] == 0
        first.arm()
        wait_until(lambda: upgrade.workers(planned) == its_own, f"the old version went on with the new plan\n{upgrade.said}")
        upgrade.goes_on(planned, "the old version had taken over")

        # From old to new: an old worker cannot be started any more once the schema is newer; the one there is, is drained.
        if today != old_version.migrations:
            refused = upgrade.start(version=old_version)
            assert refused.process.wait(120) == 3
            assert "newer Trasloco" in refused.said
        newer = upgrade.start("--concurrency", "6")
        assert old.drain()[0] == 0
        wait_until(lambda: upgrade.workers(planned) - its_own, f"the new version went on with the new plan\n{upgrade.said}")
        upgrade.goes_on(planned, "the old worker had gone")
        second.arm()
        for code in (begun, planned):
            upgrade.ended(code, "completed", "planned")
        assert fleet.ask(FATES, 1) == [(6 * MESSAGES, 0, 0)]
        assert old_panel.drain()[0] == 0

        # The second runs are the new version's: it understands what the old one wrote down, and brings nothing twice.
        fleet.ask("UPDATE trasloco_run SET due_at = due_at - interval '3 hours' WHERE number = 2")
        for code in (begun, planned):
            upgrade.ended(code, "completed", "completed")
        assert {row[0] for row in fleet.ask(WORKERS, 2)}.isdisjoint(its_own)
        assert fleet.ask("SELECT count(*) FROM trasloco_ledger_intent") == [(0,)]
    same_on_both(dovecot_source, dovecot_destination, early + late)
    assert (new_panel.process.poll(), newer.process.poll()) == (None, None), upgrade.said
    assert all("Traceback" not in process.log + process.said for process in upgrade.processes), upgrade.said
