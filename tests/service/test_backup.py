"""A backup under load, put back on a new machine: runs go on, and every message is there once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.service.conftest import Records, kill, processes, wait_until
from tests.service.test_killed import filled, order, same_on_both
from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.testing.cutting_proxy import CuttingProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.planned_migration import Order, plan_in
from trasloco.testing.service import Service
from trasloco.testing.wire_faults import Delay, Way

PASSPHRASE = "a passphrase of some length\n"
SLOW = Delay(Way.TO_CLIENT, 0.6)


def elsewhere(tmp_path: Path) -> Service:
    """A new machine: another state directory, another port, nothing else."""
    directory = tmp_path / "new"
    directory.mkdir()
    return Service(directory)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_backup_made_under_load_goes_on_on_a_new_machine_and_doubles_nothing(
    service: Service, tmp_path: Path, dovecot_source: Dovecot, dovecot_destination: Dovecot
) -> None:
    logins = filled(dovecot_source, "restored", 120)
    records = Records(service)
    backup = tmp_path / "backup"
    with CuttingProxy(dovecot_source.host, dovecot_source.port) as proxy:
        proxy.arm(SLOW)
        code = plan_in(
            service.state, order(logins, (proxy.host, proxy.port), dovecot_destination, dovecot_source.password, second_minutes=60)
        )
        wait_until(lambda: records.messages() >= 40, f"the first messages arrived\n{service.log[-4000:]}")
        said = service.run("backup", str(backup), "--passphrase-file", "-", stdin=PASSPHRASE).stdout
        assert "sealed by the passphrase" in said
        at_the_backup = records.messages()
        wait_until(lambda: records.messages() >= at_the_backup + 40, "it went on after the backup")
        assert records.states(code)[0] == "running"
        for pid in processes(service).values():
            kill(pid)
        new = elsewhere(tmp_path)
        try:
            said = new.run("restore", str(backup), "--passphrase-file", "-", stdin=PASSPHRASE).stdout
            assert "Restored as of" in said
            assert (new.state / "master.key").read_text() == (service.state / "master.key").read_text()
            assert (new.state / "proof.key").exists() == (service.state / "proof.key").exists()
            with EmbeddedPostgres(new.state).running():
                assert Records(new).messages() < at_the_backup + 40  # it is older than what is on the destination
            proxy.arm()
            new.start()
            restored = Records(new)
            wait_until(lambda: restored.states(code)[0] == "completed", f"the run ended\n{new.log[-4000:]}", 240)
            same_on_both(dovecot_source, dovecot_destination, logins)
            restored.ask("UPDATE trasloco_run SET due_at = now() WHERE number = 2")
            wait_until(lambda: restored.states(code) == ["completed"] * 2, f"the second run ended\n{new.log[-4000:]}", 240)
            same_on_both(dovecot_source, dovecot_destination, logins)
            fates = restored.ask("SELECT sum(copied + adopted), sum(refused) FROM trasloco_folder_tally GROUP BY transfer_id")
            assert fates == [(120, 0)] * 6
            assert "Traceback" not in new.output + new.log
        finally:
            new.remove()


def test_without_a_passphrase_the_keys_stay_behind_and_it_is_said_where(service: Service, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    plan_in(service.state, Order(first_run_at="2099-01-01T00:00:00+00:00"))
    said = service.run("backup", str(backup)).stdout
    assert "The keys are not in it" in said
    assert str(service.state / "master.key") in said
    assert sorted(path.name for path in backup.iterdir()) == ["backup.json", "database.dump"]
    assert {path.stat().st_mode & 0o777 for path in backup.iterdir()} == {0o600}
    assert backup.stat().st_mode & 0o777 == 0o700
    assert "is there already" in service.run("backup", str(backup), expect=3).stderr
    new = elsewhere(tmp_path)
    try:
        said = new.run("restore", str(backup)).stdout
        assert "without master.key" in said
        assert "protected by master key" in new.run("worker", expect=3).stderr
    finally:
        new.remove()


def test_what_cannot_be_restored_is_said_and_nothing_is_changed(service: Service, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    service.run("backup", str(backup), "--passphrase-file", "-", stdin=PASSPHRASE)
    assert "There is a database here already" in service.run("restore", str(backup), expect=3).stderr
    new = elsewhere(tmp_path)
    try:
        said = new.run("restore", str(backup), "--passphrase-file", "-", stdin="another passphrase\n", expect=3).stderr
        assert "The passphrase does not open" in said
        new.state.mkdir(exist_ok=True)
        (new.state / "session.key").write_text("of somebody else")
        said = new.run("restore", str(backup), "--passphrase-file", "-", stdin=PASSPHRASE, expect=3).stderr
        assert "session.key is there already and is not that of the backup" in said
        (new.state / "session.key").unlink()
        manifest = json.loads((backup / "backup.json").read_text())
        (backup / "backup.json").write_text(json.dumps(manifest | {"schema": [*manifest["schema"], "9999_of_tomorrow"]}))
        assert "made by a newer Trasloco" in new.run("restore", str(backup), expect=3).stderr
        assert not [path.name for path in new.state.iterdir() if path.name.startswith(("postgres", "master"))]
        (backup / "backup.json").write_text(json.dumps(manifest | {"postgres": 99}))
        said = new.run("restore", str(backup), "--passphrase-file", "-", stdin=PASSPHRASE, expect=3).stderr
        assert "The backup was made of PostgreSQL 99, and this database is" in said
        assert not (new.state / "master.key").exists()
        (backup / "backup.json").write_text(json.dumps(manifest))
        with (backup / "database.dump").open("ab") as dump:
            dump.write(b"x")
        assert "it is damaged" in new.run("restore", str(backup), expect=3).stderr
        (backup / "database.dump").unlink()
        assert "is not a whole backup" in new.run("restore", str(backup), expect=3).stderr
    finally:
        new.remove()
