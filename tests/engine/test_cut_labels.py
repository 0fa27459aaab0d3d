"""Gmail's labels with a stop at every ledger write, and with the destination's line cut at every few bytes: the end is the same.

A stop is as hard as ``kill -9`` to both servers. What was interrupted may be fetched again, but nothing is doubled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

import pytest

from tests.engine.gmail_account import GmailAccount, digest, letter
from tests.engine.test_cut_at_every_write import Stop, run_and_stop
from trasloco.engine.ledger import Ledger
from trasloco.testing.cutting_proxy import CuttingProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.gmail_mailbox import GmailMailbox
from trasloco.testing.gmail_server import GmailServer
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.meanwhile import MeanwhileLedger
from trasloco.testing.wire_faults import Cut, Way

LABELS = [("\\Inbox", "Work"), ("Work", "Later"), (), ("\\Inbox", "Later"), ("\\Sent", "Work")]


def fill(mailbox: GmailMailbox) -> list[int]:
    return [mailbox.add(letter(number), LABELS[number % 5], ["\\Seen"]) for number in range(10)]


def change(box: GmailMailbox, mids: list[int]) -> None:
    """Labels put on, taken off and exchanged, mail archived and taken out of the archive, and new mail."""
    box.label(mids[0], "Later")
    box.unlabel(mids[1], "Later")
    box.label(mids[1], "Urgent")
    box.unlabel(mids[3], "\\Inbox", "Later")
    box.unlabel(mids[5], "\\Inbox")
    box.label(mids[2], "Work", "Urgent")
    box.add(letter(50), ["\\Inbox", "Work"])


def wanted(account: GmailAccount, mids: list[int]) -> dict[str, Counter[str]]:
    """What is to be there after ``change``: what the source has, and copies whose label was taken off without another for it."""
    expected = account.expected()
    contents = {mid: digest(account.mailbox.messages[mid].content) for mid in mids}
    expected["INBOX"][contents[mids[5]]] += 1  # still in Work
    expected["Later"][contents[mids[3]]] += 1  # archived from the inbox, which is gone through first: that copy has moved
    return expected


@contextmanager
def built(server: Dovecot, user: str) -> Iterator[GmailAccount]:
    mailbox = GmailMailbox()
    with GmailServer({"anna@gmail.com": mailbox}) as gmail:
        account = GmailAccount(mailbox, gmail, server, user)
        account.settings = replace(account.settings, batch_messages=3)
        yield account


def stop_and_resume(account: GmailAccount, at: int, number: int, done: bool) -> bool:
    """Run with a stop, then again to the end with the same ledger; whether the stop was reached."""
    stopped = run_and_stop(account, at, number, done)
    if stopped:
        account.run(number)
    return stopped


def settled(account: GmailAccount, expected: dict[str, Counter[str]], number: int) -> None:
    assert account.contents() == expected
    before = account.destination()
    outcome = account.run(number)
    assert (outcome.tally.copied, outcome.tally.moved) == (0, 0)
    assert account.destination() == before


@pytest.mark.timeout(600)
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_stop_at_any_write_of_the_first_run_is_made_good(
    dovecot_destination: Dovecot, fresh_user: Callable[[], str], done: bool, halves: Callable[[bool], Iterator[int]]
) -> None:
    for at in halves(done):
        with built(dovecot_destination, fresh_user()) as account:
            fill(account.mailbox)
            stopped = stop_and_resume(account, at, 1, done)
            settled(account, account.expected(), 2)
        if not stopped:
            break
    assert at > 25, "the case is too small to mean anything"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_stop_at_any_write_of_a_run_with_changed_labels_is_made_good(
    dovecot_destination: Dovecot, fresh_user: Callable[[], str], done: bool, halves: Callable[[bool], Iterator[int]]
) -> None:
    for at in halves(done):
        with built(dovecot_destination, fresh_user()) as account:
            mids = fill(account.mailbox)
            account.run(1)
            change(account.mailbox, mids)
            stopped = stop_and_resume(account, at, 2, done)
            settled(account, wanted(account, mids), 3)
        if not stopped:
            break
    assert at > 12


@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", list(Way), ids=["to-server", "to-client"])
def test_the_line_cut_anywhere_while_labels_are_copied_is_made_good(
    dovecot_destination: Dovecot, fresh_user: Callable[[], str], way: Way, halves: Callable[[bool], Iterator[int]]
) -> None:
    """At each 61st byte of the conversation with the destination (without --long: each 122nd); the attempt after it goes on within
    the same run."""
    cuts = 0
    for step in halves(way is Way.TO_CLIENT):
        with (
            built(dovecot_destination, fresh_user()) as account,
            CuttingProxy(dovecot_destination.host, dovecot_destination.port) as proxy,
        ):
            account.destination_port = proxy.port
            mids = fill(account.mailbox)
            account.run(1)
            change(account.mailbox, mids)
            proxy.arm(Cut(way, 61 * step))
            account.run(2)
            fired = bool(proxy.fired)
            cuts += fired
            proxy.arm()
            settled(account, wanted(account, mids), 3)
        if not fired:
            break
    assert cuts > 10


@pytest.mark.parametrize("when", ["begin", "narrow"])
def test_copies_of_a_dead_connection_that_arrive_late_are_there_once(
    dovecot_destination: Dovecot, fresh_user: Callable[[], str], when: str
) -> None:
    """After they were looked for, and while they are copied again; the copies are added by another client, byte for byte."""
    with built(dovecot_destination, fresh_user()) as account:
        mids = fill(account.mailbox)
        account.run(1)
        box = account.mailbox
        box.label(mids[0], "Later")
        box.label(mids[2], "Later")
        inner = account.ledger
        account.ledger = cast(Ledger, MeanwhileLedger(inner, "settle", 1, _stop))
        with pytest.raises(Stop):
            account.run(2)
        there = {digest(box.messages[mid].content) for mid in (mids[0], mids[2])}
        with account.filler() as filler:
            filler.delete(("Later",), [entry.uid for entry in account.destination()["Later"] if entry.sha256 in there])

        def arrive() -> None:
            with account.filler() as filler:
                filler.append(("Later",), [Mail(box.messages[mid].content) for mid in (mids[0], mids[2])])

        account.ledger = cast(Ledger, MeanwhileLedger(inner, when, 1, arrive))
        account.run(2)
        assert cast(MeanwhileLedger, account.ledger).calls
        account.ledger = inner
        settled(account, account.expected(), 3)


def _stop() -> None:
    raise Stop
