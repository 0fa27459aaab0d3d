"""The load test: many accounts of two customers between two real Dovecots, while workers are killed and drained all along.

Caps are measured where the servers are: a proxy before each address counts the connections that are open at once. In the
end each mailbox is read whole on both sides and compared, not with the code under test.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.distance import Distance
from bench.ends import End
from bench.load_crew import Crew
from bench.load_plan import FOLDERS, LoadPlan, Mailbox, PlannedMigration
from bench.load_result import Cap, LoadResult
from bench.maildir import Maildir
from bench.numbered_letters import numbered_letters
from bench.sums import Sums
from trasloco.testing.debian_postgres import debian_postgres
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.fleet import Fleet
from trasloco.testing.planned_migration import Order

MASTER = ("master", "master's own secret")
_LOOK = 0.5
_STOPPED = (0, 130, -signal.SIGTERM)
"""How a worker ends when it is asked to: that worked, and that was still beginning."""
_REUSED = "service imap {\n  service_count = 200\n}"
_LETTER = 1024

# What an operator would ask of the end; a transfer that has begun keeps the hour of its latest beginning only.
_STATES = "SELECT status, count(*) FROM trasloco_transfer GROUP BY 1 ORDER BY 1"
_LEFT = "SELECT count(*) FROM trasloco_run WHERE ended_at IS NULL"
_BEGINNINGS = """
SELECT t.id, c.name, r.due_at, t.started_at FROM trasloco_transfer t
JOIN trasloco_run r ON r.id = t.run_id JOIN trasloco_migration m ON m.id = r.migration_id JOIN trasloco_customer c ON c.id = m.customer_id
WHERE t.started_at IS NOT NULL AND NOT t.id = ANY(%s)
"""
_FAILURES = "SELECT DISTINCT failure_words FROM trasloco_transfer WHERE status <> 'completed' LIMIT 20"
_FATES = "SELECT sum(copied), sum(adopted), sum(skipped), sum(refused) FROM trasloco_folder_tally"
_INTENTS = "SELECT count(*) FROM trasloco_ledger_intent"


class LoadRun:
    """``with LoadRun(plan, say) as run: result = run.run()``."""

    def __init__(self, plan: LoadPlan, say: Callable[[str], None]) -> None:
        self._plan, self._say = plan, say
        self._stack = contextlib.ExitStack()
        self._seen: dict[int, tuple[str, float]] = {}

    def __enter__(self) -> LoadRun:
        with contextlib.ExitStack() as stack:
            home = Path(tempfile.mkdtemp(prefix="trasloco-load-"))
            stack.callback(shutil.rmtree, home, ignore_errors=True)
            self._source = stack.enter_context(Dovecot(extra=_REUSED))
            self._destination = stack.enter_context(Dovecot(master=MASTER, extra=_REUSED))
            addresses = [f"127.0.0.{number + 2}" for number in range(self._plan.hosts)]
            before = [Distance(self._source.port, rate=self._plan.rate, listen=address) for address in addresses]
            self._here = [stack.enter_context(each) for each in before]
            self._there = stack.enter_context(Distance(self._destination.port, listen="127.0.0.100"))
            self._home = home
            self._fleet = stack.enter_context(Fleet(home, debian_postgres()))
            self._fleet.environment["TRASLOCO_ALLOW_PORTS"] = "1-65535"
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self) -> LoadResult:
        """All of it. Raises nothing for what goes wrong with the accounts: it is in the result."""
        plan = self._plan
        result, large, little = LoadResult(plan), plan.large(), plan.little()
        mailboxes = [mailbox for each in (*large, *little) for mailbox in each.mailboxes]
        self._fill(mailboxes)
        result.messages = sum(len(mailbox.numbers) for mailbox in mailboxes)
        self._say(f"{len(mailboxes):,} mailboxes with {result.messages:,} messages are there; planning")
        self._fleet.plan(*(self._order(each) for each in large))
        began = time.monotonic()
        with Crew(self._fleet, plan.workers, plan.hands, plan.pause, plan.seed) as crew:
            self._follow(crew, little, began, result)
            result.seconds = time.monotonic() - began
        self._account_for(crew, result)
        self._say("comparing each mailbox on both sides")
        with ThreadPoolExecutor(4) as pool:
            result.differing = [words for words in pool.map(self._difference, mailboxes) if words]
        return result

    def _follow(self, crew: Crew, little: list[PlannedMigration], began: float, result: LoadResult) -> None:
        """Until the last run has ended."""
        plan, coming, told = self._plan, list(zip(self._plan.arrivals, little, strict=True)), began
        while time.monotonic() - began < plan.patience:
            crew.keep()
            self._look()
            states = dict(self._fleet.ask(_STATES))
            done = sum(count for state, count in states.items() if state not in ("waiting", "admitted", "running"))
            if coming and done >= max(1, coming[0][0] * plan.all_accounts):
                self._fleet.plan(self._order(coming.pop(0)[1]))
            if not coming and self._fleet.ask(_LEFT) == [(0,)]:
                return
            if time.monotonic() - told > 15:
                told = time.monotonic()
                self._say(f"  {told - began:5.0f} s: {states}, {crew.kills} killed, {crew.drains} drained")
            time.sleep(_LOOK)
        result.wrong.append(f"not done after {plan.patience:.0f} s")

    def _look(self) -> None:
        """Who has begun by now, and how long he had waited: the first beginning counts."""
        for transfer, customer, due, started in self._fleet.ask(_BEGINNINGS, list(self._seen)):
            self._seen[transfer] = customer, _seconds(due, started)

    def _account_for(self, crew: Crew, result: LoadResult) -> None:
        """What the database, the proxies and the logs say."""
        plan, fleet = self._plan, self._fleet
        self._look()
        drained = crew.drained()
        result.kills, result.drains = crew.kills, crew.drains
        result.slowest_drain = max((seconds for _, seconds in drained), default=0.0)
        result.wrong += crew.gone
        result.wrong += [f"a worker that was drained ended with status {status}" for status, _ in drained if status not in _STOPPED]
        result.states = dict(fleet.ask(_STATES))
        result.wrong += [f"an account ended so: {words}" for (words,) in fleet.ask(_FAILURES)]
        fates = fleet.ask(_FATES)[0]
        result.fates = {name: int(value or 0) for name, value in zip(("copied", "adopted", "skipped", "refused"), fates, strict=True)}
        if count := fleet.ask(_INTENTS)[0][0]:
            result.wrong.append(f"{count} intents that were never settled")
        logs = [file.read_text("utf-8", "replace") for file in self._home.glob("worker-*/trasloco.log*") if file.suffix != ".lock"]
        result.begun = sum(log.count(": begins (transfer ") for log in logs)
        result.wrong += [log[max(0, at - 500) : at + 1500] for log in logs if (at := log.find("Traceback")) >= 0]
        for customer, waited in self._seen.values():
            result.waited.setdefault(customer, []).append(round(waited, 2))
        result.caps = [Cap(f"source {line.host}", plan.cap, line.most()) for line in self._here]
        result.caps.append(Cap("destination", plan.there, self._there.most()))

    def _fill(self, mailboxes: list[Mailbox]) -> None:
        letters = numbered_letters(_LETTER)
        for mailbox in mailboxes:
            maildir = Maildir(self._source, mailbox.login)
            for number, folder in enumerate(FOLDERS):
                maildir.write(folder, mailbox.numbers[number :: len(FOLDERS)], letters)

    def _order(self, migration: PlannedMigration) -> Order:
        here, password = self._here[migration.host], self._source.password
        return Order(
            accounts=[(mailbox.address, mailbox.login, password) for mailbox in migration.mailboxes],
            source=(here.host, here.port),
            destination=(self._there.host, self._there.port),
            master=MASTER,
            second_minutes=None,
            customer=migration.customer,
            installation={"most_unfinished": 1000},
            settings={"batch_messages": 4, "connections_per_host": self._plan.cap},
        )

    def _difference(self, mailbox: Mailbox) -> str:
        source = End(self._source.host, self._source.port, mailbox.login, self._source.password)
        destination = End(self._destination.host, self._destination.port, f"{mailbox.address}*{MASTER[0]}", MASTER[1])
        original = Sums.read(source)
        if original.messages != len(mailbox.numbers):
            return f"{mailbox.login}: {original.messages} messages on the source, which had {len(mailbox.numbers)}"
        words = original.difference(Sums.read(destination))
        return f"{mailbox.address}: {words}" if words else ""


def _seconds(due: datetime | None, started: Any) -> float:
    return (started - due).total_seconds() if due is not None else 0.0
