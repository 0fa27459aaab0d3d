"""Throughput by the number of worker processes, to a destination that takes mail at a fixed pace on each connection.

    with WorkerScale(plan, say) as scale: points = [scale.measure(workers) for workers in (1, 2, 4)]

The same accounts each time, as a migration of their own. What limits is the destination's pace and how many connections the
workers have to it, not this machine: with twice as many workers it is to take half of the time.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.distance import Distance
from bench.ends import End
from bench.maildir import Maildir
from bench.numbered_letters import numbered_letters
from bench.sums import Sums
from trasloco.testing.debian_postgres import debian_postgres
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.fleet import Fleet
from trasloco.testing.planned_migration import Order

MASTER = ("master", "master's own secret")
_PATIENCE = 1800.0

_ENDED = "SELECT count(*), min(t.started_at), max(t.ended_at) FROM trasloco_transfer t WHERE t.run_id = %s AND t.status = 'completed'"
_RUN = "SELECT r.id FROM trasloco_run r JOIN trasloco_migration m ON m.id = r.migration_id WHERE m.code = %s"


@dataclass(frozen=True, slots=True)
class ScalePlan:
    """accounts: of each migration. messages, size (bytes): of each. hands: accounts at once of a worker. rate: bytes a second.

    Twenty accounts that begin in one moment take two cores two seconds until the last one is under way. With four for each
    hand of the largest crew that beginning does not stand for the pace.
    """

    accounts: int = 80
    messages: int = 8
    size: int = 8 << 10
    hands: int = 5
    rate: int = 8 << 10

    @property
    def bytes(self) -> int:
        return self.accounts * self.messages * self.size

    def ideal(self, workers: int) -> float:
        """Bytes a second, were there nothing but the pace of the destination."""
        return float(workers * self.hands * self.rate)


@dataclass(frozen=True, slots=True)
class ScalePoint:
    """seconds: from the first account's beginning to the last one's end. rate: bytes of mail a second. difference: "" = exact."""

    workers: int
    seconds: float
    rate: float
    difference: str = ""


class WorkerScale:
    """Servers, the paced line and a fleet, for all its measurements."""

    def __init__(self, plan: ScalePlan, say: Callable[[str], None]) -> None:
        self._plan, self._say = plan, say
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> WorkerScale:
        with contextlib.ExitStack() as stack:
            self._home = Path(tempfile.mkdtemp(prefix="trasloco-workers-"))
            stack.callback(shutil.rmtree, self._home, ignore_errors=True)
            self._source = stack.enter_context(Dovecot())
            self._destination = stack.enter_context(Dovecot(master=MASTER))
            self._paced = stack.enter_context(Distance(self._destination.port, rate=self._plan.rate))
            self._fleet = stack.enter_context(Fleet(self._home, debian_postgres()))
            self._fleet.environment["TRASLOCO_ALLOW_PORTS"] = "1-65535"
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def measure(self, workers: int) -> ScalePoint:
        """Raises ``TimeoutError`` when the run does not end."""
        logins = [f"w{workers}-{number}" for number in range(1, self._plan.accounts + 1)]
        self._fill(logins, workers)
        crew = [self._fleet.start("--concurrency", str(self._plan.hands), "--quiet") for _ in range(workers)]
        self._until(lambda: all("working, up to" in worker.log for worker in crew), "the workers are up")
        (run,) = self._fleet.ask(_RUN, self._fleet.plan(self._order(logins, workers)))[0]
        self._until(lambda: self._fleet.ask(_ENDED, run)[0][0] == self._plan.accounts, f"{workers} workers have moved all accounts")
        _, began, ended = self._fleet.ask(_ENDED, run)[0]
        for worker in crew:
            worker.drain()
        seconds = (ended - began).total_seconds()
        point = ScalePoint(workers, seconds, self._plan.bytes / seconds, self._difference(logins))
        share = point.rate / self._plan.ideal(workers)
        self._say(f"  {workers} workers: {seconds:6.1f} s, {point.rate / 1024:6.1f} KiB/s, {share:.0%} of the pace there is")
        return point

    def _fill(self, logins: list[str], workers: int) -> None:
        plan, letters = self._plan, numbered_letters(self._plan.size)
        for place, login in enumerate(logins):
            first = (workers * plan.accounts + place) * plan.messages
            Maildir(self._source, f"{login}@old.example").write("", range(first, first + plan.messages), letters)

    def _order(self, logins: list[str], workers: int) -> Order:
        return Order(
            accounts=[(f"{login}@new.example", f"{login}@old.example", self._source.password) for login in logins],
            source=(self._source.host, self._source.port),
            destination=(self._paced.host, self._paced.port),
            master=MASTER,
            second_minutes=None,
            installation={"most_unfinished": 1000},
            settings={"connections_per_host": 1000},  # what is free when an account begins is its own: none is to go short
        )

    def _difference(self, logins: list[str]) -> str:
        for login in logins:
            here = End(self._source.host, self._source.port, f"{login}@old.example", self._source.password)
            there = End(self._destination.host, self._destination.port, f"{login}@new.example*{MASTER[0]}", MASTER[1])
            if words := Sums.read(here).difference(Sums.read(there)):
                return f"{login}: {words}"
        return ""

    def _until(self, done: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + _PATIENCE
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(f"not within {_PATIENCE:.0f} s: {what}")
            time.sleep(0.2)
