from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests.project.conftest import Command
from trasloco.project.exit_codes import ExitCode
from trasloco.testing.cutting_proxy import CuttingProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.snapshot import Snapshot
from trasloco.testing.wire_faults import Delay, Way


def words(command: Command, source: Dovecot, old: str, target: Dovecot, new: str, *more: str | Path) -> list[str | Path]:
    quote = str.maketrans({"@": "%40"})
    return [
        *("copy", "--from", f"imap://{old.translate(quote)}@{source.host}:{source.port}"),
        *("--from-password-file", command.secret("old.txt", source.password)),
        *("--to", f"imap://{new.translate(quote)}@{target.host}:{target.port}"),
        *("--to-password-file", command.secret("new.txt", target.password), "--tls", "off", *more),
    ]


def fill(server: Dovecot, user: str, count: int) -> None:
    with MailboxFiller(server.host, server.port, user, server.password) as filler:
        filler.fill(Letters(user), count)


def contents(server: Dovecot, user: str) -> object:
    return Snapshot.read(server.host, server.port, user, server.password).digests()


def test_it_copies_and_a_second_time_adopts(
    command: Command, dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]
) -> None:
    old, new = fresh_user(), fresh_user()
    fill(dovecot_source, old, 200)
    file = command.directory / "report.json"
    line = words(command, dovecot_source, old, dovecot_destination, new, "--report", file)
    for fate in ("copied", "adopted"):
        done = command(*line)
        assert done.returncode == ExitCode.OK, done.stdout + done.stderr
        assert "200 source messages in 1 account: 200 on the destination." in done.stdout
        report = json.loads(file.read_text("utf-8"))
        run = report["accounts"][0]["runs"][0]
        assert report["migration"] == "copy"
        assert (report["accounts"][0]["source"], report["accounts"][0]["destination"]) == (old, new)
        assert (run["status"], run["error"], run["messages"]["source"], run["messages"][fate]) == ("completed", None, 200, 200)
        assert sum(folder["messages"]["source"] for folder in run["folders"]) == 200
    assert contents(dovecot_source, old) == contents(dovecot_destination, new)


def test_killed_and_started_again_it_doubles_nothing(
    command: Command, dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]
) -> None:
    old, new = fresh_user(), fresh_user()
    fill(dovecot_source, old, 600)
    line = words(command, dovecot_source, old, dovecot_destination, new)
    for pause in (0.45, 0.6, 0.75):
        process = command.begin(*line)
        time.sleep(pause)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    done = command(*line)
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    assert contents(dovecot_source, old) == contents(dovecot_destination, new)


def test_a_wrong_password_fails_in_the_servers_words(
    command: Command, dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]
) -> None:
    line = words(command, dovecot_source, fresh_user(), dovecot_destination, fresh_user(), "--report", command.directory / "report.json")
    command.secret("new.txt", "not this one")
    done = command(*line)
    assert done.returncode == ExitCode.SOMETHING_FAILED
    assert "AUTHENTICATIONFAILED" in done.stdout
    assert "not this one" not in done.stdout + done.stderr
    run = json.loads((command.directory / "report.json").read_text("utf-8"))["accounts"][0]["runs"][0]
    assert run["status"] == "failed"
    assert "could not sign in" in run["error"]


def test_passwords_from_the_environment_and_a_rule(
    command: Command, dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]
) -> None:
    old, new = fresh_user(), fresh_user()
    fill(dovecot_source, old, 40)
    done = command(
        "copy",
        TRASLOCO_FROM=f"imap://{old.replace('@', '%40')}@{dovecot_source.host}:{dovecot_source.port}",
        TRASLOCO_TO=f"imap://{new.replace('@', '%40')}@{dovecot_destination.host}:{dovecot_destination.port}",
        TRASLOCO_FROM_PASSWORD=dovecot_source.password,
        TRASLOCO_TO_PASSWORD=dovecot_destination.password,
        TRASLOCO_COPY_TLS="off",
        TRASLOCO_SKIP_FOLDER="INBOX",
    )
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    assert " skipped" in done.stdout
    assert Snapshot.read(dovecot_destination.host, dovecot_destination.port, new, dovecot_destination.password)["INBOX"] == []


def test_ctrl_c_ends_it_cleanly(
    command: Command, dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]
) -> None:
    old = fresh_user()
    fill(dovecot_source, old, 1500)
    with CuttingProxy(dovecot_source.host, dovecot_source.port) as slow:
        slow.arm(Delay(Way.TO_CLIENT, 0.1))
        given = words(command, dovecot_source, old, dovecot_destination, fresh_user())
        there = f"{dovecot_source.host}:{dovecot_source.port}", f"{slow.host}:{slow.port}"
        process = command.begin(*(str(word).replace(*there) for word in given))
        while not slow.seen.commands["UID FETCH"]:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=20)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "Traceback" not in said
    assert "the same command goes on" in said
