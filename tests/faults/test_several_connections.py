"""Several folders at a time, each over its own connections, and what goes wrong with one of them while the others go on.

The lines are slow (20 ms), so that the engine opens further connections by itself as soon as there are messages enough.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from tests.faults.conftest import OF_OTHERS, fill, meanwhile, recreate, settled
from tests.faults.test_moves import _move
from tests.faults.test_ourselves import FencedLedger
from trasloco.engine import lanes
from trasloco.engine.failure import Retry
from trasloco.engine.ledger import Fenced, Ledger
from trasloco.testing.cutting_proxy import hide
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.rehearsal import FAULTLESS, Line, Rehearsal, lines
from trasloco.testing.wire_faults import Answer, Bye, Cut, Delay, Fault, Way
from trasloco.testing.wire_killer import Killer

FOLDERS = (("Alfa",), ("Beta",), ("Gamma",), ("Delta",))
FAR = Delay(Way.TO_SERVER, 0.02)
PLACES = [("begin", 2), ("begin", 6), ("settle", 1), ("settle", 4), ("settle", 7), ("complete", 1), ("complete", 3)]
places = pytest.mark.parametrize(("verb", "at"), PLACES, ids=[f"{verb}-{at}" for verb, at in PLACES])


@pytest.fixture(autouse=True)
def _few_messages_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a test need not fill mailboxes: only the distance decides."""
    monkeypatch.setattr(lanes, "ENOUGH_MESSAGES", 4)


@pytest.fixture
def far(account: Rehearsal) -> Rehearsal:
    """The account of the other tests with four more folders, far away."""
    return _far(account)


def _far(account: Rehearsal, count: int = 9) -> Rehearsal:
    account.settings = replace(account.settings, together=False)  # ``test_together`` has its own
    with account.source.filler(account.user) as filler:
        for path in FOLDERS:
            filler.create(path)
            filler.append(path, [_mail(path, number) for number in range(count)])
    _arm(account.source)
    _arm(account.destination)
    return account


def _mail(path: tuple[str, ...], number: int) -> Mail:
    """Messages with the same number have the same size in each folder."""
    return Mail(b"Message-ID: <%d@%s>\r\nSubject: %d\r\n\r\n%s" % (number, path[0][:4].encode(), number, b"text\r\n" * 40 * (number + 1)))


def _arm(line: Line, *faults: Fault) -> None:
    line.proxy.arm(FAR, *faults)


def _several(account: Rehearsal) -> bool:
    return account.source.proxy.seen.connections > 1 and account.destination.proxy.seen.connections > 1


def test_several_connections_bring_everything_once(far: Rehearsal) -> None:
    outcome = far.run()
    assert outcome.failure is None
    assert not far.pauses
    assert (far.source.proxy.seen.connections, far.destination.proxy.seen.connections) == (3, 3)
    settled(far)


@pytest.mark.parametrize("way", list(Way), ids=["asking", "answering"])
@pytest.mark.parametrize("side", ["source", "destination"])
def test_one_of_several_lines_cut_at_random_bytes(far: Rehearsal, side: str, way: Way) -> None:
    """Three cuts in a run: of whichever connection it is; the others end with it."""
    assert far.run(1).failure is None  # to know how many bytes there are
    line: Line = getattr(far, side)
    passed = line.proxy.seen.bytes[way]
    cut = 0
    for number, seed in enumerate(range(3), 2):
        account = Rehearsal(far.source, far.destination, f"{far.user}-{seed}")
        fill(account)
        _far(account)
        chosen = random.Random(f"lanes {side} {way} {seed}")
        _arm(line, *(Cut(way, chosen.randrange(passed), reset=chosen.random() < 0.5) for _ in range(3)))
        assert account.run(number).failure is None
        cut += bool(line.proxy.fired)
        settled(account, number + 1)
    assert cut >= 2, "three places near the end may all lie behind the last byte of one run, not of two"


@pytest.mark.parametrize(
    "fault", [Bye("Server shutting down", "APPEND", 4), Bye("Server shutting down", "SELECT", 4)], ids=lambda f: f.command
)
def test_bye_on_one_of_several_connections(far: Rehearsal, fault: Bye) -> None:
    _arm(far.destination, fault)
    assert far.run().failure is None
    assert far.destination.proxy.fired
    settled(far)


@pytest.mark.parametrize(("command", "number"), [("APPEND", 3), ("APPEND", 9), ("EXAMINE", 3), ("SELECT", 3)])
def test_refusal_on_one_of_several_connections(far: Rehearsal, command: str, number: int) -> None:
    """NO, and later what says so: nothing of the other folders is touched by it."""
    line = far.source if command == "EXAMINE" else far.destination
    _arm(line, Answer(command, "NO not now", number))
    far.run()
    assert line.proxy.fired
    _arm(line, Answer(command, "NO [UNAVAILABLE] later", 2))
    far.run(2)
    assert far.run(3).failure is None
    settled(far, 4)


@pytest.mark.parametrize("number", [1, 5, 8])
def test_over_quota_on_one_of_several_connections(far: Rehearsal, number: int) -> None:
    """The account stops with all connections; what the others had on its way is there once when there is room again."""
    _arm(far.destination, *hide("MULTIAPPEND"), Answer("APPEND", "NO [OVERQUOTA] Quota exceeded", number, 1000))
    outcome = far.run()
    assert outcome.failure is not None
    assert (outcome.failure.code, outcome.failure.retry) == ("over-quota", Retry.NEVER)
    assert _several(far)
    far.clear()
    assert far.verdict(OF_OTHERS).doubled == 0
    assert far.run().failure is None
    settled(far)


@pytest.mark.parametrize("side", ["source", "destination"])
@pytest.mark.parametrize("after", [0.5, 0.9])
def test_server_killed_under_several_connections(mortal: Rehearsal, side: str, after: float) -> None:
    server = getattr(mortal, side).server

    def kill() -> None:
        time.sleep(after)
        server.kill()
        server.start()

    killer = threading.Thread(target=kill)
    killer.start()
    outcome = mortal.run()
    killer.join()
    assert outcome.failure is None
    settled(mortal)


@places
def test_messages_moved_between_folders_that_are_brought_at_the_same_time(far: Rehearsal, verb: str, at: int) -> None:
    """Both folders may be on a connection of their own just now."""

    def move() -> None:
        _move(far, "source", FOLDERS[0], slice(1, 4), FOLDERS[1])
        _move(far, "source", FOLDERS[1], slice(2, 5), FOLDERS[2])
        _move(far, "source", FOLDERS[3], slice(0, 3), ("INBOX",))

    outcome = meanwhile(far, verb, at, move)
    assert outcome.failure is None
    assert _several(far)
    _arm(far.source)
    _arm(far.destination)
    assert far.run(2).failure is None
    settled(far, 3)


@places
def test_messages_exchanged_between_folders_in_a_second_run_over_several_connections(far: Rehearsal, verb: str, at: int) -> None:
    """New mail in each folder, and older mail changes places: moved, never copied again."""
    far.run(1)
    with far.source.filler(far.user) as filler:
        for path in FOLDERS:
            filler.append(path, [_mail(path, number) for number in range(9, 15)])

    def exchange() -> None:
        for here, there in zip(FOLDERS, FOLDERS[1:] + FOLDERS[:1], strict=True):
            _move(far, "source", here, slice(0, 2), there)
            _move(far, "source", here, slice(8, 10), there)

    _arm(far.source)
    _arm(far.destination)
    assert meanwhile(far, verb, at, exchange, 2).failure is None
    assert _several(far)
    assert far.run(3).failure is None
    settled(far, 4)


@places
@pytest.mark.parametrize("side", ["source", "destination"])
def test_folder_renumbered_while_others_are_brought(far: Rehearsal, side: str, verb: str, at: int) -> None:
    """Its neighbours hold messages of the same bytes: nobody takes for his what is only being matched again."""
    with far.source.filler(far.user) as filler:
        for path in FOLDERS:
            filler.append(path, [_mail(("Twin",), number) for number in range(3)])
    if side == "source":
        far.run(1)
        with far.source.filler(far.user) as filler:
            for path in FOLDERS:
                filler.append(path, [_mail(("Twin",), number) for number in range(8)])
        _arm(far.source)
        _arm(far.destination)
    number = 2 if side == "source" else 1
    meanwhile(far, verb, at, lambda: recreate(far, side, FOLDERS[2]), number)
    far.run(number)
    settled(far, number + 1)


@pytest.mark.parametrize("at", [2, 5, 9, 14])
def test_two_workers_handed_a_transfer_with_several_connections(far: Rehearsal, at: int) -> None:
    """The first writes nothing more from the moment on that the second has it, on none of its connections."""
    inner = far.ledger

    async def both() -> None:
        first = FencedLedger(inner, 1)
        others: list[asyncio.Task[Any]] = []

        def take_over(writes: int) -> None:
            if writes == at + 7:  # the folders are bound
                others.append(asyncio.ensure_future(far.go(1, cast(Ledger, FencedLedger(inner, 2)))))

        first.before = take_over
        with pytest.raises(Fenced):
            await far.go(1, cast(Ledger, first))
        assert (await others[0]).failure is None

    asyncio.run(both())
    settled(far)


@pytest.mark.parametrize("at", range(4, 25, 4))
def test_stopped_while_several_connections_carry(far: Rehearsal, at: int) -> None:
    """Asked to stop: when the run has ended nothing is written any more, and started again it goes on."""
    inner = far.ledger
    writes: list[str] = []

    async def stopped() -> int:
        running = asyncio.ensure_future(far.go(1, cast(Ledger, _Listening(inner, writes, at, lambda: running.cancel()))))
        await asyncio.wait([running])
        assert running.cancelled()
        seen = len(writes)
        await asyncio.sleep(0.3)
        return seen

    assert asyncio.run(stopped()) == len(writes)
    _arm(far.source)
    _arm(far.destination)
    assert far.run(1).failure is None
    settled(far)


class _Listening:
    """Keeps which writes were begun, and calls ``what`` at the ``at``-th."""

    def __init__(self, inner: Ledger, writes: list[str], at: int, what: Callable[[], object]) -> None:
        self._inner, self._writes, self._at, self._what = inner, writes, at, what

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._inner, name)
        if name not in ("begin", "settle", "record", "complete", "moved", "revalidate"):
            return verb

        async def write(*arguments: Any, **named: Any) -> Any:
            self._writes.append(name)
            if len(self._writes) == self._at:
                self._what()
            await asyncio.sleep(0.005)
            return await verb(*arguments, **named)

        return write


@pytest.mark.timeout(300)
@pytest.mark.parametrize("half", [False, True], ids=["whole", "half"])
def test_killed_at_every_wire_write_of_several_connections(
    fault_lines: tuple[Line, ...],
    fresh_user: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    half: bool,
    halves: Callable[[bool], Iterator[int]],
) -> None:
    """With intents of several folders open at once; resumed over several connections too."""
    monkeypatch.setattr(lanes, "FAR", 0.0)
    for at in halves(half):
        account = Rehearsal(fault_lines[0], fault_lines[1], fresh_user())
        account.settings = replace(account.settings, together=False)
        account.clear()
        with account.source.filler(account.user) as filler:
            for path in FOLDERS[:3]:
                filler.create(path)
                filler.append(path, [_mail(path, number) for number in range(2)] + [_mail(("Twin",), 0)])
        with monkeypatch.context() as patch:
            killed = Killer(patch, at, half=half).run(account, 1)
        assert account.run(1).failure is None
        assert account.verdict() == FAULTLESS, f"killed at write {at}"
        before = account.destination.snapshot(account.user)
        account.run(2)
        assert account.destination.snapshot(account.user) == before, f"killed at write {at}"
        if not killed:
            break
    assert at > 30


@pytest.fixture(scope="module")
def mortal_lines() -> Iterator[tuple[Line, ...]]:
    """Servers of this module's own: they may be killed."""
    with Dovecot() as source, Dovecot(storage="sdbox") as destination, lines(source, destination) as both:
        yield both


@pytest.fixture
def mortal(mortal_lines: tuple[Line, ...], fresh_user: Callable[[], str]) -> Rehearsal:
    source, destination = mortal_lines
    account = Rehearsal(source, destination, fresh_user())
    account.longest = 1.0
    account.clear()
    fill(account)
    return _far(account, 20)
