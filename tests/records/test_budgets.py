from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from trasloco.engine.day_budget import DAY, SLOT
from trasloco.engine.ledger import LedgerUnavailable
from trasloco.project.database import Database
from trasloco.records.connection_pool import Pool
from trasloco.testing.later import let_pass

pytestmark = pytest.mark.usefixtures("clean_database")


def allowance(pool: Pool, limit: int = 1000, login: str = "anna@old.example", host: str = "imap.old.example") -> Any:
    from trasloco.records.budgets import MailboxAllowance

    return MailboxAllowance(pool, host, login, limit)


async def used(host: str = "imap.old.example", login: str = "anna@old.example") -> int:
    from trasloco.records.budgets import fetched_today

    return await sync_to_async(fetched_today)(host, login, datetime.now(UTC))


async def test_what_is_given_is_written_down_for_everybody_who_fetches_of_this_mailbox(pool: Pool) -> None:
    assert await allowance(pool).take(700, 1) == 700
    assert await allowance(pool, login="Anna@Old.example", host="IMAP.old.example.").take(700, 1) == 300
    assert await used() == 1000
    assert await allowance(pool, login="bruno@old.example").take(700, 1) == 700
    assert await allowance(pool, host="other.example").take(700, 1) == 700


async def test_many_at_once_get_no_more_than_there_is(pool: Pool) -> None:
    got = await asyncio.gather(*(allowance(pool).take(90, 1) for _ in range(30)))
    assert sum(got) == 1000
    assert await used() == 1000


async def test_what_did_not_come_is_given_back_and_what_came_beside_is_added(pool: Pool) -> None:
    own = allowance(pool)
    await own.take(900, 1)
    await own.add(-400)
    assert await used() == 500
    await own.add(700)
    assert await used() == 1200
    assert await own.take(1, 1) == 0
    await own.add(-5000)
    assert await used() == 0


async def test_after_a_day_it_is_free_again_and_the_rows_are_gone(database: Database, pool: Pool) -> None:
    from trasloco.records.models import FetchedBytes

    own = allowance(pool)
    await own.take(1000, 1)
    wait = await own.wait(1)
    assert DAY <= wait <= DAY + SLOT
    await sync_to_async(let_pass)(database.conninfo, timedelta(seconds=wait + 1))
    assert await own.take(400, 1) == 400
    assert await sync_to_async(FetchedBytes.objects.count)() == 1


async def test_rows_of_mailboxes_that_nobody_fetches_from_any_more_go_too(database: Database, pool: Pool) -> None:
    from trasloco.jobs.chores import do_chores
    from trasloco.records.models import FetchedBytes

    await allowance(pool).take(10, 1)
    await sync_to_async(do_chores)()
    assert await sync_to_async(FetchedBytes.objects.count)() == 1
    await sync_to_async(let_pass)(database.conninfo, timedelta(hours=25))
    await sync_to_async(do_chores)()
    assert await sync_to_async(FetchedBytes.objects.count)() == 0


async def test_without_the_database_nothing_is_given(pool: Pool) -> None:
    own = allowance(pool)
    await pool.close()
    for ask in (own.take(1, 1), own.add(1), own.wait(1)):
        with pytest.raises(LedgerUnavailable):
            await ask
