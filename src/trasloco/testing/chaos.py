"""Thousands of random cuts and kills, on real servers, and what is lost by them: the long form of the fault tests.

    python -m trasloco.testing.chaos --cuts 2000 --kills 500 --servers dovecot,cyrus [--seed 1] [--corpus DIRECTORY]
    python -m trasloco.testing.chaos --lives 400 --servers dovecot,cyrus [--seed 1]

Cuts: the engine runs small mailboxes between each pair of the servers, while a proxy ends the lines at
random bytes. Kills: the installed command migrates accounts and is killed (``kill -9``) at random moments,
again and again until it is done. Lives, instead: small mailboxes whose owners go on using them, through several runs, with cuts, refusals
and kills (``living_mailbox``). After each: what the destination holds is compared with the source, and
one more run must change nothing. Prints a table; exit code 1 when anything was lost, doubled or altered.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from trasloco.testing.chaos_mail import ChaosMail
from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.killed_command import KilledCommand
from trasloco.testing.living_mailbox import LivingMailbox
from trasloco.testing.rehearsal import FAULTLESS, Line, Rehearsal, Verdict, lines
from trasloco.testing.wire_faults import Cut, Way

MASTER = ("master", "master secret 1")
_RUNS = 30  # of one mailbox, until it has to be done


@dataclass
class Score:
    """What was done to one pair of servers, and what came of it."""

    pair: str
    cuts: int = 0
    kills: int = 0
    mailboxes: int = 0
    messages: int = 0
    lost: int = 0
    doubled: int = 0
    altered: int = 0
    unsettled: int = 0
    given_up: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, verdict: Verdict, messages: int, what: str) -> None:
        self.mailboxes += 1
        self.messages += messages
        self.lost += verdict.lost
        self.doubled += verdict.doubled
        self.altered += verdict.altered
        if verdict != FAULTLESS:
            self.notes.append(f"{what}: {verdict}")

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.altered or self.unsettled)

    def __str__(self) -> str:
        done = f"{self.pair:18} {self.cuts:6} {self.kills:6} {self.mailboxes:10} {self.messages:9}"
        return f"{done} {self.lost:5} {self.doubled:8} {self.altered:8} {self.unsettled:10} {self.given_up:9}"


HEAD = "servers              cuts  kills  mailboxes  messages  lost  doubled  altered  unsettled  given up"


def cut_mailbox(source: Line, destination: Line, mail: ChaosMail, user: str, rng: random.Random, score: Score) -> None:
    """One mailbox, its lines cut at random bytes until it is over there."""
    account = Rehearsal(source, destination, user)
    account.clear()
    size = mail.fill(source.filler(user), rng)
    span = {
        (source, Way.TO_CLIENT): size,
        (destination, Way.TO_SERVER): size,
        (source, Way.TO_SERVER): 900,
        (destination, Way.TO_CLIENT): 4000,
    }
    plan = []
    for line in (source, destination):
        places = {way: rng.sample(range(span[line, way]), k=rng.randint(0, 3)) for way in Way}
        cuts = [Cut(way, at, rng.random() < 0.5) for way, found in places.items() for at in found]
        line.proxy.arm(*cuts)
        plan += cuts
    for _ in range(_RUNS):
        before = len(source.proxy.fired) + len(destination.proxy.fired)
        outcome = account.run()
        if outcome.failure is None and len(source.proxy.fired) + len(destination.proxy.fired) == before:
            break
    else:
        score.unsettled += 1
        score.notes.append(f"{user}: not done after {_RUNS} runs: {outcome.failure}")
    score.cuts += len(source.proxy.fired) + len(destination.proxy.fired)
    account.clear()
    if outcome.tally.refused:
        # Hit again and again, a message was listed as refused: the second run is there to try it again.
        score.given_up += outcome.tally.refused
        account.run(2)
    score.add(account.verdict(), outcome.tally.source, f"{user} {plan}")
    there = destination.snapshot(user)
    if account.run(3).failure is not None or destination.snapshot(user) != there:
        score.unsettled += 1
        score.notes.append(f"{user}: one more run changed something")


def live_mailbox(source: Line, destination: Line, user: str, rng: random.Random, score: Score) -> None:
    """One mailbox whose owner goes on using it, from its first run to the last."""
    life = LivingMailbox(source, destination, user, rng).live()
    score.cuts += life.cuts
    score.kills += life.kills
    score.add(life.verdict, life.messages, "\n    ".join(life.history))
    if not life.settled:
        score.unsettled += 1
        score.notes.append(f"{user}: one more run changed something\n    " + "\n    ".join(life.history))


def kill_migration(
    source: Line, destination: Line, mail: ChaosMail, name: str, home: Path, rng: random.Random, score: Score, most: int
) -> None:
    """One migration of three accounts, killed at random moments until it is done, at most so many times."""
    users = [f"{name}-{number}@old.example" for number in range(3)]
    for user in users:
        mail.fill(source.filler(user), rng, large=True)
    command = KilledCommand(home, source.server, destination.server, MASTER, users)
    kills, code = command.until_done(rng, most)
    score.kills += kills
    if code:
        score.unsettled += 1
        score.notes.append(f"{name}: exit code {code} after {kills} kills: {command.last_words}")
    for user in users:
        verdict = Rehearsal(source, destination, user).verdict()
        score.add(verdict, source.snapshot(user).total, f"{user} after {kills} kills")


@contextlib.contextmanager
def pairs(names: list[str]) -> Iterator[dict[str, tuple[Line, Line]]]:
    """Every listed server as a source and, another one, as a destination."""
    with contextlib.ExitStack() as stack:
        made: dict[str, list[Dovecot | Cyrus]] = {}
        for name in names:
            made[name] = [_server(name), _server(name)]
            for server in made[name]:
                stack.enter_context(server)
        found = {}
        for ours, theirs in itertools.product(names, names):
            source, destination = stack.enter_context(lines(made[ours][0], made[theirs][1]))
            found[f"{ours} -> {theirs}"] = (source, destination)
        yield found


def _server(name: str) -> Dovecot | Cyrus:
    return Dovecot(storage="maildir", layout="fs", separator="/", master=MASTER) if name == "dovecot" else Cyrus(master=MASTER)


def run(cuts: int, kills: int, seed: int, names: list[str], corpus: Path | None) -> list[Score]:
    """All of it, the pairs in turn; one line of progress about every ten seconds."""
    mail = ChaosMail(corpus, random.Random(seed))
    with pairs(names) as found, tempfile.TemporaryDirectory(prefix="trasloco-chaos-") as home:
        for source, _ in (found[f"{name} -> {name}"] for name in names):
            mail.narrow(source.filler(f"trial-{seed}"))
        scores = {name: Score(name) for name in found}
        told = time.monotonic()
        for number in itertools.count():
            name = list(found)[number % len(found)]
            source, destination = found[name]
            rng = random.Random(f"{seed} {number}")
            left = (cuts - sum(score.cuts for score in scores.values()), kills - sum(score.kills for score in scores.values()))
            if left[0] <= 0 and left[1] <= 0:
                break
            if left[0] > 0:
                cut_mailbox(source, destination, mail, f"cut-{seed}-{number}", rng, scores[name])
            else:
                kill_migration(source, destination, mail, f"kill-{seed}-{number}", Path(home), rng, scores[name], left[1])
            if time.monotonic() - told > 10:
                told = time.monotonic()
                print(f"{max(0, left[0])} cuts and {max(0, left[1])} kills to go", file=sys.stderr, flush=True)
    return list(scores.values())


def run_lives(lives: int, seed: int, names: list[str]) -> list[Score]:
    """So many, the pairs in turn."""
    with pairs(names) as found:
        scores = {name: Score(name) for name in found}
        told = time.monotonic()
        for number in range(lives):
            name = list(found)[number % len(found)]
            live_mailbox(*found[name], f"life-{seed}-{number}", random.Random(f"{seed} {number}"), scores[name])
            if time.monotonic() - told > 10:
                told = time.monotonic()
                print(f"{lives - number - 1} lives to go", file=sys.stderr, flush=True)
    return list(scores.values())


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m trasloco.testing.chaos", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cuts", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--lives", type=int, default=0, help="mailboxes that their owners go on using, instead of cuts and kills alone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--servers", default="dovecot,cyrus")
    parser.add_argument(
        "--corpus", type=Path, default=Path("../shared/corpus"), help="mail files to take messages from; letters are made anyway"
    )
    given = parser.parse_args()
    began = time.monotonic()
    corpus = given.corpus if given.corpus.is_dir() else None
    names = given.servers.split(",")
    scores = run_lives(given.lives, given.seed, names) if given.lives else run(given.cuts, given.kills, given.seed, names, corpus)
    print(HEAD)
    for score in scores:
        print(score)
    total = Score("together")
    for name in ("cuts", "kills", "mailboxes", "messages", "lost", "doubled", "altered", "unsettled", "given_up"):
        setattr(total, name, sum(getattr(score, name) for score in scores))
    print(total)
    print(f"seed {given.seed}, {time.monotonic() - began:.0f} s")
    for note in itertools.chain.from_iterable(score.notes for score in scores):
        print(f"  {note}")
    return 0 if total.clean else 1


if __name__ == "__main__":
    sys.exit(main())
