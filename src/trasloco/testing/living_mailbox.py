"""One mailbox that is moved by several runs while its owner goes on using it, with lines cut, servers that refuse, and processes
killed, all drawn by lot; and what both servers hold when it has come to rest.

While a run is to be resumed its owner rests, and where faults are planned he acts between the runs only: what is known not to be exact
else is in the list of known gaps (docs/adr/0005).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple
from unittest.mock import patch

import pytest

from trasloco.engine import lane, together
from trasloco.engine.account import Settings
from trasloco.testing.cutting_proxy import hide
from trasloco.testing.mailbox_owner import MailboxOwner
from trasloco.testing.moments import Moments
from trasloco.testing.rehearsal import Line, Rehearsal, Verdict
from trasloco.testing.wire_faults import Answer, Bye, Cut, Fault, Way
from trasloco.testing.wire_killer import Killer

_STEPS = 60  # of a run, in which something may happen
_LINE = 4000  # bytes of commands or answers, in which it may be cut
_REFUSED = (("UID FETCH", "EXAMINE", "LIST"), ("APPEND", "SELECT", "UID STORE", "STATUS", "UID FETCH", "UID MOVE"))
_LATER = ("NO [UNAVAILABLE] later", "NO [INUSE] busy", "NO [SERVERBUG] oops")
_LACKING = (("CONDSTORE", "ESEARCH", "LIST-STATUS"), ("MULTIAPPEND", "LITERAL+", "CONDSTORE", "ESEARCH", "MOVE"))


class Life(NamedTuple):
    """What became of it. cuts: faults that happened, of any sort. kills: runs that were killed. settled: the last run changed nothing."""

    verdict: Verdict
    cuts: int
    kills: int
    messages: int
    settled: bool
    history: list[str]


class LivingMailbox:
    """``live`` once."""

    def __init__(self, source: Line, destination: Line, user: str, rng: random.Random) -> None:
        settings = Settings(
            batch_messages=rng.choice((1, 3, 4, 50, 500)),
            connections=rng.choice((1, 2, 3)),
            together=rng.random() < 0.7,
            newest_first=rng.random() < 0.2,
        )
        self._account = Rehearsal(source, destination, user, settings=settings)
        self._owner = MailboxOwner(source, user, rng)
        self._rng = rng
        self._lines = source, destination
        self._lacking = [hide(*rng.sample(names, k=rng.choice((0, 0, 1, 2)))) for names in _LACKING]
        self._cuts = self._kills = 0
        self._number, self._ended, self._span = 1, True, 0
        self._history = [f"{user}: {settings}, without {self._lacking}"]

    def live(self) -> Life:
        """From the first run to the last."""
        rng, account = self._rng, self._account
        self._owner.begin(rng.choice((4, 8, 20)))
        full = self._lines[0].snapshot(self._account.user).folders.values()
        self._span = _LINE + 2 * sum(entry.size for entries in full for entry in entries)
        far, enough = rng.choice((0.0, 60.0)), rng.choice((1, 10, 2000))
        with patch.object(lane, "FAR", far), patch.object(together, "ENOUGH_MESSAGES", enough):
            for runs in range(rng.randint(1, 5)):
                for _ in range(rng.choice((0, 0, 1, 2, 4)) if runs and self._ended else 0):
                    self._owner.act()
                self._run()
                self._number += self._ended
            self._arm([], [])
            for _ in range(2):
                account.run(self._number)
                self._number += 1
            before = account.destination.snapshot(account.user)
            ended = account.run(self._number).failure is None
        settled = ended and account.destination.snapshot(account.user) == before
        return Life(self._verdict(), self._cuts, self._kills, account.source.snapshot(account.user).total, settled, self._history)

    def _run(self) -> None:
        """One run, or what comes of it until it is killed."""
        rng, account, ledger = self._rng, self._account, self._account.ledger
        plans = [self._faults(side) for side in (0, 1)]
        quiet = self._ended and not any(plans)
        self._arm(*plans)
        deeds: list[dict[int, Callable[[], object]]] = [
            {rng.randint(1, _STEPS): self._owner.act for _ in range(rng.choice((0, 0, 1, 2)) if quiet else 0)} for _ in self._lines
        ]
        done = len(self._owner.did)
        ports = [line.proxy.port for line in self._lines]
        with Moments(ports[0], deeds[0]), Moments(ports[1], deeds[1]) as moments, pytest.MonkeyPatch.context() as monkeypatch:
            account.ledger = moments.ledger(ledger)
            try:
                killer = Killer(monkeypatch, rng.randint(1, 80) if rng.random() < 0.3 else 0, half=rng.random() < 0.5)
                killed = killer.run(account, self._number)
            finally:
                account.ledger = ledger
        outcome = killer.outcome
        self._ended = outcome is not None and outcome.failure is None
        self._kills += killed
        self._cuts += sum(len(line.proxy.fired) for line in self._lines)
        how = "killed" if outcome is None else f"{outcome.status} {outcome.failure or ''}"
        acts = [sorted(steps) for steps in deeds]
        self._history.append(f"run {self._number}: {plans}, the owner acts at {acts}: {how}; {self._owner.did[done:]}")

    def _arm(self, *plans: list[Fault]) -> None:
        self._account.clear()
        for line, plan, lacking in zip(self._lines, plans, self._lacking, strict=True):
            line.proxy.arm(*plan, *lacking)

    def _faults(self, side: int) -> list[Fault]:
        """side: 0 for the source, 1 for the destination."""
        rng, much = self._rng, (Way.TO_CLIENT, Way.TO_SERVER)[side]
        found: list[Fault] = []
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            lot = rng.random()
            if lot < 0.6:
                way = rng.choice(list(Way))
                found.append(Cut(way, rng.randint(1, self._span if way is much else _LINE), rng.random() < 0.5))
            elif lot < 0.8:
                found.append(Bye("going down", after=rng.randint(1, _LINE if side else self._span)))
            else:
                found.append(Answer(rng.choice(_REFUSED[side]), rng.choice(_LATER), number=rng.randint(1, 6), forward=rng.random() < 0.3))
        return found

    def _verdict(self) -> Verdict:
        """doubled: more of a content than the owner was ever sent, wherever it is; what he has deleted may be there still."""
        there = self._lines[1].snapshot(self._account.user).digests()
        return self._account.verdict()._replace(doubled=(there - self._owner.ever).total())
