"""What came of the load test: in lines for people, as JSON, and whether it is as it has to be."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Any, Self

from bench.load_plan import LARGE, SMALL, LoadPlan
from bench.results import now, this_machine


@dataclass(frozen=True, slots=True)
class Cap:
    """Connections a server may be asked for, and the most that a proxy before it saw open at once."""

    name: str
    allowed: int
    seen: int

    @property
    def kept(self) -> bool:
        return self.seen <= self.allowed


@dataclass(slots=True)
class LoadResult:
    """seconds: from the first plan to the end of the last run. begun: how often an account was begun, over all workers.

    messages: on the source. states: how many transfers ended how. fates: of messages, by the report's own counting.
    differing: accounts whose mail is not the same on both sides, in words. waited: by customer, seconds of each account.
    slowest_drain: seconds. wrong: whatever else must not be, in words.
    """

    plan: LoadPlan
    machine: str = field(default_factory=this_machine)
    date: str = field(default_factory=now)
    note: str = ""
    seconds: float = 0.0
    kills: int = 0
    drains: int = 0
    slowest_drain: float = 0.0
    begun: int = 0
    messages: int = 0
    states: dict[str, int] = field(default_factory=dict)
    fates: dict[str, int] = field(default_factory=dict)
    caps: list[Cap] = field(default_factory=list)
    waited: dict[str, list[float]] = field(default_factory=dict)
    differing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """In words; none when it is as it has to be."""
        found = [*self.wrong, *self.differing]
        if self.states != {"completed": self.plan.all_accounts}:
            found.append(f"of {self.plan.all_accounts} accounts, so many ended so: {self.states}")
        found += [f"{cap.name}: {cap.seen} connections at once, {cap.allowed} are allowed" for cap in self.caps if not cap.kept]
        for name, of in (("mean", statistics.mean), ("longest", max)):
            little, large = self.wait(SMALL, of), self.wait(LARGE, of)
            if little >= self.plan.fair * large:
                found.append(f"the {name} wait of the small customer is {little:.1f} s, of the large one {large:.1f} s")
        return found

    def wait(self, customer: str, of: Any = max) -> float:
        """Seconds; 0 of a customer without accounts."""
        return float(of(self.waited.get(customer) or [0.0]))

    def lines(self) -> list[str]:
        """A table for the screen and for the page, its last line the verdict."""
        plan = self.plan
        rows = [
            ("accounts", f"{plan.migrations} migrations of {plan.accounts}, and {len(plan.arrivals)} of {plan.small} of another customer"),
            ("workers", f"{plan.workers} processes of {plan.hands} hands: {self.kills} killed, {self.drains} drained"),
            ("longest draining", f"{self.slowest_drain:.1f} s"),
            ("time", f"{self.seconds:,.0f} s"),
            ("ended", ", ".join(f"{count:,} {state}" for state, count in self.states.items())),
            ("accounts begun", f"{self.begun:,}: {self.begun - plan.all_accounts:,} of them once more, after a kill or a draining"),
            ("messages on the source", f"{self.messages:,}"),
            ("their fates", ", ".join(f"{count:,} {fate}" for fate, count in self.fates.items())),
            ("accounts not the same on both sides", f"{len(self.differing):,} of {plan.all_accounts:,}"),
            *((f"connections at once, {cap.name}", f"{cap.seen} of {cap.allowed}") for cap in self.caps),
            *((f"wait of {name}, mean and longest", self._waits(name)) for name in self.waited),
        ]
        return [f"| {name} | {value} |" for name, value in rows]

    def _waits(self, customer: str) -> str:
        return f"{self.wait(customer, statistics.mean):.1f} s, {self.wait(customer):.1f} s"

    @classmethod
    def of_json(cls, values: dict[str, Any]) -> Self:
        plan = LoadPlan(**{**values["plan"], "arrivals": tuple(values["plan"]["arrivals"])})
        caps = [Cap(**cap) for cap in values["caps"]]
        return cls(**{**values, "plan": plan, "caps": caps})
