"""What one worker process has at hand for its transfers: passed to the task, never global."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from trasloco.engine.account import Outcome, Settings, Side
from trasloco.engine.account_run import run_account
from trasloco.engine.ledger import Ledger
from trasloco.engine.logins import HostGates
from trasloco.engine.master_memory import MasterMemory
from trasloco.engine.pace import AccountPace
from trasloco.engine.sink import Sink
from trasloco.jobs.database_thread import in_thread
from trasloco.jobs.dispatch import admit
from trasloco.jobs.figures import Figures
from trasloco.jobs.master_logins import MasterLogins
from trasloco.jobs.pacing import Pacing
from trasloco.jobs.presence import Presence
from trasloco.jobs.traces import Traces
from trasloco.plan.shares import Caps
from trasloco.records.connection_pool import Pool
from trasloco.records.key_ring import KeyRing
from trasloco.sources.tokens import TokenSources


class RunAccount(Protocol):
    """``engine.account_run.run_account``, or what tests put into its place."""

    async def __call__(
        self, source: Side, destination: Side, ledger: Ledger, settings: Settings, number: int, sink: Sink, *, pace: AccountPace
    ) -> Outcome: ...


@dataclass(slots=True)
class Workshop:
    """pool: for ledger and counters. runs: the only runs worked for, None: all. in_hand: ids of the transfers under way.

    total: transfers at once of ``runs``. hands: transfers this worker can have in hand at once; None: as ``total`` says.
    caps: instead of those of the installation.
    stopping: set when everything under way is to be put down and handed back. copy: the engine.
    masters: whether the destinations' master users are let in. memory: which dialect each server wants of them.
    gates: of the logins that checks try. tokens: of the sources that are opened by OAuth. pacing: how fast each transfer goes.
    figures: counts what is done. traces: what is traced of it.
    """

    pool: Pool
    ring: KeyRing
    presence: Presence
    total: int
    caps: Caps | None = None
    runs: tuple[int, ...] | None = None
    hands: int | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    masters: MasterLogins = field(default_factory=MasterLogins)
    memory: MasterMemory = field(default_factory=MasterMemory)
    tokens: TokenSources = field(default_factory=TokenSources)
    gates: HostGates = field(default_factory=HostGates)
    in_hand: set[int] = field(default_factory=set)
    copy: RunAccount = run_account
    figures: Figures = field(default_factory=Figures)
    traces: Traces = field(default_factory=Traces)
    pacing: Pacing = field(init=False)

    def __post_init__(self) -> None:
        self.pacing = Pacing(self.pool, self.figures)

    def take(self, transfer: int) -> None:
        """In hand from now on."""
        self.in_hand.add(transfer)
        self.figures.in_hand(len(self.in_hand))

    def lay_down(self, transfer: int) -> None:
        """In hand no longer."""
        self.in_hand.discard(transfer)
        self.figures.in_hand(len(self.in_hand))

    async def admit(self) -> None:
        """Let in what this worker has room for. Raises what Django raises for a database that is away."""
        free = None if self.hands is None else self.hands - len(self.in_hand)
        if free is None or free > 0:
            await in_thread(admit, self.caps, self.runs, total=self.total, free=free)
