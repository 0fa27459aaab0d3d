"""A worker that was frozen while another one took its transfer over adds nothing when it wakes up."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any, cast

import pytest

from tests.engine.gmail_account import GmailAccount, letter
from tests.engine.test_three_ways import INBOX, mails
from trasloco.engine import ownership
from trasloco.engine.ledger import Fenced, Ledger
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.engine.ownership import CONFIRM_AFTER, Ownership
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.gmail_mailbox import GmailMailbox
from trasloco.testing.gmail_server import GmailServer
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.rehearsal import Rehearsal, lines
from trasloco.testing.wire_faults import Answer


class FreezingLedger:
    """Sleeps after the commit of its ``at``-th intent, until ``wake`` is set; once ``lost``, it is not the owner's."""

    def __init__(self, inner: Ledger, at: int) -> None:
        self._inner, self._at, self._calls = inner, at, 0
        self.asleep, self.wake, self.lost = asyncio.Event(), asyncio.Event(), False

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._inner, name)
        if name in ("known", "rows", "relics"):
            return verb

        async def call(*arguments: Any, **named: Any) -> Any:
            if self.lost:
                raise Fenced("another worker has it")
            result = await verb(*arguments, **named)
            if name == "begin":
                self._calls += 1
                if self._calls == self._at:
                    self.asleep.set()
                    await self.wake.wait()
            return result

        return call


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class CountingLedger(MemoryLedger):
    def __init__(self) -> None:
        super().__init__()
        self.confirmed = 0

    async def confirm(self) -> None:
        self.confirmed += 1


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(ownership, "_now", clock)
    return clock


async def test_the_ledger_is_asked_only_when_its_last_word_is_too_old(clock: Clock) -> None:
    ledger = CountingLedger()
    mine = Ownership(ledger)
    await mine.confirm()
    clock.now += CONFIRM_AFTER
    await mine.confirm()
    assert ledger.confirmed == 1
    clock.now += 0.1
    await mine.confirm()
    assert ledger.confirmed == 2


async def test_a_freeze_while_the_ledger_answers_is_noticed(clock: Clock) -> None:
    async def long_write() -> int:
        clock.now += 60.0
        return 7

    ledger = CountingLedger()
    mine = Ownership(ledger)
    assert await mine.heard(long_write()) == 7
    await mine.confirm()
    assert ledger.confirmed == 1


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this platform has no clock of that kind")
def test_the_clock_goes_on_while_the_machine_sleeps() -> None:
    assert ownership._now() == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=5)


async def taken_over(rehearsal: Rehearsal, at: int, arm: Callable[[], None], clock: Clock) -> None:
    """A worker frozen after its ``at``-th intent, another one that completes the run, and the first one's waking."""
    arm()
    frozen = FreezingLedger(rehearsal.ledger, at)

    async def other() -> None:
        arm()
        await rehearsal.go(1)

    await replaced(frozen, rehearsal.go(1, frozen), other, clock)


async def replaced(frozen: FreezingLedger, work: Coroutine[Any, Any, object], other: Callable[[], Awaitable[object]], clock: Clock) -> None:
    """``work`` falls asleep with its ledger, ``other`` is done, and ``work`` wakes up."""
    zombie = asyncio.ensure_future(work)
    asleep = asyncio.ensure_future(frozen.asleep.wait())
    await asyncio.wait([asleep, zombie], return_when=asyncio.FIRST_COMPLETED)
    assert asleep.done()
    frozen.lost = True
    await other()
    clock.now += 60.0
    frozen.wake.set()
    with contextlib.suppress(Fenced):
        await zombie


@pytest.mark.parametrize("at", [1, 2], ids=["in a batch", "on the repair ladder"])
async def test_a_worker_that_was_replaced_completes_no_append(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str], clock: Clock, at: int
) -> None:
    with lines(dovecot_source, dovecot_destination) as (source, destination):
        rehearsal = Rehearsal(source, destination, fresh_user())
        with source.filler(rehearsal.user) as filler:
            filler.append(INBOX, [Mail(b"Message-ID: <r@x>\r\nSubject: r\r\n\r\na\rb\r\n")] if at == 2 else mails(3))
        refusals = [Answer("APPEND", "NO bare newlines")] if at == 2 else []
        await taken_over(rehearsal, at, lambda: destination.proxy.arm(*refusals), clock)
        assert len(destination.snapshot(rehearsal.user)["INBOX"]) == (1 if at == 2 else 3)


async def test_a_worker_that_was_replaced_copies_no_message_to_a_further_label(
    dovecot_destination: Dovecot, fresh_user: Callable[[], str], clock: Clock
) -> None:
    mailbox = GmailMailbox()
    with GmailServer({"anna@gmail.com": mailbox}) as gmail:
        account = GmailAccount(mailbox, gmail, dovecot_destination, fresh_user())
        mailbox.add(letter(1), ["\\Inbox", "Work"])
        frozen = FreezingLedger(account.ledger, 2)  # the first intent is of the message, the second of its copy
        await replaced(frozen, replace(account, ledger=cast(Ledger, frozen)).go(), account.go, clock)
        there = account.destination()
        assert (len(there["INBOX"]), len(there["Work"])) == (1, 1)
