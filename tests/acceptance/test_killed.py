"""``kill -9`` at any moment, started again: nothing lost, nothing twice."""

from __future__ import annotations

import random
import time

import pytest

from tests.acceptance.conftest import MASTER, Trasloco, fates, kill
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.snapshot import Snapshot

KILLS = 50


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fifty_kills_lose_nothing_and_double_nothing(trasloco: Trasloco, source: Dovecot, destination: Dovecot) -> None:
    rng = random.Random(50)
    kills = migrations = 0
    trasloco.run("report")  # the database is there now, so that kills meet the copy and not its making
    while kills < KILLS:
        migrations += 1
        assert migrations <= 20, f"the migrations are too quick for the test to mean anything: {kills} kills"
        kills += _killed_to_the_end(trasloco, source, destination, rng, f"round-{migrations}", KILLS - kills)


def _start(trasloco: Trasloco) -> float:
    """Seconds that a command needs before it does anything."""
    begun = time.monotonic()
    trasloco.run("report")
    return time.monotonic() - begun


def _killed_to_the_end(trasloco: Trasloco, source: Dovecot, destination: Dovecot, rng: random.Random, name: str, most: int) -> int:
    """One migration, killed at random, at most so often, and started again until it has come to its end; the number of kills."""
    start = min(_start(trasloco) for _ in range(2))  # most kills are to come when a command has started, however slow the machine is
    logins = [f"{name}-killed-{number}@old.example" for number in range(4)]
    rows = [(login, f"{source.host}:{source.port}", login, source.password) for login in logins]
    letters = Letters(name)
    for login in logins:
        with MailboxFiller(source.host, source.port, login, source.password) as filler:
            filler.fill(letters, 1200)
    words = trasloco.migrate_words(rows, destination, "--concurrency", "2")
    kills = 0
    while True:
        process = trasloco.begin(*words)
        deadline = time.monotonic() + rng.uniform(0.7 * start, 1.3 * start + 1)
        while process.poll() is None and (kills == most or time.monotonic() < deadline):
            time.sleep(0.005)
        if process.poll() is not None:
            assert process.returncode == 0
            break
        kill(process)
        kills += 1
    for number, login in enumerate(logins):
        there = Snapshot.read(destination.host, destination.port, f"{login}*{MASTER[0]}", MASTER[1])
        here = Snapshot.read(source.host, source.port, login, source.password)
        assert there.messages() == here.messages(), f"{login} after {kills} kills"
        # The first run: a kill between its last write and the end of the command makes a second one follow.
        assert fates(trasloco.report["accounts"][number]["runs"][0]) == {"source": here.total, "copied": here.total}
    return kills
