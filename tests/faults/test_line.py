"""The line breaks, stalls, or says goodbye: the run goes on by itself, and every message is there once."""

from __future__ import annotations

import random
import threading
import time

import pytest

from tests.faults.conftest import OF_OTHERS, settled
from trasloco.engine.account import RunStatus
from trasloco.engine.failure import Retry
from trasloco.testing.cutting_proxy import CuttingProxy
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.rehearsal import FAULTLESS, Line, Rehearsal
from trasloco.testing.wire_faults import Answer, Bye, Cut, Delay, Fault, Linger, Stall, Way

# Where the interesting things happen in the standard mailbox: bytes to the source are few, of bodies many.
_SPAN = {Way.TO_SERVER: (800, 250_000), Way.TO_CLIENT: (259_000, 4_900)}


def _survives(account: Rehearsal, line: Line, *plan: Fault) -> None:
    line.proxy.arm(*plan)
    outcome = account.run()
    assert line.proxy.fired, "the fault was never reached"
    assert outcome.failure is None
    assert outcome.status is RunStatus.COMPLETED
    settled(account)


@pytest.mark.parametrize("reset", [True, False], ids=["RST", "FIN"])
@pytest.mark.parametrize("way", list(Way), ids=["asking", "answering"])
def test_source_line_cut_at_random_bytes(account: Rehearsal, way: Way, reset: bool) -> None:
    for seed in range(3):
        at = random.Random(f"source {way} {reset} {seed}").randrange(_SPAN[way][0])
        account.source.proxy.arm(Cut(way, at, reset))
        assert account.run(seed + 1).failure is None
    settled(account, 4)


@pytest.mark.parametrize("reset", [True, False], ids=["RST", "FIN"])
@pytest.mark.parametrize("way", list(Way), ids=["asking", "answering"])
def test_destination_line_cut_at_random_bytes(account: Rehearsal, way: Way, reset: bool) -> None:
    at = random.Random(f"destination {way} {reset}").randrange(_SPAN[way][1])
    _survives(account, account.destination, Cut(way, at, reset))


def test_reset_in_the_middle_of_a_literal_from_the_source(account: Rehearsal) -> None:
    _survives(account, account.source, Cut(Way.TO_CLIENT, 60_000, reset=True))


def test_reset_in_the_middle_of_a_literal_to_the_destination(account: Rehearsal) -> None:
    _survives(account, account.destination, Cut(Way.TO_SERVER, 60_000, reset=True))


def test_both_lines_cut_again_and_again(account: Rehearsal) -> None:
    account.source.proxy.arm(*(Cut(Way.TO_CLIENT, at) for at in range(20_000, 240_000, 90_000)))
    account.destination.proxy.arm(*(Cut(Way.TO_SERVER, at) for at in range(5_000, 240_000, 75_000)))
    assert account.run().failure is None
    assert len(account.source.proxy.fired) + len(account.destination.proxy.fired) >= 6
    settled(account)


@pytest.mark.parametrize("side", ["source", "destination"])
def test_bye_instead_of_a_greeting(account: Rehearsal, side: str) -> None:
    _survives(account, getattr(account, side), Bye("Too busy for you"))


@pytest.mark.parametrize("side", ["source", "destination"])
def test_bye_after_the_login(account: Rehearsal, side: str) -> None:
    _survives(account, getattr(account, side), Bye("Server shutting down", "NAMESPACE"))


def test_bye_in_the_middle_of_a_fetch(account: Rehearsal) -> None:
    _survives(account, account.source, Bye("Server shutting down", after=100_000))


def test_bye_in_the_middle_of_an_append(account: Rehearsal) -> None:
    _survives(account, account.destination, Bye("Server shutting down", "APPEND", 2))


@pytest.mark.parametrize("at", [30, 100_000], ids=["at-the-login", "in-a-body"])
def test_source_stalls_with_the_socket_open(account: Rehearsal, at: int) -> None:
    _survives(account, account.source, Stall(Way.TO_CLIENT, at))


def test_destination_stalls_with_the_socket_open_before_it_answers(account: Rehearsal) -> None:
    _survives(account, account.destination, Stall(Way.TO_CLIENT, 3_500))


def test_destination_takes_no_more_bytes_with_the_socket_open(account: Rehearsal) -> None:
    _survives(account, account.destination, Stall(Way.TO_SERVER, 50_000))


@pytest.mark.parametrize("side", ["source", "destination"])
def test_nobody_listens_for_a_while(account: Rehearsal, side: str) -> None:
    """A server that is restarted: open connections end, and new ones are refused until it is back."""
    line: Line = getattr(account, side)
    proxy: CuttingProxy = line.proxy
    proxy.arm(Cut(Way.TO_CLIENT, 2_000))
    watcher = threading.Thread(target=_refuse_once_cut, args=(proxy,))
    watcher.start()
    outcome = account.run()
    watcher.join()
    assert proxy.fired
    assert outcome.failure is None
    settled(account)


def _refuse_once_cut(proxy: CuttingProxy) -> None:
    deadline = time.monotonic() + 10
    while not proxy.fired and time.monotonic() < deadline:
        time.sleep(0.0005)
    proxy.refuse_for(0.15)


def test_a_line_that_never_carries_anything_ends_the_account_and_blames_no_message(account: Rehearsal) -> None:
    account.destination.proxy.arm(Cut(Way.TO_SERVER, 1_000, times=1_000))
    outcome = account.run()
    assert outcome.failure is not None
    assert (outcome.failure.code, outcome.failure.retry) == ("connection-lost", Retry.LATER)
    assert outcome.tally.refused == 0
    assert len(account.pauses) < 20, "it gave up in time"
    account.clear()
    assert account.run().tally.refused == 0
    assert account.verdict(OF_OTHERS) == FAULTLESS
    settled(account)


@pytest.mark.parametrize(("at", "seconds"), [*((at, 0.05) for at in range(3_000, 240_000, 30_000)), (3_000, 0.3), (23_000, 0.3)])
def test_words_of_a_dead_connection_arrive_late(account: Rehearsal, at: int, seconds: float) -> None:
    """The network held a whole APPEND back; it is carried out after it was looked for, and while it is sent again."""
    account.destination.proxy.arm(Linger(at, seconds))
    account.source.proxy.arm(Delay(Way.TO_CLIENT, 0.02))  # so that the folder is still being copied then
    outcome = account.run()
    assert account.destination.proxy.fired
    assert outcome.failure is None
    settled(account)


@pytest.mark.parametrize(("at", "then"), [(at, then) for at in (3_000, 23_000, 63_000) for then in (12_000, 40_000, 80_000)])
def test_words_arrive_late_when_the_next_line_is_broken_too(account: Rehearsal, at: int, then: int) -> None:
    """Who sent the APPEND again was interrupted before he could look whether the first one had arrived after all: the one
    after him looks."""
    account.destination.proxy.arm(Linger(at, 0.3), Cut(Way.TO_SERVER, at + then))
    account.source.proxy.arm(Delay(Way.TO_CLIENT, 0.02))
    outcome = account.run()
    assert account.destination.proxy.fired
    assert outcome.failure is None
    settled(account)


@pytest.mark.parametrize("command", ["UID STORE", "UID EXPUNGE"])
def test_second_copies_that_may_not_be_removed_are_named(account: Rehearsal, command: str) -> None:
    """The rest of the folder is brought all the same, and the next run does not meet it again."""
    with account.source.filler(account.user) as filler:  # copied when the rest is heard of, and that is long after it was looked for
        filler.append(("INBOX",), [Mail(b"Subject: large %d\r\n\r\n" % number + b"text\r\n" * 20_000) for number in range(30)])
    account.destination.proxy.arm(Linger(3_000, 0.8), Answer(command, "NO [NOPERM] not you", times=99))
    account.source.proxy.arm(Delay(Way.TO_CLIENT, 0.02))
    assert account.run().failure is None
    left = [entry.words for entry in account.sink.entries if entry.action == "late-copy-left"]
    assert len(left) == 1
    assert "not you" in left[0]
    account.clear()
    found = account.verdict(OF_OTHERS)
    assert (found.lost, found.doubled > 0, found.altered) == (0, True, 0)
    assert account.run(2).failure is None
    assert account.verdict(OF_OTHERS) == found
