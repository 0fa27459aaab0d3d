"""Our own side fails: the process ends at any byte it writes, the database goes away, another worker takes over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from tests.faults.conftest import FOLDERS, FOREIGN, OF_OTHERS, TWIN, killed_at_every_write, settled
from trasloco.engine.ledger import Fenced, Ledger, LedgerUnavailable
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.rehearsal import FAULTLESS, Line, Rehearsal
from trasloco.testing.wire_killer import Killer

_WRITES = frozenset(
    {"bind", "rebind", "revalidate", "forget", "retire", "begin", "settle", "narrow", "record", "reflag", "complete", "left_out", "moved"}
)


def _tiny(fault_lines: tuple[Line, ...], user: str) -> Rehearsal:
    source, destination = fault_lines
    account = Rehearsal(source, destination, user)
    account.settings = replace(account.settings, together=False)  # ``test_together`` has its own
    with source.filler(user) as filler:
        filler.append(("INBOX",), [TWIN, *(Mail(letter.content, ("\\Seen",), letter.date) for letter in Letters("tiny").take(6)), TWIN])
        filler.create(FOLDERS[2])
        filler.append(FOLDERS[2], [Mail(b"Subject: no Message-ID\r\n\r\n")] * 2)
    with destination.filler(user) as filler:
        filler.append(("INBOX",), [TWIN, FOREIGN])
    return account


@pytest.mark.timeout(120)
@pytest.mark.parametrize("half", [False, True], ids=["whole", "half"])
def test_killed_at_every_wire_write(
    fault_lines: tuple[Line, ...],
    fresh_user: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    half: bool,
    halves: Callable[[bool], Iterator[int]],
) -> None:
    """Step by step through the writes of the first run; each time resumed to the same end, and then a further run is a no-op."""
    at = killed_at_every_write(lambda: _tiny(fault_lines, fresh_user()), monkeypatch, halves(half), half=half)
    assert at > 25, "the case is too small to mean anything"


@pytest.mark.timeout(120)
def test_killed_at_every_wire_write_of_the_second_run(
    fault_lines: tuple[Line, ...], fresh_user: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at, killed = 0, True
    while killed:
        at += 1
        account = _tiny(fault_lines, fresh_user())
        account.run(1)
        with account.source.filler(account.user) as filler:
            filler.append(("INBOX",), [Mail(letter.content, (), letter.date) for letter in Letters("new").take(3)])
            filler.store(("INBOX",), [2, 3], "+FLAGS", "\\Flagged")
            filler.move(("INBOX",), [4], FOLDERS[2])
        with monkeypatch.context() as patch:
            killed = Killer(patch, at, half=at % 2 == 0).run(account, 2)
        assert account.run(2).failure is None
        assert account.verdict(OF_OTHERS) == FAULTLESS, f"killed at write {at}"
        before = account.destination.snapshot(account.user)
        account.run(3)
        assert account.destination.snapshot(account.user) == before, f"killed at write {at}"
    assert at > 15


class FailingLedger:
    """A database that is away from its ``at``-th write on, for ``times`` writes."""

    def __init__(self, inner: Ledger, at: int, times: int, *, done: bool) -> None:
        self._inner, self._at, self._times, self._done = inner, at, times, done
        self.writes = 0

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._inner, name)
        if name not in _WRITES:
            return verb

        async def write(*arguments: Any, **named: Any) -> Any:
            self.writes += 1
            away = self._at <= self.writes < self._at + self._times
            if away and not self._done:
                raise LedgerUnavailable("the server closed the connection unexpectedly")
            result = await verb(*arguments, **named)
            if away:
                raise LedgerUnavailable("the connection broke after the statement was sent")
            return result

        return write


@pytest.mark.parametrize("done", [False, True], ids=["before-the-write", "after-the-write"])
@pytest.mark.parametrize("at", [1, 7, 9, 11, 14, 16, 19])
def test_database_lost_and_back(account: Rehearsal, at: int, done: bool) -> None:
    inner = account.ledger
    account.ledger = cast(Ledger, FailingLedger(inner, at, 2, done=done))
    outcome = account.run()
    assert outcome.failure is None
    assert account.pauses, "it waited for the database"
    account.ledger = inner
    settled(account)


def test_database_that_stays_away_ends_the_account_with_clear_words(account: Rehearsal) -> None:
    inner = account.ledger
    account.ledger = cast(Ledger, FailingLedger(inner, 9, 10_000, done=False))
    outcome = account.run()
    assert outcome.failure is not None
    assert outcome.failure.code == "database-unavailable"
    account.ledger = inner
    account.run()
    settled(account)


class FencedLedger:
    """One worker's view: its writes are refused from the moment on that another worker has the transfer."""

    owner = 0

    def __init__(self, inner: Ledger, mine: int) -> None:
        self._inner, self._mine = inner, mine
        FencedLedger.owner = mine
        self.writes = 0
        self.before: Callable[[int], None] = lambda writes: None

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._inner, name)
        if name not in _WRITES:
            return verb

        async def write(*arguments: Any, **named: Any) -> Any:
            self.writes += 1
            self.before(self.writes)
            await asyncio.sleep(0)
            if FencedLedger.owner != self._mine:
                raise Fenced("another worker has it")
            return await verb(*arguments, **named)

        return write


@pytest.mark.parametrize("at", range(1, 24, 2))
def test_two_workers_handed_the_same_transfer(account: Rehearsal, at: int) -> None:
    """The second takes over while the first is in the middle; the first writes nothing more and stops."""
    inner = account.ledger

    async def both() -> None:
        first = FencedLedger(inner, 1)
        others: list[asyncio.Task[Any]] = []

        def take_over(writes: int) -> None:
            if writes == at:
                others.append(asyncio.ensure_future(account.go(1, cast(Ledger, FencedLedger(inner, 2)))))

        first.before = take_over
        with pytest.raises(Fenced):
            await account.go(1, cast(Ledger, first))
        assert (await others[0]).failure is None

    asyncio.run(both())
    settled(account)


def test_clock_set_back_by_a_day_while_copying(account: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines and pauses run on the monotonic clock; nothing that is written depends on the time of day."""
    began = time.time()
    calls = 0

    def clock() -> float:
        nonlocal calls
        calls += 1
        return began - calls * 86_400.0

    monkeypatch.setattr(time, "time", clock)
    outcome = account.run()
    assert outcome.failure is None
    assert 0 <= outcome.seconds < 60
    settled(account)
