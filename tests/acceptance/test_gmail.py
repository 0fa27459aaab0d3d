"""Gmail by the installed command: 5,000 messages with up to 6 labels each, two runs, the label changes in between, the proof."""

from __future__ import annotations

import csv
import random
import time
from collections import Counter

import pytest

from tests.acceptance.conftest import MASTER, Trasloco, fates, kill, last_run
from tests.engine.gmail_account import digest, letter
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.gmail_mailbox import GmailMailbox
from trasloco.testing.gmail_server import GmailServer
from trasloco.testing.snapshot import Snapshot

ADDRESS = "anna@gmail.com"
MESSAGES = 5_000
USER_LABELS = ("Work", "Work/Büro", "Work/2019", "Familie & mehr", 'Odd "quotes"', "Travel", "Receipts", "Later")
LABELS = ("\\Inbox", "\\Sent", "\\Important", *USER_LABELS)
NAMES = {"\\Inbox": "INBOX", "\\Sent": "Sent Mail"}
MARKS = {"\\Important"}


def where(labels: set[str]) -> set[str]:
    """The folders of the destination a message with these labels belongs into."""
    return {NAMES.get(label, label) for label in labels - MARKS} or {"Archive"}


def fill(mailbox: GmailMailbox, dice: random.Random, messages: int = MESSAGES) -> list[int]:
    return [
        mailbox.add(
            letter(number, dice.randrange(20, 3000)),
            dice.sample(LABELS, dice.randrange(0, 7)),
            dice.sample(("\\Seen", "\\Answered", "\\Flagged"), dice.randrange(0, 3)),
            epoch=1_500_000_000 + number * 60,
        )
        for number in range(messages)
    ]


def change(mailbox: GmailMailbox, mids: list[int], dice: random.Random) -> tuple[int, int]:
    """Labels put on, exchanged, and mail archived or taken out of the archive; what a run makes of it: (copies, moves)."""
    copies = moves = 0
    for mid in dice.sample(mids, 900):
        message = mailbox.messages[mid]
        own = sorted(message.labels - MARKS)
        free = sorted(set(LABELS) - MARKS - message.labels)
        before = where(message.labels)
        if dice.random() < 0.4 and free:
            mailbox.label(mid, dice.choice(free))
        elif own and free:
            mailbox.unlabel(mid, dice.choice(own))
            if dice.random() < 0.7:
                mailbox.label(mid, dice.choice(free))
        arrived, left = where(message.labels) - before, before - where(message.labels)
        moves += min(len(arrived), len(left))
        copies += max(0, len(arrived) - len(left))
    return copies, moves


def shown(mailbox: GmailMailbox) -> dict[str, Counter[str]]:
    """Contents by folder, as the destination should have them."""
    found: dict[str, Counter[str]] = {}
    for message in mailbox.messages.values():
        for name in where(message.labels):
            found.setdefault(name, Counter())[digest(message.content)] += 1
    return found


def there(destination: Dovecot, address: str) -> dict[str, Counter[str]]:
    here = Snapshot.read(destination.host, destination.port, f"{address}*{MASTER[0]}", MASTER[1])
    return {"/".join(path): Counter(entry.sha256 for entry in entries) for path, entries in here.folders.items() if entries}


@pytest.mark.timeout(900)
def test_five_thousand_messages_with_six_labels_are_fetched_once(trasloco: Trasloco, destination: Dovecot) -> None:
    dice, mailbox, address = random.Random(20), GmailMailbox(), "gmail-anna@example.net"
    mids = fill(mailbox, dice)
    with GmailServer({ADDRESS: mailbox}) as gmail:
        rows = [(address, f"{gmail.host}:{gmail.port}", ADDRESS, gmail.password)]
        expected = shown(mailbox)
        first = last_run(trasloco.migrate(rows, destination, "--type", "gmail"))
        assert there(destination, address) == expected
        assert set(mailbox.fetched.values()) == {1}
        assert len(mailbox.fetched) == MESSAGES
        assert first["messages"]["skipped"] == 0
        assert first["messages"]["copied"] == sum(contents.total() for contents in expected.values())

        copies, moves = change(mailbox, mids, dice)
        before = there(destination, address)
        second = last_run(trasloco.migrate(rows, destination, "--type", "gmail"))
        assert (second["messages"]["copied"], second["messages"]["moved"]) == (copies, moves)
        assert set(mailbox.fetched.values()) == {1}
        now = there(destination, address)
        wanted = shown(mailbox)
        for name, contents in wanted.items():
            assert not contents - now[name], f"{name} is not complete"
            assert not (now[name] - contents) - before.get(name, Counter()), f"{name} has what was never there"
            assert max(now[name].values()) == 1, f"{name} has messages twice"

        third = last_run(trasloco.migrate(rows, destination, "--type", "gmail"))
        assert fates(third).keys() <= {"source", "adopted", "skipped"}
        assert there(destination, address) == now
        code = trasloco.report["migration"]
        said = trasloco.run("verify", code, "--all").stdout
        assert "missing: 0" in said
        assert "different: 0" in said
        by_label = places(prove(trasloco, code))
        for folder in mailbox.folders.values():
            if folder.attribute not in ("\\All", "\\Important", "\\Flagged"):
                assert {(folder.name, uid) for uid in folder.uids.values()} <= by_label.keys()
        assert len(set(by_label.values())) == len(by_label)


@pytest.mark.timeout(900)
def test_kills_while_labels_are_brought_and_changed_lose_and_double_nothing(trasloco: Trasloco, destination: Dovecot) -> None:
    """``kill -9`` again and again, in the first run and in the second; what was on its way may be fetched again."""
    dice, mailbox, address = random.Random(9), GmailMailbox(), "gmail-killed@example.net"
    mids = fill(mailbox, dice, 2_000)
    trasloco.run("report")  # the database is there now, so that kills meet the copy and not its making
    with GmailServer({ADDRESS: mailbox}) as gmail:
        rows = [(address, f"{gmail.host}:{gmail.port}", ADDRESS, gmail.password)]
        words = trasloco.migrate_words(rows, destination, "--type", "gmail")
        kills = killed_to_the_end(trasloco, words, dice)
        assert there(destination, address) == shown(mailbox)
        before = there(destination, address)
        copies, moves = change(mailbox, mids, dice)
        assert min(copies, moves) > 100
        kills += killed_to_the_end(trasloco, words, dice)
        now = there(destination, address)
        for name, contents in shown(mailbox).items():
            assert not contents - now[name], f"{name} is not complete after {kills} kills"
            assert not (now[name] - contents) - before.get(name, Counter()), f"{name} has what was never there"
            assert max(now[name].values()) == 1, f"{name} has messages twice after {kills} kills"
        assert fates(last_run(trasloco.migrate(rows, destination, "--type", "gmail"))).keys() == {"source", "adopted"}
        assert there(destination, address) == now
    assert kills >= 3


def killed_to_the_end(trasloco: Trasloco, words: list[str], dice: random.Random) -> int:
    """Begun, killed and begun again until it comes to its end; how often it was killed. The pauses grow, so that it does."""
    kills, pause = 0, 0.5
    while True:
        process = trasloco.begin(*words)
        deadline = time.monotonic() + pause * dice.uniform(0.6, 1.4)
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        if process.poll() is not None:
            assert process.returncode == 0
            return kills
        kill(process)
        kills, pause = kills + 1, pause * 1.25


def prove(trasloco: Trasloco, code: str) -> list[dict[str, str]]:
    """The rows of the sealed proof."""
    trasloco.run("proof", code, "--output", str(trasloco.directory / "proofs"))
    (table,) = (trasloco.directory / "proofs").glob("*.csv")
    with table.open(encoding="utf-8-sig", newline="") as stream:
        stream.readline()  # what the proof is of
        return list(csv.DictReader(stream, delimiter=";"))


def places(rows: list[dict[str, str]]) -> dict[tuple[str, int], tuple[str, str]]:
    """Where each message of each label went: both folders and both UIDs are named."""
    brought = [row for row in rows if row["fate"] in ("copied", "moved")]
    assert all(row["destination_uid"] and len(row["sha256"]) == 64 for row in brought)
    found = {(row["source_folder"], int(row["source_uid"])): (row["destination_folder"], row["destination_uid"]) for row in brought}
    assert len(found) == len(brought)
    return found
