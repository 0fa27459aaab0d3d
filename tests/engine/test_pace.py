from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from tests.engine.conftest import Account
from trasloco.engine.account import RunStatus, Settings, Side
from trasloco.engine.account_run import run_account
from trasloco.engine.batches import Batch, cut
from trasloco.engine.day_budget import DAY, SLOT, DayBudget
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.inventory import Inventory
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.engine.pace import DAY_BUDGET, OUTSIDE_WINDOW, AccountPace, Bucket, Feed, Rates
from trasloco.engine.sink import QuietSink
from trasloco.imap.endpoint import Endpoint, Security, Speech
from trasloco.imap.sasl import Credentials
from trasloco.imap.values import Fetched
from trasloco.secret import Secret
from trasloco.testing.delay_proxy import DelayProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot

NIGHT = Failure(SideName.OURS, Scope.RUN, Retry.LATER, OUTSIDE_WINDOW, "it is day")


@dataclass
class Time:
    """A clock that goes on only while somebody sleeps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Day:
    """An allowance in memory, on a clock of the test."""

    def __init__(self, limit: int) -> None:
        self.budget, self.now = DayBudget(limit), 1_800_000_000.0

    async def take(self, size: int, least: int) -> int:
        return self.budget.take(size, least, self.now)

    async def add(self, size: int) -> None:
        self.budget.add(size, self.now)

    async def wait(self, size: int) -> float:
        return self.budget.wait(size, self.now)

    @property
    def used(self) -> int:
        return self.budget.used(self.now)


@dataclass
class Connection:
    fetched: int = 0
    closed: bool = False


def inventory(sizes: Sequence[int]) -> Inventory:
    found = Inventory()
    for uid, size in enumerate(sizes, 1):
        found.add(Fetched(uid, uid=uid, size=size))
    return found


def batches(listed: Inventory, messages: int = 2, size: int = 1_000_000) -> Iterator[Batch]:
    return cut(listed, range(len(listed)), messages=messages, size=size)


async def all_of(feed: Feed) -> list[tuple[int, ...]]:
    found = []
    while (batch := await feed.next(idle=True)) is not None:
        found.append(batch.uids)
    return found


def test_a_bucket_s_mean_is_its_rate_and_the_first_goes_at_once() -> None:
    bucket = Bucket(Rates(messages=10, size=1000))
    assert bucket.take(5, 100, 50.0) == 0.0
    assert bucket.take(1, 2000, 50.0) == 0.5  # of five messages
    assert bucket.take(1, 1, 50.0) == 2.5  # and of 2000 bytes
    assert bucket.take(1, 1, 100.0) == 0.0  # nothing is saved up while nobody asks
    bucket.rates = Rates()
    assert bucket.take(1000, 10**9, 101.0) == 0.0
    assert bucket.take(1000, 10**9, 101.0) == 0.0


async def test_two_accounts_share_a_rate_evenly() -> None:
    time, bucket = Time(), Bucket(Rates(size=1000))
    listed = inventory([500] * 20)
    got: list[tuple[str, float]] = []

    async def copy(name: str) -> None:
        feed = Feed(AccountPace(buckets=[bucket], clock=time.clock, sleep=time.sleep), listed, batches(listed))
        while await feed.next(idle=True) is not None:
            got.append((name, time.now))

    await asyncio.gather(copy("a"), copy("b"))
    names = [name for name, _ in got]
    assert abs(names[:12].count("a") - names[:12].count("b")) <= 2
    assert time.now - 1000.0 == pytest.approx(19.0, abs=1.5)  # 20,000 bytes, of which the first batch was free


async def test_a_batch_whose_turn_has_not_come_holds_nobody_up() -> None:
    time = Time()
    listed = inventory([500] * 4)
    feed = Feed(AccountPace(buckets=[Bucket(Rates(size=1000))], clock=time.clock, sleep=time.sleep), listed, batches(listed))
    assert (await feed.next(idle=False)) is not None
    assert (await feed.next(idle=False)) is None
    assert time.slept == []
    assert not feed.cut_short
    time.now += 1.0
    assert (await feed.next(idle=False)) is not None
    assert (await feed.next(idle=True)) is None
    assert not feed.cut_short


async def test_halted_it_gives_no_further_batch_and_says_so() -> None:
    time = Time()
    listed = inventory([500] * 6)
    pace = AccountPace(clock=time.clock, sleep=time.sleep)
    feed = Feed(pace, listed, batches(listed))
    assert (await feed.next(idle=True)) is not None
    pace.halt(NIGHT)
    pace.halt(Failure(SideName.OURS, Scope.RUN, Retry.LATER, "later", "another reason"))
    assert (await feed.next(idle=True)) is None
    assert feed.cut_short
    assert pace.halted is NIGHT


async def test_halted_after_the_last_batch_nothing_was_cut_short() -> None:
    listed = inventory([500] * 2)
    pace = AccountPace()
    feed = Feed(pace, listed, batches(listed))
    assert await feed.next(idle=True)
    pace.halt(NIGHT)
    assert await feed.next(idle=True) is None
    assert not feed.cut_short


async def test_halted_while_it_waits_for_its_turn_it_stops_at_once() -> None:
    time = Time()
    listed = inventory([500] * 4)
    pace = AccountPace(buckets=[Bucket(Rates(size=10))], clock=time.clock, sleep=time.sleep)
    feed = Feed(pace, listed, batches(listed))
    assert await feed.next(idle=True)

    async def sleep(seconds: float) -> None:
        await time.sleep(seconds)
        pace.halt(NIGHT)

    pace.sleep = sleep
    assert await feed.next(idle=True) is None
    assert feed.cut_short
    assert len(time.slept) == 1


async def test_the_servers_hear_something_every_minute_of_a_long_wait() -> None:
    time, heard = Time(), []
    listed = inventory([500] * 4)

    async def stay_awake() -> None:
        heard.append(time.now)

    pace = AccountPace(buckets=[Bucket(Rates(size=5))], clock=time.clock, sleep=time.sleep)
    feed = Feed(pace, listed, batches(listed), stay_awake)
    assert await feed.next(idle=True)
    assert heard == []
    assert await feed.next(idle=True)
    assert time.now == 1200.0
    assert heard == [1060.0, 1120.0, 1180.0]


async def test_the_day_s_bytes_are_used_to_the_last_message_that_fits() -> None:
    day = Day(1000)
    listed = inventory([300] * 6)
    pace = AccountPace("anna", allowance=day)
    feed = Feed(pace, listed, batches(listed))
    assert await all_of(feed) == [(1, 2), (3,)]
    assert feed.cut_short
    assert day.used == 900
    assert pace.halted is not None
    assert pace.halted.code == DAY_BUDGET
    assert pace.halted.after == pytest.approx(DAY, abs=SLOT)


async def test_what_was_read_beside_counts_too_and_what_did_not_come_does_not() -> None:
    day, line = Day(10_000), Connection()
    listed = inventory([500] * 4)
    pace = AccountPace(allowance=day)
    pace.meet(line)
    feed = Feed(pace, listed, batches(listed))
    await feed.next(idle=True)
    line.fetched = 1700  # 700 of them for another reason
    await feed.next(idle=True)
    assert day.used == 2700
    line.closed = True
    other = Connection(fetched=400)
    pace.meet(other)
    await pace.close()
    assert day.used == pace.fetched == 2100


async def test_without_limits_every_batch_is_given_at_once() -> None:
    listed = inventory([500] * 6)
    assert await all_of(Feed(None, listed, batches(listed))) == [(1, 2), (3, 4), (5, 6)]
    assert await all_of(Feed(AccountPace(), listed, batches(listed))) == [(1, 2), (3, 4), (5, 6)]


def test_batches_of_a_limited_rate_are_small() -> None:
    settings = Settings()
    assert Rates().shape(settings) is settings
    shaped = Rates(messages=5, size=200_000).shape(settings)
    assert (shaped.batch_messages, shaped.batch_bytes) == (10, 400_000)
    assert Rates(messages=0.1, size=10).shape(settings).batch_messages == 1
    assert Rates(messages=10**6, size=10**9).shape(settings) == settings


def letters(count: int, size: int) -> list[Mail]:
    return [Mail(b"Subject: %d\r\nMessage-ID: <%d@example.org>\r\n\r\n" % (n, n) + b"x" * 98 * (size // 100)) for n in range(count)]


async def slice_of(account: Account, pace: AccountPace, number: int = 1, settings: Settings | None = None):  # type: ignore[no-untyped-def]
    source, destination = account.side(SideName.SOURCE), account.side(SideName.DESTINATION)
    outcome = await run_account(source, destination, account.ledger, settings or Settings(), number, account.sink, pace=pace)
    await pace.close()
    return outcome


async def test_an_account_goes_over_in_slices_and_each_body_once(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("INBOX",), letters(20, 5000))
        filler.append(("Archive",), letters(20, 5000))
    total = sum(len(mail.content) for mail in letters(20, 5000)) * 2
    day = Day(total // 2 + 3000)
    settings = Settings(batch_messages=4)
    pace = AccountPace("anna", allowance=day)
    first = await slice_of(account, pace, settings=settings)
    assert first.status is RunStatus.FAILED
    assert first.failure is not None
    assert (first.failure.code, first.failure.retry) == (DAY_BUDGET, Retry.LATER)
    fetched = pace.fetched
    assert day.used == fetched <= day.budget.limit
    day.now += first.failure.after or 0.0
    pace = AccountPace("anna", allowance=day)
    second = await slice_of(account, pace, settings=settings)
    assert second.status is RunStatus.COMPLETED
    assert second.tally.copied + second.tally.adopted == 40
    assert fetched + pace.fetched == total
    assert account.destination().digests() == account.source().digests()


async def test_an_account_with_nothing_new_needs_nothing_of_its_day(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("INBOX",), letters(3, 1000))
    assert (await slice_of(account, AccountPace())).status is RunStatus.COMPLETED
    day = Day(1000)
    await day.take(1000, 1)
    assert (await slice_of(account, AccountPace(allowance=day), 2)).status is RunStatus.COMPLETED


async def test_a_halted_account_ends_with_the_reason_and_goes_on_later(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("INBOX",), letters(10, 1000))
    pace = AccountPace()
    pace.halt(NIGHT)
    outcome = await slice_of(account, pace)
    assert outcome.failure is NIGHT
    assert (await slice_of(account, AccountPace())).tally.copied == 10


async def test_several_connections_rest_together_and_nothing_is_fetched_twice(account: Account) -> None:
    for folder in ("INBOX", "Sent", "Drafts", "Archive"):
        with account.source_filler() as filler:
            filler.append((folder,), letters(40, 5000))
    total = sum(len(mail.content) for mail in letters(40, 5000)) * 4
    day, slices, fetched = Day(total // 3 + 3000), 0, 0
    settings = Settings(batch_messages=4)
    ours, theirs = account.source_server, account.destination_server
    with DelayProxy(ours.host, ours.port, 0.02) as here, DelayProxy(theirs.host, theirs.port, 0.02) as there:
        sides = [
            replace(account.side(name), endpoint=Endpoint(proxy.host, proxy.port, Security.PLAIN))
            for name, proxy in ((SideName.SOURCE, here), (SideName.DESTINATION, there))
        ]
        while slices < 9:
            slices += 1
            pace = AccountPace("anna", allowance=day)
            here.reset()
            outcome = await run_account(sides[0], sides[1], account.ledger, settings, 1, account.sink, pace=pace)
            await pace.close()
            fetched += pace.fetched
            assert here.connections >= 2 or slices > 1
            if outcome.failure is None:
                break
            assert outcome.failure.code == DAY_BUDGET
            assert not [intent for record in await account.ledger.folders() for intent in await account.ledger.intents(record.id)]
            day.now += outcome.failure.after or 0.0
    assert 3 <= slices <= 5
    assert fetched == total
    assert account.destination().digests() == account.source().digests()


async def test_a_pop3_mailbox_goes_over_in_slices_too(pop3_source: Dovecot, dovecot_destination: Dovecot, user: str) -> None:
    mails = letters(20, 5000)
    with MailboxFiller(pop3_source.host, pop3_source.port, user, pop3_source.password) as filler:
        filler.append(("INBOX",), mails)
    total, ledger = sum(len(mail.content) for mail in mails), MemoryLedger()
    day, fetched, ends = Day(total // 2 + 3000), 0, []
    source = Endpoint(pop3_source.host, pop3_source.pop3_port, Security.PLAIN, speech=Speech.POP3)
    destination = Endpoint(dovecot_destination.host, dovecot_destination.port, Security.PLAIN)
    ours = Side(SideName.SOURCE, source, Credentials(user, Secret(pop3_source.password)))
    theirs = Side(SideName.DESTINATION, destination, Credentials(user, Secret(dovecot_destination.password)))
    for _ in range(2):
        pace = AccountPace("anna", allowance=day)
        outcome = await run_account(ours, theirs, ledger, Settings(batch_messages=4), 1, QuietSink(), pace=pace)
        await pace.close()
        fetched += pace.fetched
        ends.append(outcome.failure.code if outcome.failure else "")
        day.now += DAY + 2 * SLOT
    assert ends == [DAY_BUDGET, ""]
    # Letters that do not end with a line end get one on the way.
    assert total <= fetched <= total + 2 * len(mails)
    assert Snapshot.read(dovecot_destination.host, dovecot_destination.port, user, dovecot_destination.password).total == 20
