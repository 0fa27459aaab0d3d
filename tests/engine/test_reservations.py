"""Several folders of labels at a time: every body is fetched once all the same, also when a line breaks meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.engine.gmail_account import GmailAccount, letter
from tests.engine.test_pace import Day
from trasloco.engine import lanes
from trasloco.engine.account import Outcome
from trasloco.engine.account_run import run_account
from trasloco.engine.failure import Retry, SideName
from trasloco.engine.pace import AccountPace
from trasloco.engine.reservations import Reservations
from trasloco.testing.cutting_proxy import CuttingProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.gmail_mailbox import GmailMailbox
from trasloco.testing.gmail_server import GmailServer
from trasloco.testing.wire_faults import Cut, Delay, Way

FAR = Delay(Way.TO_SERVER, 0.02)
LABELS = ("\\Inbox", "\\Sent", "Alfa", "Beta", "Gamma", "Delta")


@contextmanager
def far(server: Dovecot, user: str) -> Iterator[tuple[GmailAccount, CuttingProxy]]:
    """An account whose destination is far away, so that several connections are opened."""
    mailbox = GmailMailbox()
    with GmailServer({"anna@gmail.com": mailbox}) as gmail, CuttingProxy(server.host, server.port) as proxy:
        for number in range(90):
            chosen = [label for index, label in enumerate(LABELS) if (number >> index) & 1 or number % 7 == index]
            mailbox.add(letter(number), chosen)
        proxy.arm(FAR)
        yield GmailAccount(mailbox, gmail, server, user, destination_port=proxy.port), proxy


def test_over_several_connections_every_body_is_fetched_once(dovecot_destination: Dovecot, fresh_user: Callable[[], str]) -> None:
    with far(dovecot_destination, fresh_user()) as (account, proxy):
        outcome = account.run()
        assert proxy.seen.connections == account.settings.connections == 3
        assert account.contents() == account.expected()
        assert account.fetched() == {1}
        assert outcome.tally.copied == outcome.tally.source
        mids = list(account.mailbox.messages)
        account.mailbox.archive(mids[0])
        account.mailbox.label(mids[1], "Delta")
        account.mailbox.add(letter(500), LABELS)
        account.run(2)
        assert account.fetched() == {1}
        before = account.destination()
        assert account.run(3).tally.copied == 0
        assert account.destination() == before


@pytest.mark.timeout(300)
@pytest.mark.parametrize("way", list(Way), ids=["to-server", "to-client"])
def test_a_line_that_breaks_while_others_wait_for_its_messages_is_made_good(
    dovecot_destination: Dovecot, fresh_user: Callable[[], str], way: Way
) -> None:
    for at in range(4_000, 24_000, 5_000):
        with far(dovecot_destination, fresh_user()) as (account, proxy):
            proxy.arm(FAR, Cut(way, at))
            account.run()
            assert proxy.fired
            assert account.contents() == account.expected(), at
            before = account.destination()
            assert account.run(2).tally.copied == 0
            assert account.destination() == before


@pytest.mark.parametrize("connections", [1, 3])
def test_a_day_s_bytes_run_out_among_labels_and_nothing_is_fetched_twice(
    dovecot_destination: Dovecot, fresh_user: Callable[[], str], connections: int
) -> None:
    with far(dovecot_destination, fresh_user()) as (account, _):
        account.settings = replace(account.settings, connections=connections, batch_messages=5)
        total = sum(len(message.content) for message in account.mailbox.messages.values())
        day, slices, fetched = Day(total // 3 + 500), 0, 0
        while slices < 9:
            slices += 1
            pace = AccountPace("anna", allowance=day)
            outcome = asyncio.run(slice_of(account, pace))
            fetched += pace.fetched
            if outcome.failure is None:
                break
            assert outcome.failure.retry is Retry.LATER, outcome.failure
            day.now += outcome.failure.after or 0.0
        assert slices >= 3
        assert account.contents() == account.expected()
        assert account.fetched() == {1}
        assert fetched == total


async def slice_of(account: GmailAccount, pace: AccountPace) -> Outcome:
    """As far as the day's bytes go."""
    sides = account.side(SideName.SOURCE), account.side(SideName.DESTINATION)
    outcome = await run_account(*sides, account.ledger, account.settings, 1, account.sink, pace=pace)
    await pace.close()
    return outcome


async def test_who_asks_first_brings_and_the_others_wait() -> None:
    reservations = Reservations()
    assert reservations.take(1, [5, 6]) == set()
    assert reservations.take(2, [6, 7]) == {6}
    assert reservations.take(1, [7]) == {7}
    waiting = asyncio.ensure_future(reservations.wait_for({6}))
    await asyncio.sleep(0)
    reservations.release(2)
    await asyncio.sleep(0)
    assert not waiting.done()
    assert reservations.take(3, [7]) == set()
    reservations.release(1)
    await asyncio.wait_for(waiting, 10)
    assert reservations.take(2, [5, 6]) == set()


async def test_nothing_is_waited_for_that_nobody_brings() -> None:
    await asyncio.wait_for(Reservations().wait_for({1, 2}), 10)


def test_far_is_what_the_lanes_call_far() -> None:
    assert FAR.seconds >= lanes.FAR
