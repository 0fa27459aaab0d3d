"""The pace of transfers with the worker, the database and real servers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from trasloco.engine.account import Settings
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.project.database import Database
from trasloco.records.key_ring import KeyRing
from trasloco.secret import Secret
from trasloco.testing.cutting_proxy import CuttingProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.later import let_pass
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot
from trasloco.testing.wire_faults import Way

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
