"""The CSV grows, shrinks, and comes back: the same mailboxes, another migration, and nothing doubled or brought back."""

from __future__ import annotations

import time
from pathlib import Path

from tests.acceptance.conftest import MASTER, Trasloco, fates, kill, last_run
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot

INBOX, FILED = ("INBOX",), ("Filed",)


def test_a_line_more_a_line_less_and_the_first_file_again(trasloco: Trasloco, source: Dovecot, destination: Dovecot) -> None:
    names = [f"changed-csv-{number}@old.example" for number in (1, 2)]
    rows = [(name, f"{source.host}:{source.port}", name, source.password) for name in names]
    for name in names:
        with MailboxFiller(source.host, source.port, name, source.password) as filler:
            filler.append(INBOX, [Mail(letter.content, ("\\Seen",), letter.date) for letter in Letters(name).take(20)])
    first = trasloco.migrate(rows[:1], destination)
    assert fates(last_run(first)) == {"source": 20, "copied": 20}

    with _user_of(destination, names[0]) as filler:  # the user files some and throws some away
        filler.create(FILED)
        filler.move(INBOX, [1, 2], FILED)
        filler.delete(INBOX, [3, 4])
    with MailboxFiller(source.host, source.port, names[0], source.password) as filler:
        filler.append(INBOX, [Mail(b"Subject: new\r\n\r\nx\r\n")])
    wider = trasloco.migrate(rows, destination)
    assert wider["migration"] != first["migration"]
    assert fates(last_run(wider, 0)) == {"source": 21, "adopted": 20, "copied": 1}
    assert fates(last_run(wider, 1)) == {"source": 20, "copied": 20}
    there = _read(destination, names[0])
    assert (len(there[INBOX]), len(there[FILED])) == (17, 2)

    again = trasloco.migrate(rows[:1], destination)  # the first file once more: it knows what the other one did
    assert again["migration"] == first["migration"]
    assert fates(last_run(again)) == {"source": 21, "adopted": 21}
    assert _read(destination, names[0]) == there

    trasloco.run("verify", wider["migration"], "--all", expect=None)
    trasloco.run("proof", again["migration"], "--output", str(trasloco.directory / "proof"))
    proofs = [str(path) for path in Path(trasloco.directory / "proof").glob("*.json")]
    trasloco.run("verify-proof", *proofs)


def test_two_files_with_the_same_mailbox_at_the_same_time(trasloco: Trasloco, source: Dovecot, destination: Dovecot) -> None:
    name, other = "at-once-1@old.example", "at-once-2@old.example"
    rows = [(item, f"{source.host}:{source.port}", item, source.password) for item in (name, other)]
    with MailboxFiller(source.host, source.port, name, source.password) as filler:
        filler.fill(Letters(name), 1500)
    running = trasloco.begin(*trasloco.migrate_words(rows[:1], destination))
    aside = Trasloco(trasloco.directory / "aside", {"TRASLOCO_STATE_DIR": str(trasloco.directory / "state")})
    aside.directory.mkdir()
    report = aside.migrate(rows, destination)
    assert running.wait(240) == 0
    here, there = Snapshot.read(source.host, source.port, name, source.password), _read(destination, name)
    assert there.messages() == here.messages()
    assert fates(last_run(report))["source"] == 1500


def _user_of(destination: Dovecot, name: str) -> MailboxFiller:
    return MailboxFiller(destination.host, destination.port, f"{name}*{MASTER[0]}", MASTER[1])


def _read(destination: Dovecot, name: str) -> Snapshot:
    return Snapshot.read(destination.host, destination.port, f"{name}*{MASTER[0]}", MASTER[1])


def test_another_file_goes_on_where_a_killed_one_was(trasloco: Trasloco, source: Dovecot, destination: Dovecot) -> None:
    """Messages were on their way: the other migration takes their intents over too."""
    name, other = "killed-file-1@old.example", "killed-file-2@old.example"
    rows = [(item, f"{source.host}:{source.port}", item, source.password) for item in (name, other)]
    with MailboxFiller(source.host, source.port, name, source.password) as filler:
        filler.fill(Letters(name), 1200)
    killed = 0
    for _ in range(3):
        process = trasloco.begin(*trasloco.migrate_words(rows[:1], destination))
        deadline = time.monotonic() + 60
        before = _count(destination, name)
        while process.poll() is None and time.monotonic() < deadline and _count(destination, name) == before:
            time.sleep(0.02)
        if process.poll() is None:
            kill(process)
            killed += 1
    assert killed, "it was done before anybody looked"
    report = trasloco.migrate(rows, destination)
    assert fates(last_run(report))["source"] == 1200
    assert _read(destination, name).messages() == Snapshot.read(source.host, source.port, name, source.password).messages()
    assert fates(last_run(trasloco.migrate(rows, destination))) == {"source": 1200, "adopted": 1200}


def _count(destination: Dovecot, name: str) -> int:
    return _read(destination, name).total
