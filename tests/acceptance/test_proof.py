"""A migration proved and verified with the installed command, then tampered with: on the files and on the destination."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.conftest import Trasloco
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot

SECRET_WORDS = b"Subject: very confidential\r\n\r\nnobody may read this\r\n"


class Moved:
    """Two accounts after one run: mail of every kind, some of it skipped, left out, adopted."""

    def __init__(self, trasloco: Trasloco, source: Dovecot, destination: Dovecot, users: tuple[str, str]) -> None:
        self.trasloco, self.source, self.destination, self.users = trasloco, source, destination, users
        adopted = Mail(b"Message-ID: <adopted@x>\r\nSubject: there before\r\n\r\nx\r\n")
        large = Mail(b"Subject: large\r\n\r\n" + b"x" * 300_000)
        for user in users:
            with MailboxFiller(source.host, source.port, user, source.password) as filler:
                small = [letter for letter in Letters(user).take(150) if len(letter.content) < 100_000][:60]
                for number, path in enumerate((("INBOX",), ("Büro",), ("Büro", 'R&D "x"'))):
                    filler.create(path)
                    filler.append(path, [Mail(letter.content, (), letter.date) for letter in small[number::3]])
                filler.append(("INBOX",), [adopted, large, Mail(SECRET_WORDS)])
                filler.create(("Trash",))
                filler.append(("Trash",), [Mail(b"Subject: rubbish\r\n\r\n%d\r\n" % n) for n in range(5)])
            with MailboxFiller(destination.host, destination.port, user, destination.password) as filler:
                filler.append(("INBOX",), [adopted])
        self.rows = [(user, f"{source.host}:{source.port}", user, source.password) for user in users]
        self.report = trasloco.migrate(self.rows, destination, "--max-size", "200K")
        self.code = self.report["migration"]

    def prove(self) -> list[Path]:
        """The JSON files, in the order of the CSV."""
        directory = self.trasloco.directory / "proofs"
        self.trasloco.run("proof", self.code, "--output", str(directory))
        return [directory / f"{self.code}-{user}.json" for user in self.users]


@pytest.fixture
def moved(trasloco: Trasloco, source: Dovecot, destination: Dovecot) -> Moved:
    stem = re.sub(r"\W", "", trasloco.directory.name)
    return Moved(trasloco, source, destination, (f"a-{stem}@example.net", f"b-{stem}@example.net"))


def test_the_proof_names_every_message_and_checks_out(moved: Moved) -> None:
    first, second = moved.prove()
    for path, user in ((first, moved.users[0]), (second, moved.users[1])):
        document = json.loads(path.read_text("utf-8"))
        source = Snapshot.read(moved.source.host, moved.source.port, user, moved.source.password)
        destination = Snapshot.read(moved.destination.host, moved.destination.port, user, moved.destination.password)
        there = {("/".join(name), entry.uid): entry for name, entries in source.folders.items() for entry in entries}
        rows = document["rows"]
        assert {(row["source_folder"], row["source_uid"]) for row in rows} == set(there)
        assert len(rows) == len(there) == document["head"]["counts"]["source"]
        assert Counter(row["fate"] for row in rows) == {"copied": 61, "adopted": 1, "skipped": 6}
        for row in rows:
            if row["fate"] == "copied":
                entries = destination.folders[tuple(row["destination_folder"].split("/"))]
                (entry,) = [entry for entry in entries if str(entry.uid) == row["destination_uid"]]
                assert row["sha256"] == entry.sha256 == there[row["source_folder"], row["source_uid"]].sha256
            if row["fate"] == "skipped":
                assert row["reason"]
                assert row["destination_uid"] == ""
        for form in ("json", "csv", "html"):
            content = path.with_suffix(f".{form}").read_bytes()
            assert b"confidential" not in content
            assert b"nobody may read" not in content
            assert moved.source.password.encode() not in content
    forms = [str(path.with_suffix(f".{form}")) for path in (first, second) for form in ("json", "csv")]
    fingerprint = moved.trasloco.run("proof", "--key").stdout.split()[1]
    said = moved.trasloco.run("verify-proof", *forms, "--public-key", fingerprint).stdout
    assert said.count("the proof is good") == 4
    key = moved.trasloco.directory / "key.pem"
    key.write_text(moved.trasloco.run("proof", "--key").stdout)
    moved.trasloco.run("verify-proof", forms[0], "--public-key", str(key))
    assert (moved.trasloco.directory / "state" / "proof.key").stat().st_mode & 0o777 == 0o600


def test_a_proof_that_was_changed_does_not_check_out(moved: Moved) -> None:
    path = moved.prove()[0]
    text = path.read_text("utf-8")
    changed = path.with_name("changed.json")
    changed.write_text(text.replace('"fate":"skipped"', '"fate":"copied"', 1), "utf-8")
    said = moved.trasloco.run("verify-proof", str(changed), expect=1).stderr
    assert "was changed" in said
    lines = text.split("\n")
    changed.write_text("\n".join([*lines[:6], *lines[7:]]), "utf-8")
    assert "Row 4 is missing" in moved.trasloco.run("verify-proof", str(changed), expect=1).stderr
    lines[6], lines[7] = lines[7], lines[6]
    changed.write_text("\n".join(lines), "utf-8")
    assert "wrong place" in moved.trasloco.run("verify-proof", str(changed), expect=1).stderr
    said = moved.trasloco.run("verify-proof", str(path), "--public-key", "ab" * 32, expect=1).stderr
    assert "sealed with another key" in said
    moved.trasloco.run("verify-proof", str(path.with_suffix(".html")), expect=2)
    moved.trasloco.run("verify-proof", str(path), "--public-key", "nonsense", expect=2)


def test_the_report_lists_what_stayed_behind(moved: Moved) -> None:
    for account in moved.report["accounts"]:
        folders = {folder["source"]: folder for folder in account["runs"][0]["folders"]}
        (large,) = folders["INBOX"]["exceptions"]
        assert (large["fate"], large["size"] > 300_000) == ("skipped", True)
        assert [item["uid"] for item in folders["Trash"]["exceptions"]] == [1, 2, 3, 4, 5]
        assert folders["INBOX"]["exceptions_left_out"] == 0
        assert account["messages"] == account["runs"][0]["messages"]
        assert account["verification"] is None


def test_a_destination_that_is_as_it_should_be_is_verified(moved: Moved) -> None:
    said = moved.trasloco.run("verify", moved.code, "--all", "--report", str(moved.trasloco.directory / "report.json")).stdout
    assert "Verified 124 of 124 messages in 2 accounts" in said
    for account in moved.trasloco.report["accounts"]:
        assert account["verification"]["counts"] == {"identical": 61, "equal": 1}
        assert (account["verification"]["verified"], account["verification"]["sample"]) == (62, None)
    assert (
        "Verified 10 of 10 messages in 1 account"
        in moved.trasloco.run("verify", moved.code, "--sample", "10", "--account", moved.users[0]).stdout
    )
    head = json.loads(moved.prove()[0].read_text("utf-8"))["head"]
    assert head["verification"]["sample"] == 10
    moved.trasloco.run("verify", "nobody22", expect=2)
    moved.trasloco.run("verify", moved.code, "--account", "nobody@example.net", expect=2)
    moved.trasloco.run("verify", moved.code, "--all", "--sample", "3", expect=2)


def test_what_was_deleted_on_the_destination_is_named(moved: Moved) -> None:
    user = moved.users[1]
    with MailboxFiller(moved.destination.host, moved.destination.port, user, moved.destination.password) as filler:
        filler.delete(("INBOX",), [3])
    done = moved.trasloco.run("verify", moved.code, "--all", expect=1)
    assert "Verified 123 of 124 messages" in done.stdout
    assert re.search(rf"{re.escape(user)} .*missing.*INBOX.*UID 3.*deleted or moved", done.stdout)


def test_migrate_verifies_when_asked(trasloco: Trasloco, source: Dovecot, destination: Dovecot) -> None:
    user = f"m-{re.sub(r'[^a-z0-9]', '', trasloco.directory.name)}@example.net"
    with MailboxFiller(source.host, source.port, user, source.password) as filler:
        filler.append(("INBOX",), [Mail(b"Subject: %d\r\n\r\nx\r\n" % n) for n in range(7)])
    rows = [(user, f"{source.host}:{source.port}", user, source.password)]
    report = trasloco.migrate(rows, destination, "--verify", "all")
    assert report["accounts"][0]["verification"]["counts"] == {"identical": 7}
    report = trasloco.migrate(rows, destination, "--verify", "3")
    assert report["accounts"][0]["verification"]["asked"] == 3
    trasloco.run(*trasloco.migrate_words(rows, destination, "--verify", "some"), expect=2)
