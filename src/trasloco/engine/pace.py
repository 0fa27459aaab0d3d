"""How fast one account may be fetched: rates that accounts share, bytes of a day, and the word to stop.

Asked once a batch, never once a message. Rates are ``Bucket`` values without I/O: whoever holds the same one shares
its rate, in the order of asking, and so evenly. The bytes of a day are a port, ``Allowance``, as they outlast
the process. A run that is to rest is not broken off: it gets no further batch, what is on its way is settled, and it ends
with the ``Failure`` that ``halt`` was given.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from trasloco.engine.account import Settings
from trasloco.engine.batches import Batch
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.inventory import Inventory
from trasloco.sentence import sentence as _

DAY_BUDGET, DAY_LIMIT, OUTSIDE_WINDOW, SLOWED_DOWN = "day-budget", "day-limit", "outside-window", "slowed-down"

RESTS = frozenset({DAY_BUDGET, DAY_LIMIT, OUTSIDE_WINDOW, SLOWED_DOWN})
"""Codes of failures that are none: the account sleeps and goes on by itself. DAY_LIMIT is said by the server, the others by us."""

SMOOTH = 2.0
"""Seconds that one batch should take of a limited rate: shorter would be more round trips, longer would come in bursts."""

AWAKE = 60.0
"""Seconds after which the servers hear something of us while we wait for the next batch's turn: they hang up on who is silent."""

LEAST_BATCH = 64 * 1024
"""Bytes; smaller batches would cost more than the rate."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What may be fetched in a second, None = no limit."""

    messages: float | None = None
    size: float | None = None

    def share(self, part: float) -> Rates:
        """So much of them (0 to 1)."""
        return Rates(self.messages and self.messages * part, self.size and self.size * part)

    def shape(self, settings: Settings) -> Settings:
        """The settings with batches that take about SMOOTH seconds of these rates."""
        if self.messages is not None:
            settings = replace(settings, batch_messages=max(1, min(settings.batch_messages, round(self.messages * SMOOTH))))
        if self.size is not None:
            settings = replace(settings, batch_bytes=min(settings.batch_bytes, max(LEAST_BATCH, round(self.size * SMOOTH))))
        return settings


class Bucket:
    """Sans-I/O: rates shared by everybody who takes from it. ``rates`` may be changed at any time.

    What is taken has to be earned before the next one may take: a first batch goes at once, and the mean is exact.
    """

    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self._earned_at = 0.0

    def take(self, messages: int, size: int, now: float) -> float:
        """Seconds from ``now`` (of a monotonic clock) until these may be asked for; the turn is kept."""
        begin = max(self._earned_at, now)
        rates = self.rates
        costs = ((messages, rates.messages), (size, rates.size))
        self._earned_at = begin + max((amount / rate for amount, rate in costs if rate), default=0.0)
        return begin - now


class Allowance(Protocol):
    """What may still be fetched of one mailbox in a day; it outlasts the process."""

    async def take(self, size: int, least: int) -> int:
        """So many of ``size`` bytes are ours, and written down before this returns. ``least``: at least so many are given
        while nothing at all has been fetched, or a message larger than a day's bytes would never come. Raises LedgerUnavailable."""

    async def add(self, size: int) -> None:
        """Bytes that were fetched without having been asked for; below zero: that were taken and not fetched. Raises LedgerUnavailable."""

    async def wait(self, size: int) -> float:
        """Seconds until it is worth while to go on: so many bytes are free again then, and a good part of the day's.
        Raises LedgerUnavailable."""


class Fetching(Protocol):
    """What a connection to the source tells: ``imap.client.Client``."""

    fetched: int

    @property
    def closed(self) -> bool: ...


class AccountPace:
    """The pace of one account in one run.

    buckets: the rates that hold for it. allowance: of its mailbox, None where there is no limit of a day. mailbox: as named to
    people. clock, sleep: replaced by tests. on_signal: hears what servers said that ended an attempt. halted: why no further batch is
    given, None as long as there are some.
    """

    def __init__(
        self,
        mailbox: str = "",
        *,
        buckets: Sequence[Bucket] = (),
        allowance: Allowance | None = None,
        on_signal: Callable[[Failure], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.halted: Failure | None = None
        self.allowance = allowance
        self.buckets = tuple(buckets)
        self.clock, self.sleep = clock, sleep
        self._mailbox = mailbox
        self._on_signal = on_signal
        self._sources: list[Fetching] = []
        self._fetched = self._taken = 0

    @property
    def free(self) -> bool:
        """Whether there is no limit at all just now."""
        return self.halted is None and self.allowance is None and all(bucket.rates == Rates() for bucket in self.buckets)

    def shape(self, settings: Settings) -> Settings:
        """The settings with batches that suit all rates that hold now."""
        for bucket in self.buckets:
            settings = bucket.rates.shape(settings)
        return settings

    def halt(self, failure: Failure) -> None:
        """No further batch. The first reason stays."""
        self.halted = self.halted or failure

    def hear(self, failure: Failure) -> None:
        """An attempt ended so."""
        if self._on_signal is not None:
            self._on_signal(failure)

    def meet(self, source: Fetching) -> None:
        """A connection to the source, whose bytes count from now on."""
        self._fetched += sum(each.fetched for each in self._sources if each.closed)
        self._sources = [each for each in self._sources if not each.closed]
        self._sources.append(source)

    @property
    def fetched(self) -> int:
        """Bytes of messages that came from the source so far, also those that were read for another reason than to be relayed."""
        return self._fetched + sum(each.fetched for each in self._sources)

    async def take(self, batch: Batch, sizes: Sequence[int]) -> Batch | None:
        """The batch, as much of it as the day still allows, None for nothing; ``halt`` has been called where it is less than the whole."""
        if self.allowance is None:
            return batch
        await self._count_what_came()
        size = sum(sizes)
        granted = await self.allowance.take(size, sizes[0])
        self._taken += granted
        if granted >= size:
            return batch
        part = batch.within(sizes, granted)
        fits = 0 if part is None else part.size
        self._taken -= granted - fits
        await self.allowance.add(fits - granted)
        after = await self.allowance.wait(sizes[0 if part is None else len(part.uids)])
        self.halt(_enough_for_today(self._mailbox, after))
        return part

    async def close(self) -> None:
        """Nothing is on its way any more: what was taken and did not come is given back. Raises LedgerUnavailable."""
        if self.allowance is not None and self._taken != self.fetched:
            difference, self._taken = self.fetched - self._taken, self.fetched
            await self.allowance.add(difference)

    async def _count_what_came(self) -> None:
        """More than was taken: a server that announces other sizes than it sends, or messages that were read again."""
        assert self.allowance is not None
        if (more := self.fetched - self._taken) > 0:
            self._taken += more
            await self.allowance.add(more)


class Feed:
    """The batches of one folder, each given when its turn has come.

    stay_awake: called every minute while there is nothing else to do than to wait. cut_short: there were more, but the pace has
    been halted.
    """

    def __init__(
        self,
        pace: AccountPace | None,
        inventory: Inventory,
        batches: Iterable[Batch],
        stay_awake: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._pace, self._inventory, self._batches = pace, inventory, iter(batches)
        self._stay_awake = stay_awake
        self._held: tuple[Batch, float] | None = None
        self.cut_short = False

    async def next(self, *, idle: bool) -> Batch | None:
        """The next one, None after the last; also None for one whose turn has not come, unless ``idle`` says that there
        is nothing else to do than to wait for it. Raises LedgerUnavailable, and what ``stay_awake`` raises."""
        if self._pace is None:
            return next(self._batches, None)
        held = self._held or self._take(self._pace)
        if held is None or self.cut_short:
            return None
        batch, begin = self._held = held
        if not idle and begin > self._pace.clock():
            return None
        await self._wait_until(begin, self._pace)
        self._held = None
        if self._pace.halted is not None:
            self.cut_short = True
            return None
        if self._pace.allowance is None:
            return batch
        part = await self._pace.take(batch, [self._inventory.sizes[position] for position in batch.positions])
        self.cut_short = part is not batch
        return part

    async def _wait_until(self, begin: float, pace: AccountPace) -> None:
        """Or until the pace is halted."""
        heard = pace.clock()
        while (left := begin - (now := pace.clock())) > 0 and pace.halted is None:
            if self._stay_awake is not None and now - heard >= AWAKE:
                await self._stay_awake()
                heard = now
            await pace.sleep(min(left, 1.0))

    def _take(self, pace: AccountPace) -> tuple[Batch, float] | None:
        batch = next(self._batches, None)
        if batch is None:
            return None
        now = pace.clock()
        return batch, now + max((bucket.take(len(batch.uids), batch.size, now) for bucket in pace.buckets), default=0.0)


def _enough_for_today(mailbox: str, after: float) -> Failure:
    words = _(
        "Of the source mailbox %(user)s as much has been fetched in 24 hours as may be fetched in a day. "
        "The account sleeps and goes on by itself where it was; nothing is fetched twice.",
        user=mailbox,
    )
    return Failure(SideName.OURS, Scope.ACCOUNT, Retry.LATER, DAY_BUDGET, words, after)
