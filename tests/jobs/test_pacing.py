"""The pace of transfers with the worker, the database and real servers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import sync_to_async

from trasloco.engine.account import Outcome, RunStatus, Settings, Side
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.ledger import Ledger
from trasloco.engine.pace import AccountPace
from trasloco.engine.sink import Sink
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.project.database import Database
from trasloco.records.connection_pool import Pool
from trasloco.records.key_ring import KeyRing
from trasloco.secret import Secret
from trasloco.testing.cutting_proxy import CuttingProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.later import let_pass
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot
from trasloco.testing.wire_faults import Answer, Way

pytestmark = pytest.mark.usefixtures("clean_database")

DAY = timedelta(hours=24, minutes=10)


@pytest.fixture
def proxy(dovecot_source: Dovecot) -> Iterator[CuttingProxy]:
    with CuttingProxy(dovecot_source.host, dovecot_source.port) as proxy:
        yield proxy


def letters(count: int, size: int) -> list[Mail]:
    """Each of exactly ``size`` bytes."""
    found = []
    for number in range(count):
        head = b"Subject: %d\r\nMessage-ID: <%d@example.org>\r\n\r\n" % (number, number)
        body = (b"x" * 70 + b"\r\n") * (size // 72 + 1)
        found.append(Mail((head + body)[: size - 2] + b"\r\n"))
    return found


def opened(ring: KeyRing, source: tuple[str, int], servers: tuple[Dovecot, Dovecot], users: list[str], **limits: Any) -> Any:
    """A migration of these users. limits: keys of its settings."""
    from trasloco.records.models import DestinationLogin, MailMigration
    from trasloco.records.opening import AccountRow, Destination, open_migration

    here, there = servers
    endpoint = Endpoint(*source, Security.PLAIN)
    rows = [AccountRow(line, user, endpoint, user, Secret(here.password)) for line, user in enumerate(users, 1)]
    assert there.master is not None
    name, password = there.master
    target = Destination(Endpoint(there.host, there.port, Security.PLAIN), DestinationLogin.MASTER, name, Secret(password))
    migration = open_migration(rows, target, Settings(), ring, allow_private_addresses=True)
    MailMigration.objects.filter(pk=migration.pk).update(settings=migration.settings | limits)
    return MailMigration.objects.get(pk=migration.pk)


def started(migration: Any) -> Any:
    from trasloco.jobs.dispatch import start

    return start(migration)


async def worked(run: Any, **options: Any) -> None:
    """Until the run has ended, or all that is left of it rests."""
    from trasloco.jobs.worker import until_ended, work
    from trasloco.records import clock
    from trasloco.records.resting import rest_of

    ended = until_ended(run)

    async def until() -> bool:
        return await ended() or await sync_to_async(lambda: rest_of(run, clock.now()).goes_on is not None)()

    async with asyncio.timeout(120):
        await work(until=until, runs=[run.pk], **options)


async def holds(condition: Callable[[], bool]) -> None:
    """Wait until it does."""
    while not await sync_to_async(condition)():  # noqa: ASYNC110 - other processes set no event
        await asyncio.sleep(0.05)


def transfer_of(run: Any) -> Any:
    from trasloco.records.models import Transfer

    return Transfer.objects.get(run=run)


async def test_a_day_s_budget_of_20_mb_brings_60_mb_in_three_slices_and_nothing_twice(
    database: Database, ring: KeyRing, proxy: CuttingProxy, dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str
) -> None:
    size, count = 1_000_000, 60
    with MailboxFiller(dovecot_source.host, dovecot_source.port, user, dovecot_source.password) as filler:
        filler.append(("INBOX",), letters(count, size))
    servers = (dovecot_source, dovecot_destination)
    migration = await sync_to_async(opened)(ring, (proxy.host, proxy.port), servers, [user], bytes_per_day=20 * size)
    run = await sync_to_async(started)(migration)
    brought, slept = [], []
    for _ in range(3):
        proxy.arm()
        await worked(run)
        there = Snapshot.read(dovecot_destination.host, dovecot_destination.port, user, dovecot_destination.password)
        brought.append(there.total)
        transfer = await sync_to_async(transfer_of)(run)
        assert proxy.seen.bytes[Way.TO_CLIENT] < 20 * size + 300_000  # twenty bodies, and what is said beside them
        if transfer.status == "completed":
            break
        slept.append(transfer)
        assert (transfer.status, transfer.failure_code, transfer.attempts, transfer.worker) == ("waiting", "day-budget", 0, None)
        # Half an hour too early nothing happens: nobody even signs in.
        await sync_to_async(let_pass)(database.conninfo, DAY - timedelta(minutes=30))
        proxy.arm()
        await worked(run)
        assert proxy.seen.connections == 0
        await sync_to_async(let_pass)(database.conninfo, timedelta(minutes=30))
    assert brought == [20, 40, 60]
    assert len(slept) == 2
    assert (await sync_to_async(transfer_of)(run)).status == "completed"
    here = Snapshot.read(dovecot_source.host, dovecot_source.port, user, dovecot_source.password)
    there = Snapshot.read(dovecot_destination.host, dovecot_destination.port, user, dovecot_destination.password)
    assert there.digests() == here.digests()


class Wall:
    """The clock of the schedule, set by the test."""

    def __init__(self, text: str, zone: str = "Europe/Rome") -> None:
        self.zone = ZoneInfo(zone)
        self.set(text)

    def set(self, text: str) -> None:
        self.moment = datetime.fromisoformat(text).replace(tzinfo=self.zone).astimezone(UTC)

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    from trasloco.records import clock

    found = Wall("2026-11-26T12:00")
    monkeypatch.setattr(clock, "now", found.now)
    return found


def with_hours(migration: Any, start: int, end: int, zone: str = "Europe/Rome") -> Any:
    from trasloco.records.history import SCHEDULE
    from trasloco.records.pacing import set_window

    set_window(SCHEDULE, migration, time(start), time(end), zone)
    return migration


async def test_outside_its_hours_nothing_begins_and_what_runs_rests_at_a_settled_batch(
    wall: Wall, ring: KeyRing, proxy: CuttingProxy, dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str
) -> None:
    from trasloco.jobs.worker import work
    from trasloco.records.models import LedgerIntent
    from trasloco.records.resting import rest_of

    size, count = 100_000, 40
    with MailboxFiller(dovecot_source.host, dovecot_source.port, user, dovecot_source.password) as filler:
        filler.append(("INBOX",), letters(count, size))
    servers = (dovecot_source, dovecot_destination)
    # Forty letters take ten seconds, so that the hour is over before they are.
    migration = await sync_to_async(opened)(ring, (proxy.host, proxy.port), servers, [user], bytes_per_second=400_000)
    run = await sync_to_async(lambda: started(with_hours(migration, 20, 6)))()
    await worked(run)
    assert proxy.seen.connections == 0
    rest = await sync_to_async(lambda: rest_of(run, wall.now()))()
    assert rest.window_opens == rest.goes_on == datetime(2026, 11, 26, 19, 0, tzinfo=UTC)

    wall.set("2026-11-27T05:59")
    stop = asyncio.Event()
    working = asyncio.create_task(work(stop=stop, runs=[run.pk]))
    async with asyncio.timeout(120):
        await holds(lambda: proxy.seen.bytes[Way.TO_CLIENT] >= 10 * size)
        wall.set("2026-11-27T06:00")
        await holds(lambda: transfer_of(run).status == "waiting")
        transfer = await sync_to_async(transfer_of)(run)
        assert (transfer.failure_code, transfer.not_before, transfer.worker) == ("outside-window", None, None)
        assert not await sync_to_async(LedgerIntent.objects.exists)()
        brought = Snapshot.read(dovecot_destination.host, dovecot_destination.port, user, dovecot_destination.password).total
        assert 0 < brought < count
        assert proxy.seen.bytes[Way.TO_CLIENT] < brought * size + 100_000  # no body came for nothing
        wall.set("2026-11-27T20:00")
        await holds(lambda: transfer_of(run).status == "completed")
        stop.set()
        await working
    assert proxy.seen.bytes[Way.TO_CLIENT] < count * size + 200_000
    here = Snapshot.read(dovecot_source.host, dovecot_source.port, user, dovecot_source.password)
    there = Snapshot.read(dovecot_destination.host, dovecot_destination.port, user, dovecot_destination.password)
    assert there.digests() == here.digests()


async def test_other_hours_hold_at_once(wall: Wall, ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.records.actions import begin_run
    from trasloco.records.history import SCHEDULE
    from trasloco.records.pacing import set_window
    from trasloco.testing.migration_rows import small_migration

    def look() -> list[int]:
        migration = small_migration(ring, 2)
        with_hours(migration, 20, 6)
        begin_run(migration)
        found = [admit()]
        set_window(SCHEDULE, migration, time(11), time(13), "Europe/Berlin")
        found.append(admit(total=1))
        set_window(SCHEDULE, migration, None, None, "Europe/Berlin")
        wall.set("2026-11-26T04:00")
        return [*found, admit()]

    assert await sync_to_async(look)() == [0, 1, 1]


@pytest.mark.parametrize(
    ("moment", "admitted"),
    [
        ("2026-10-25T00:59", 0),
        ("2026-10-25T02:29", 1),
        ("2026-10-25T02:59", 1),
        ("2026-10-25T03:00", 0),
        ("2026-03-29T01:59", 1),
        ("2026-03-29T03:00", 0),
    ],
)
async def test_the_clock_on_the_wall_decides_also_when_it_is_put_forward_or_back(
    wall: Wall, ring: KeyRing, moment: str, admitted: int
) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.records.actions import begin_run
    from trasloco.testing.migration_rows import small_migration

    wall.set(moment)
    if "02:59" in moment:
        wall.moment += timedelta(hours=1)  # the second time that this hour comes

    def look() -> int:
        migration = small_migration(ring, 1)
        with_hours(migration, 1, 3)
        begin_run(migration)
        return admit()

    assert await sync_to_async(look)() == admitted


class Engine:
    """In the engine's place: each account's outcomes in turn, what it says to its pace, and how many are at work."""

    def __init__(self) -> None:
        self.says: dict[str, list[Failure | None]] = {}
        self.begun: list[str] = []
        self.ended: dict[str, float] = {}

    async def __call__(
        self, source: Side, destination: Side, ledger: Ledger, settings: Settings, number: int, sink: Sink, *, pace: AccountPace
    ) -> Outcome:
        login = source.credentials.login
        self.begun.append(login)
        await asyncio.sleep(0.05)
        said = self.says[login].pop(0) if self.says.get(login) else None
        self.ended[login] = asyncio.get_running_loop().time()
        if said is None:
            return Outcome(RunStatus.COMPLETED, None, 0.1, 0, ())
        pace.hear(said)
        return Outcome(RunStatus.FAILED, said, 0.1, 0, ())


def busy(after: float | None = None) -> Failure:
    return Failure(SideName.SOURCE, Scope.ACCOUNT, Retry.LATER, "server-busy", "Request is throttled.", after, throttled=True)


async def test_a_long_back_off_is_obeyed_to_the_millisecond_and_holds_nobody_s_place(ring: KeyRing) -> None:
    from trasloco.jobs.worker import work
    from trasloco.records import clock
    from trasloco.records.models import Transfer
    from trasloco.testing.migration_rows import small_migration

    run = await sync_to_async(lambda: started(small_migration(ring, 3)))()
    engine, asked = Engine(), 299.961
    engine.says = {"a1@example.org": [busy(asked)]}
    before = await sync_to_async(clock.now)()

    async def others_are_done() -> bool:
        return await sync_to_async(lambda: Transfer.objects.filter(run=run, status="completed").count() == 2)()

    async with asyncio.timeout(60):
        await work(concurrency=1, until=others_are_done, runs=[run.pk], copy=engine)
    after = await sync_to_async(clock.now)()
    first = await sync_to_async(lambda: Transfer.objects.get(run=run, account__line=1))()
    assert (first.status, first.worker) == ("waiting", None)
    assert first.not_before is not None
    assert before + timedelta(seconds=asked) <= first.not_before <= after + timedelta(seconds=asked)
    assert engine.begun.count("a1@example.org") == 1


async def test_after_a_short_back_off_it_goes_on_when_it_is_over_and_not_before(ring: KeyRing) -> None:
    from trasloco.jobs.worker import until_ended, work
    from trasloco.testing.migration_rows import small_migration

    run = await sync_to_async(lambda: started(small_migration(ring, 1)))()
    engine = Engine()
    engine.says = {"a1@example.org": [busy(1.5)]}
    begun = asyncio.get_running_loop().time()
    async with asyncio.timeout(60):
        await work(until=until_ended(run), runs=[run.pk], copy=engine)
    assert len(engine.begun) == 2
    assert engine.ended["a1@example.org"] - begun >= 1.5


async def test_what_a_server_says_to_one_worker_all_others_keep_to(database: Database, ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.jobs.worker import work
    from trasloco.records.models import HostPace, Transfer
    from trasloco.testing.migration_rows import small_migration

    def admitted() -> int:
        return Transfer.objects.filter(status="admitted").count()

    run = await sync_to_async(lambda: started(small_migration(ring, 30)))()
    assert await sync_to_async(admitted)() == 10
    engine = Engine()
    engine.says = {"a1@example.org": [busy(600.0)]}

    async def signalled() -> bool:
        return await sync_to_async(HostPace.objects.exists)()

    async with asyncio.timeout(60):
        await work(concurrency=1, until=signalled, runs=[run.pk], copy=engine)
    pace = await sync_to_async(HostPace.objects.get)()
    assert pace.host == "imap.example.org"
    assert pace.connections <= 5
    assert "throttled" in pace.words
    await sync_to_async(lambda: Transfer.objects.filter(status="admitted").update(status="waiting"))()
    # Another worker, whose own cap is far higher.
    assert await sync_to_async(admit)(total=100) == int(pace.connections)


async def test_a_sleeping_account_keeps_its_run_from_ending(ring: KeyRing) -> None:
    from trasloco.jobs.ends_of_runs import look_after_ended_runs
    from trasloco.jobs.worker import work
    from trasloco.records.models import Mail, Run, Transfer
    from trasloco.testing.planned_migration import Order, planned

    def begun() -> Any:
        from trasloco.records.planning import begin_due_runs

        accounts = [(f"a{n}@example.net", f"a{n}@example.org", "x") for n in (1, 2)]
        planned(ring, Order(accounts=accounts))
        [run] = begin_due_runs()
        return run

    run = await sync_to_async(begun)()
    engine = Engine()
    engine.says = {"a1@example.org": [Failure(SideName.OURS, Scope.ACCOUNT, Retry.LATER, "day-budget", "enough for today", 3600.0)]}

    async def all_looked_at() -> bool:
        return (
            await sync_to_async(lambda: not Transfer.objects.filter(status__in=["admitted", "running"]).exists())()
            and len(engine.begun) == 2
        )

    mails = await sync_to_async(Mail.objects.count)()
    async with asyncio.timeout(60):
        await work(until=all_looked_at, runs=[run.pk], copy=engine)
    assert await sync_to_async(look_after_ended_runs)() == 0
    assert (await sync_to_async(Run.objects.get)(pk=run.pk)).status == "running"
    assert await sync_to_async(Mail.objects.count)() == mails
    sleeper = await sync_to_async(lambda: Transfer.objects.get(run=run, account__line=1))()
    assert (sleeper.status, sleeper.attempts) == ("waiting", 0)
    assert sleeper.not_before is not None


async def test_a_higher_limit_wakes_those_that_sleep(ring: KeyRing) -> None:
    from dataclasses import replace

    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import HistoryEntry, MailMigration, Transfer
    from trasloco.records.pacing import limits_of, set_limits
    from trasloco.testing.migration_rows import small_migration

    def woken() -> tuple[list[Any], int | None, int]:
        migration = small_migration(ring, 2)
        run = started(migration)
        tomorrow = datetime.now(UTC) + timedelta(hours=20)
        Transfer.objects.filter(run=run).update(status="waiting", not_before=tomorrow, failure_code="day-budget")
        Transfer.objects.filter(run=run, account__line=2).update(failure_code="server-busy")
        set_limits(SCHEDULE, migration, replace(limits_of(migration), bytes_per_day=5_000_000))
        with pytest.raises(ValueError, match="bytes_per_day"):
            set_limits(SCHEDULE, migration, replace(limits_of(migration), bytes_per_day=5))
        hours = list(Transfer.objects.filter(run=run).order_by("account__line").values_list("not_before", flat=True))
        limit = limits_of(MailMigration.objects.get(pk=migration.pk)).bytes_per_day
        return hours, limit, HistoryEntry.objects.filter(verb="pace-changed").count()

    (first, second), limit, noted = await sync_to_async(woken)()
    assert first is None
    assert second is not None
    assert (limit, noted) == (5_000_000, 1)


async def test_a_rate_is_shared_by_the_accounts_of_a_server(
    ring: KeyRing, proxy: CuttingProxy, dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]
) -> None:
    users, size = [fresh_user() for _ in range(2)], 50_000
    for user in users:
        with MailboxFiller(dovecot_source.host, dovecot_source.port, user, dovecot_source.password) as filler:
            filler.append(("INBOX",), letters(20, size))
    servers = (dovecot_source, dovecot_destination)
    migration = await sync_to_async(opened)(ring, (proxy.host, proxy.port), servers, users, bytes_per_second=400_000)
    run = await sync_to_async(started)(migration)
    begun = asyncio.get_running_loop().time()
    await worked(run)
    seconds = asyncio.get_running_loop().time() - begun
    # Two million bytes; the last batch has not to be paid for before it goes.
    assert seconds >= (2 * 20 * size - 800_000) / 400_000


async def test_a_server_that_throttles_is_spared_and_all_mail_arrives(
    ring: KeyRing, proxy: CuttingProxy, dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str
) -> None:
    from trasloco.records.models import HostPace

    with MailboxFiller(dovecot_source.host, dovecot_source.port, user, dovecot_source.password) as filler:
        filler.append(("INBOX",), letters(30, 5000))
    proxy.arm(Answer("UID FETCH", "NO [THROTTLED] Request is throttled. Suggested Backoff Time: 1500 milliseconds", number=2))
    servers = (dovecot_source, dovecot_destination)
    migration = await sync_to_async(opened)(ring, (proxy.host, proxy.port), servers, [user], batch_messages=10)
    run = await sync_to_async(started)(migration)
    begun = asyncio.get_running_loop().time()
    await worked(run)
    assert len(proxy.fired) == 1
    assert asyncio.get_running_loop().time() - begun >= 1.5
    assert (await sync_to_async(transfer_of)(run)).status == "completed"
    pace = await sync_to_async(HostPace.objects.get)()
    assert (pace.host, pace.signals) == ("127.0.0.1", 1)
    here = Snapshot.read(dovecot_source.host, dovecot_source.port, user, dovecot_source.password)
    there = Snapshot.read(dovecot_destination.host, dovecot_destination.port, user, dovecot_destination.password)
    assert there.digests() == here.digests()


async def test_a_rate_is_divided_over_the_workers_by_their_connections(ring: KeyRing, pool: Pool) -> None:
    from trasloco.jobs.pacing import Pacing
    from trasloco.records.actions import claim_transfer
    from trasloco.records.models import MailMigration, Transfer
    from trasloco.records.sides import sides
    from trasloco.testing.migration_rows import small_migration

    def claims() -> list[Any]:
        migration = small_migration(ring, 4)
        settings = migration.settings | {"bytes_per_second": 400_000, "connections": 1}
        MailMigration.objects.filter(pk=migration.pk).update(settings=settings)
        run = started(MailMigration.objects.get(pk=migration.pk))
        admitted = Transfer.objects.filter(run=run, status="admitted").order_by("account__line")
        return [claim_transfer(transfer.pk, transfer.fence, 1) for transfer in admitted]

    pacing = Pacing(pool)
    mine, *others = await sync_to_async(claims)()
    assert len(others) == 3
    source, _ = await sync_to_async(sides)(mine.account, ring)
    pace = pacing.open(mine, source, "mx.example.net")
    assert pace.buckets[0].rates.size == 400_000
    await pacing.look()
    assert pace.buckets[0].rates.size == 100_000
    await pacing.close(mine)
    assert pacing.in_hand == {}
