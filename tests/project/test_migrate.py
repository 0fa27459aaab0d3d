from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.project.conftest import Command
from trasloco.project.exit_codes import ExitCode
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot


class Scene:
    """Some filled mailboxes, the CSV that names them and the command that moves them."""

    def __init__(self, command: Command, source: Dovecot, destination: Dovecot, logins: Sequence[str], messages: int) -> None:
        self.command, self.source, self.destination, self.logins = command, source, destination, logins
        self.report_file = command.directory / "report.json"
        for number, login in enumerate(logins):
            with self.filler(login) as filler:
                filler.fill(Letters(f"{login} {number}"), messages)
        self.csv = command.csv([[self.new(login), f"{source.host}:{source.port}", login, source.password] for login in logins])

    def new(self, login: str) -> str:
        return login.replace("@example.org", "@example.net")

    def filler(self, login: str) -> MailboxFiller:
        return MailboxFiller(self.source.host, self.source.port, login, self.source.password)

    def words(self, *more: str | Path) -> list[str | Path]:
        return ["migrate", self.csv, *self.command.destination(self.destination), "--report", self.report_file, *more]

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.report_file.read_text("utf-8"))
        return found

    def last_runs(self) -> list[dict[str, Any]]:
        return [account["runs"][-1] for account in self.report()["accounts"]]

    def compare(self) -> None:
        for login in self.logins:
            ours = Snapshot.read(self.source.host, self.source.port, login, self.source.password)
            theirs = Snapshot.read(self.destination.host, self.destination.port, self.new(login), self.destination.password)
            assert theirs.messages() == ours.messages()


@pytest.fixture
def scene(
    command: Command, dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]
) -> Callable[[int, int], Scene]:
    return lambda accounts, messages: Scene(command, dovecot_source, dovecot_destination, [fresh_user() for _ in range(accounts)], messages)


def test_the_same_command_brings_what_is_new(scene: Callable[[int, int], Scene]) -> None:
    stage = scene(3, 120)
    done = stage.command(*stage.words())
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    assert "360 source messages in 3 accounts: 360 on the destination." in done.stdout
    assert [run["messages"]["copied"] for run in stage.last_runs()] == [120, 120, 120]
    stage.compare()
    with stage.filler(stage.logins[0]) as filler:
        filler.append(("INBOX",), [Mail(letter.content, (), letter.date) for letter in Letters("new").take(5)])
        filler.store(("INBOX",), range(1, 9), "+FLAGS", "$Label5")
    done = stage.command(*stage.words())
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    assert [(run["number"], run["messages"]["copied"]) for run in stage.last_runs()] == [(2, 5), (2, 0), (2, 0)]
    assert [run["flags_changed"] for run in stage.last_runs()] == [8, 0, 0]
    assert [account["destination"] for account in stage.report()["accounts"]] == [stage.new(login) for login in stage.logins]
    stage.compare()


def test_two_runs_at_once(scene: Callable[[int, int], Scene]) -> None:
    stage = scene(2, 20)
    done = stage.command(*stage.words("--runs", "2"))
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    assert [len(account["runs"]) for account in stage.report()["accounts"]] == [2, 2]


def test_one_wrong_account_does_not_stop_the_others(scene: Callable[[int, int], Scene]) -> None:
    stage = scene(2, 30)
    lines = stage.csv.read_text("utf-8")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        lines += f"closed@example.net;127.0.0.1:{closed.getsockname()[1]};u;hush-hush\n"
    lines += f"wrong@example.net;{stage.source.host}:{stage.source.port};nobody@example.org;hush-hush\n"
    stage.csv.write_text(lines, "utf-8")
    done = stage.command(*stage.words())
    assert done.returncode == ExitCode.SOMETHING_FAILED
    assert [run["status"] for run in stage.last_runs()] == ["completed", "completed", "failed", "failed"]
    closed_run, wrong_run = stage.last_runs()[2:]
    assert "nothing answers" in closed_run["error"]
    assert "could not sign in" in wrong_run["error"]
    assert "2 accounts failed." in done.stdout
    assert "What needs attention" in done.stdout
    assert "hush-hush" not in done.stdout + done.stderr + stage.report_file.read_text("utf-8")
    stage.compare()


def test_stopped_it_goes_on_with_the_same_command(scene: Callable[[int, int], Scene]) -> None:
    stage = scene(4, 400)
    process = stage.command.begin(*stage.words())
    time.sleep(1.4)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert process.returncode in {ExitCode.INTERRUPTED, ExitCode.OK}, said
    assert "Traceback" not in said
    if process.returncode == ExitCode.INTERRUPTED:
        assert "the same command goes on where it was" in said
    done = stage.command(*stage.words())
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    stage.compare()


def test_killed_it_goes_on_with_the_same_command(scene: Callable[[int, int], Scene]) -> None:
    stage = scene(3, 400)
    for pause in (1.0, 1.3, 1.6):
        process = stage.command.begin(*stage.words())
        time.sleep(pause)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    done = stage.command(*stage.words())
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    stage.compare()


def test_a_wrong_csv_begins_nothing(command: Command, dovecot_destination: Dovecot) -> None:
    file = command.directory / "accounts.csv"
    file.write_text("anna@example.net;192.0.2.1;anna;hush\nanna@example.net;192.0.2.1;bob;hush\nx\n")
    done = command("migrate", file, *command.destination(dovecot_destination), "--report", command.directory / "report.json")
    assert done.returncode == ExitCode.USAGE
    assert "Nothing was begun" in done.stderr
    assert "line: 2" in done.stdout
    assert "line: 3" in done.stdout
    assert "hush" not in done.stdout + done.stderr
    assert not (command.directory / "report.json").exists()


def test_a_report_that_cannot_be_written_is_said_before_hours_of_work(command: Command, dovecot_destination: Dovecot) -> None:
    file = command.csv([["a@example.net", "192.0.2.1", "a", "b"]])
    done = command("migrate", file, *command.destination(dovecot_destination), "--report", command.directory / "no/where.json")
    assert done.returncode == ExitCode.USAGE
    assert "there is no directory" in done.stderr


def test_without_its_database_it_says_so(scene: Callable[[int, int], Scene]) -> None:
    stage = scene(1, 1)
    done = stage.command(*stage.words(), DATABASE_URL="postgres://nobody@127.0.0.1:1/none")
    assert done.returncode == ExitCode.BROKEN
    assert "database" in done.stderr


def test_the_master_of_the_source_opens_all_mailboxes(
    command: Command, dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str
) -> None:
    assert dovecot_source.master is not None
    name, password = dovecot_source.master
    with MailboxFiller(dovecot_source.host, dovecot_source.port, user, dovecot_source.password) as filler:
        filler.fill(Letters(user), 25)
    file = command.csv([[f"{user}.net", f"{dovecot_source.host}:{dovecot_source.port}", user, password, name]])
    done = command("migrate", file, *command.destination(dovecot_destination))
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    assert "25 source messages in 1 account: 25 on the destination." in done.stdout
