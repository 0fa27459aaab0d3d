"""The pace of the transfers that this worker has in hand: who shares which rate, what servers say, whose hours are over.

One look at the database every few seconds serves all of them: what a server has said to one worker, and what an operator
has changed in the panel, holds for the others from then on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

import psycopg
from django.db import DatabaseError, InterfaceError
from django.db.models import QuerySet, Sum

from trasloco.engine.account import Side
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.ledger import LedgerUnavailable
from trasloco.engine.pace import OUTSIDE_WINDOW, SLOWED_DOWN, AccountPace, Bucket, Rates
from trasloco.jobs.database_thread import in_thread
from trasloco.jobs.figures import Figures
from trasloco.plan.pace_limits import PaceLimits
from trasloco.records import clock, host_pace
from trasloco.records.actions import Claim
from trasloco.records.budgets import MailboxAllowance
from trasloco.records.connection_pool import Pool
from trasloco.records.host_pace import Slowed
from trasloco.records.models import BUSY, MailMigration, Transfer
from trasloco.records.pacing import closed_among, limits_of, window_of
from trasloco.sentence import sentence as _

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0


@dataclass(slots=True)
class InHand:
    """A transfer of this worker. seen: bytes it had fetched when it was last looked at."""

    claim: Claim
    source_host: str
    destination_host: str
    login: str
    pace: AccountPace
    rates: Rates = field(default_factory=Rates)
    seen: int = 0

    def follow(self, limits: PaceLimits, pool: Pool) -> None:
        """These hold from the next batch on."""
        self.rates = Rates(limits.messages_per_second, limits.bytes_per_second)
        known = self.pace.allowance
        if limits.bytes_per_day is None:
            self.pace.allowance = None
        elif not isinstance(known, MailboxAllowance):
            self.pace.allowance = MailboxAllowance(pool, self.source_host, self.login, limits.bytes_per_day)
        else:
            known.limit = limits.bytes_per_day


@dataclass(frozen=True, slots=True)
class News:
    """What the database says of the transfers in hand. shares: of each source host, this worker's part of all connections there."""

    closed: frozenset[int]
    surplus: frozenset[int]
    slowed: dict[str, Slowed]
    shares: dict[str, float]
    limits: dict[int, PaceLimits]


@dataclass(slots=True)
class Pacing:
    """``open`` a pace for each transfer, ``close`` it at its end; ``keep`` runs beside them."""

    pool: Pool
    figures: Figures = field(default_factory=Figures)
    in_hand: dict[int, InHand] = field(default_factory=dict)
    _chosen: dict[tuple[str, Rates], Bucket] = field(default_factory=dict)
    _learned: dict[str, Bucket] = field(default_factory=dict)
    _signals: dict[str, str] = field(default_factory=dict)
    _measured: dict[str, float] = field(default_factory=dict)
    _looked: float = field(default_factory=time.monotonic)
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    def open(self, claim: Claim, source: Side, destination_host: str) -> AccountPace:
        """The pace of a transfer that begins."""
        host, login = key_of(source.endpoint.host), source.master.mailbox if source.master is not None else source.credentials.login
        other = key_of(destination_host)

        def on_signal(failure: Failure) -> None:
            if failure.throttled:
                self.figures.throttled(failure.side)
                self._signals[host if failure.side is SideName.SOURCE else other] = failure.words
                self._heard.set()

        held = InHand(claim, host, other, login, AccountPace(login, on_signal=on_signal))
        held.follow(limits_of(claim.account.migration), self.pool)
        self._share(held)
        self.in_hand[claim.transfer_id] = held
        return held.pace

    async def close(self, claim: Claim) -> None:
        """It has ended. What it took of its day and did not fetch is given back, if the database is there."""
        held = self.in_hand.pop(claim.transfer_id, None)
        if held is None:
            return
        try:
            await held.pace.close()
        except LedgerUnavailable as error:
            log.warning("what was fetched of %s is counted too high: %s", claim.account.login, error)
        self._forget_unused()

    async def keep(self) -> None:
        """Until it is cancelled: look every few seconds, and at once when a server has said something."""
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._heard.wait()
            except TimeoutError:
                pass
            self._heard.clear()
            if not self.in_hand and not self._signals:
                continue
            try:
                await self.look()
            except (DatabaseError, InterfaceError, psycopg.Error) as error:
                log.warning("the pace could not be looked after: %s", error)
            except Exception:
                log.exception("a mistake of ours while looking after the pace; it is tried again")

    async def look(self) -> None:
        """Once: pass on what was heard, and follow what holds now. Raises what Django raises for a database that is away."""
        active = self._measure()
        signals, self._signals = self._signals, {}
        measured = {host: self._measured.get(host) for host in signals}
        mine = {pk: held.claim.account.migration_id for pk, held in self.in_hand.items()}
        hosts = {held.source_host for held in self.in_hand.values()}
        self._follow(await in_thread(_news, signals, measured, active, mine, hosts))

    def _measure(self) -> set[str]:
        """Bytes per second of each source host since the last look; returns the hosts through which something has come."""
        now = time.monotonic()
        passed, self._looked = max(now - self._looked, 0.1), now
        came: dict[str, int] = defaultdict(int)
        active = set()
        for held in self.in_hand.values():
            more = held.pace.fetched - held.seen
            held.seen += more
            came[held.source_host] += more
            if more:
                active |= {held.source_host, held.destination_host}
        for host, size in came.items():
            before = self._measured.get(host, size / passed)
            self._measured[host] = 0.7 * before + 0.3 * size / passed
        return active

    def _follow(self, news: News) -> None:
        for pk, held in list(self.in_hand.items()):
            migration = held.claim.account.migration
            if migration.pk in news.closed:
                held.pace.halt(_outside(migration))
            elif pk in news.surplus:
                held.pace.halt(_too_many())
            held.follow(news.limits.get(migration.pk, limits_of(migration)), self.pool)
            self._share(held)
        self._forget_unused()
        for (host, rates), bucket in self._chosen.items():
            bucket.rates = rates.share(news.shares.get(host, 1.0))
        for host, bucket in self._learned.items():
            slow = news.slowed.get(host)
            bucket.rates = Rates(size=slow.bytes_per_second).share(news.shares.get(host, 1.0)) if slow else Rates()

    def _share(self, held: InHand) -> None:
        """Rates that were chosen are shared by all accounts of one server that have the same; what the server bears, by all."""
        chosen = self._chosen.setdefault((held.source_host, held.rates), Bucket(held.rates))
        held.pace.buckets = (chosen, self._learned.setdefault(held.source_host, Bucket(Rates())))

    def _forget_unused(self) -> None:
        used = {(each.source_host, each.rates) for each in self.in_hand.values()}
        hosts = {host for host, _ in used}
        self._chosen = {key: bucket for key, bucket in self._chosen.items() if key in used}
        self._learned = {host: bucket for host, bucket in self._learned.items() if host in hosts}
        self._measured = {host: rate for host, rate in self._measured.items() if host in hosts}


def _news(
    signals: dict[str, str], measured: dict[str, float | None], active: Collection[str], mine: dict[int, int], hosts: Collection[str]
) -> News:
    now = clock.now()
    for host, words in signals.items():
        if (slow := host_pace.signal(host, words, measured[host], now)) is not None:
            log.warning("%s says that it is too much; from now on at most %d connections: %s", host, slow.connections, words)
    if active:
        host_pace.more(active, now)
    migrations = list(MailMigration.objects.filter(pk__in=set(mine.values())))
    everybody, ours = _connections(Transfer.objects.filter(source_host__in=hosts)), _connections(Transfer.objects.filter(pk__in=mine))
    return News(
        closed=frozenset(closed_among(migrations, now)),
        surplus=frozenset(host_pace.surplus(mine)),
        slowed=host_pace.slowed(hosts),
        shares={host: ours.get(host, 1) / max(1, everybody.get(host, 1)) for host in hosts},
        limits={migration.pk: limits_of(migration) for migration in migrations},
    )


def _connections(transfers: QuerySet[Transfer]) -> dict[str, int]:
    """By source host, of those under way."""
    return dict(transfers.filter(status__in=BUSY).values_list("source_host").annotate(sum=Sum("connections")))


def key_of(host: str) -> str:
    """As ``Transfer.source_host`` has it."""
    return host.lower().rstrip(".")


def _outside(migration: MailMigration) -> Failure:
    words = _(
        "The hours in which mail is moved (%(hours)s) are over. The account rests and goes on by itself where it was.",
        hours=str(window_of(migration)),
    )
    return Failure(SideName.OURS, Scope.RUN, Retry.LATER, OUTSIDE_WINDOW, words)


def _too_many() -> Failure:
    words = _("A server says that it is too much, so fewer accounts are worked on there at once. This one goes on by itself where it was.")
    return Failure(SideName.OURS, Scope.ACCOUNT, Retry.LATER, SLOWED_DOWN, words)
