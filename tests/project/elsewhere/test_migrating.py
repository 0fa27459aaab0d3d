"""A CSV given to another Trasloco by command, from the upload to the proof, between real servers."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from tests.project.elsewhere.conftest import Elsewhere
from tests.service.conftest import wait_until
from tests.service.test_killed import filled, same_on_both
from trasloco.testing.dovecot import Dovecot

COUNT = 20
RUNS = "SELECT count(*) FROM trasloco_run r JOIN trasloco_migration m ON m.id = r.migration_id WHERE m.code = %s"


def code_in(said: str) -> str:
    found = re.search(r"Migration (\w{8})", said)
    assert found, said
    return found[1]


@pytest.mark.slow
def test_a_csv_is_moved_by_another_trasloco_as_by_this_one(
    elsewhere: Elsewhere, dovecot_source: Dovecot, dovecot_destination: Dovecot
) -> None:
    logins = filled(dovecot_source, "remote", COUNT)
    accounts = elsewhere.csv(dovecot_source, logins)
    report = elsewhere.directory / "report.json"
    wanted: list[str | Path] = ["migrate", accounts, "--source-tls", "off", "--customer", str(elsewhere.customer), "--report", report]

    said = elsewhere(*wanted)
    code = code_in(said)
    assert "3 accounts to" in said
    assert f"{logins[0].replace('@old.', '@new.')}: completed, 20 messages done" in said
    assert f"{3 * COUNT} source messages in 3 accounts: {3 * COUNT} on the destination." in said
    same_on_both(dovecot_source, dovecot_destination, logins)
    assert json.loads(report.read_text("utf-8"))["migration"] == code

    # The second run is watched from anywhere.
    elsewhere.ask("UPDATE trasloco_run SET due_at = now() WHERE number = 2 AND status = 'planned'")
    second = elsewhere("follow", code, "--runs", "2")
    assert f"{logins[0].replace('@old.', '@new.')}, run 2: completed" in second

    # The same command finds what it has begun, and says how one more run is made.
    once_more = elsewhere(*wanted)
    assert code_in(once_more) == code
    assert f"--again {code}" in once_more
    wait_until(lambda: elsewhere.ask("SELECT count(*) FROM trasloco_run WHERE told_at IS NULL") == [(0,)], "its end was told")
    third = elsewhere(*wanted, "--again", code)
    assert f"{logins[0].replace('@old.', '@new.')}, run 3: completed" in third

    # List, report in each form, log, parked messages and proofs are fetched.
    listed = elsewhere("report")
    assert f"code: {code}" in listed
    assert "runs: 1: completed, 2: completed, 3: completed" in listed
    assert f"{3 * COUNT} source messages in 3 accounts" in elsewhere("report", code.upper())
    assert json.loads(elsewhere("report", code, "--json"))["migration"] == code
    page = elsewhere.directory / "report.html"
    elsewhere("report", code, "--html", "--output", page)
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert "“INBOX” -> “INBOX”: " in elsewhere("log", code, logins[0].replace("@old.", "@new."), "--run", "1")
    assert "Nothing is parked" in elsewhere("parked", code)
    proofs = elsewhere.directory / "proofs"
    sealed = elsewhere("proof", code, "--output", proofs)
    assert f"{3 * COUNT} messages of 3 accounts in {proofs}." in sealed
    assert len(list(proofs.glob("*"))) == 9
    assert "the proof is good" in elsewhere("verify-proof", *sorted(proofs.glob("*.json")))
    one = elsewhere.directory / "one"
    elsewhere("proof", code, "--account", logins[0].replace("@old.", "@new."), "--output", one)
    assert len(list(one.glob("*"))) == 3


@pytest.mark.slow
def test_logins_that_fail_are_named_and_corrected(elsewhere: Elsewhere, dovecot_source: Dovecot, dovecot_destination: Dovecot) -> None:
    logins = filled(dovecot_source, "wrong", 3)
    wanted: list[str | Path] = ["migrate", elsewhere.csv(dovecot_source, logins, "not his password"), "--source-tls", "off"]
    wanted += ["--customer", str(elsewhere.customer)]
    said = elsewhere(*wanted, expect=1)
    code = code_in(said)
    assert said.count("side: source") == 3
    assert f"trasloco correct {code}" in said
    assert "Nothing was begun" in said

    stranger = elsewhere.file("stranger.csv", f"nobody@new.example;{dovecot_source.host}:{dovecot_source.port};nobody;secret of his\n")
    assert "This address is not one of this migration." in elsewhere("correct", code, stranger, expect=2)
    right = elsewhere.file("right.csv", elsewhere.csv(dovecot_source, logins).read_text("utf-8"))
    assert "3 passwords kept" in elsewhere("correct", code, right)

    elsewhere.csv(dovecot_source, logins, "not his password")  # the same command as before: its draft has the right ones now
    assert f"{9} source messages in 3 accounts: 9 on the destination." in elsewhere(*wanted)
    same_on_both(dovecot_source, dovecot_destination, logins)


@pytest.mark.slow
def test_a_planned_migration_is_started_stopped_watched_and_deleted(
    elsewhere: Elsewhere, dovecot_source: Dovecot, dovecot_destination: Dovecot
) -> None:
    logins = filled(dovecot_source, "later", 3)
    accounts = elsewhere.csv(dovecot_source, logins)
    said = elsewhere(
        "migrate", accounts, "--source-tls", "off", "--customer", str(elsewhere.customer), "--detach",
        "--first-run-at", "2027-01-02T03:04", "--second-run-hours", "0",
    )  # fmt: skip
    code = code_in(said)
    assert elsewhere.ask(
        "SELECT count(*) FROM trasloco_run r JOIN trasloco_migration m ON m.id = r.migration_id WHERE m.code = %s", code
    ) == [(1,)]

    watching = elsewhere.begin("follow", code)
    assert watching.stdout is not None
    assert "Run 1 begins at 2027-01-02" in watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    rest = watching.communicate(timeout=60)[0]
    assert watching.returncode == 130, rest
    assert "The migration goes on without this command." in rest

    assert elsewhere("stop", code, expect=2)
    watching = elsewhere.begin("follow", code)
    assert watching.stdout is not None
    assert "Run 1 begins at 2027-01-02" in watching.stdout.readline()
    assert elsewhere.service.stop() == 0  # an upgrade: who watches waits
    assert "It is asked again" in watching.stdout.readline()
    elsewhere.service.start()
    assert "the next run begins now" in elsewhere("start", code)
    rest = watching.communicate(timeout=240)[0]
    assert "9 source messages in 3 accounts: 9 on the destination." in rest
    assert watching.returncode == 0
    assert elsewhere("retry", code, expect=2)
    assert "Give --yes" in elsewhere("delete", code, expect=2)
    assert "Deleted" in elsewhere("delete", code, "--yes")
    assert "There is no such migration" in elsewhere("follow", code, expect=2)


@pytest.mark.slow
def test_what_is_wrong_in_the_csv_is_shown_line_by_line(elsewhere: Elsewhere, dovecot_source: Dovecot) -> None:
    path = elsewhere.csv(dovecot_source, ["one@old.example", "two@old.example"])
    path.write_text(path.read_text("utf-8").replace("two@new.example", "two@foreign.example"), "utf-8")
    said = elsewhere("migrate", path, "--customer", str(elsewhere.customer), expect=2)
    assert "line: 2 · field: destination" in said
    assert dovecot_source.password not in said


@pytest.mark.slow
def test_what_is_for_this_machine_only_is_refused(elsewhere: Elsewhere, dovecot_source: Dovecot) -> None:
    path = elsewhere.csv(dovecot_source, ["one@old.example"])
    assert "--max-size is for this machine" in elsewhere("migrate", path, "--max-size", "4K", expect=2)
    assert "--key is for this machine" in elsewhere("proof", "--key", expect=2)
    wrong = elsewhere.file("wrong.txt", "trasloco_not-a-token\n")
    assert "There is no token, or it is not good (any more)." in elsewhere("report", "--token-file", wrong, expect=2)
    wrong.write_text("two words\n")
    assert "characters that no token has" in elsewhere("report", "--token-file", wrong, expect=2)
