"""``kill -9`` at any moment, started again: nothing lost, nothing twice."""

from __future__ import annotations

import random
import time

import pytest

from tests.acceptance.conftest import MASTER, Trasloco, fates, kill, last_run
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.snapshot import Snapshot

KILLS = 50


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fifty_kills_lose_nothing_and_double_nothing(trasloco: Trasloco, source: Dovecot, destination: Dovecot) -> None:
    logins = [f"killed-{number}@old.example" for number in range(4)]
    rows = [(login, f"{source.host}:{source.port}", login, source.password) for login in logins]
    letters = Letters("killed")
    for login in logins:
        with MailboxFiller(source.host, source.port, login, source.password) as filler:
            filler.fill(letters, 2500)
    rng = random.Random(50)
    killed = 0
    words = trasloco.migrate_words(rows, destination, "--concurrency", "2")
    began = time.monotonic()
    trasloco.run("report")  # the database is there now, so that kills meet the copy and not its making
    while killed < KILLS:
        process = trasloco.begin(*words)
        deadline = time.monotonic() + rng.uniform(0.3, 3.0)
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        if process.poll() is not None:
            break
        kill(process)
        killed += 1
    report = trasloco.migrate(rows, destination) if killed == KILLS else trasloco.report
    for number, login in enumerate(logins):
        there = Snapshot.read(destination.host, destination.port, f"{login}*{MASTER[0]}", MASTER[1])
        here = Snapshot.read(source.host, source.port, login, source.password)
        assert there.messages() == here.messages(), f"{login} after {killed} kills in {time.monotonic() - began:.0f} s"
        assert fates(last_run(report, number))["source"] == here.total
    assert killed >= 10, "the migration was too quick for the test to mean anything"
