"""Stop at every ledger write, before it and after it; resume; the end must be the same, and a further run a no-op.

A stop is as hard as ``kill -9`` to both servers: the connections are cut with whatever is on its way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol, cast

import pytest

from tests.engine.conftest import Account
from trasloco.engine.account import Outcome
from trasloco.engine.ledger import Ledger
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail

FOLDERS = (("INBOX",), ("Büro",), ("Büro", "Verträge"), ("Sent",))


class Stop(Exception):
    """The process ends here."""


WRITES = frozenset(
    {"bind", "rebind", "begin", "settle", "narrow", "record", "moved", "reflag", "revalidate", "forget", "retire", "complete", "left_out"}
)


class StoppingLedger:
    """A ledger that ends the run at its ``at``-th write: before it is done, or after."""

    def __init__(self, inner: Ledger, at: int, *, done: bool) -> None:
        self._inner, self._at, self._done = inner, at, done
        self.writes = 0

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._inner, name)
        if name not in WRITES:
            return verb

        async def write(*arguments: Any, **named: Any) -> Any:
            self.writes += 1
            if self.writes == self._at and not self._done:
                raise Stop
            result = await verb(*arguments, **named)
            if self.writes == self._at:
                raise Stop
            return result

        return write


def prepare(account: Account) -> None:
    """Mail in four folders, with twins, and some of it on the destination already."""
    twin = Mail(b"Message-ID: <twin@x>\r\nSubject: twin\r\n\r\nsame\r\n")
    foreign = Mail(b"Message-ID: <foreign@x>\r\nSubject: delivered here\r\n\r\n")
    with account.source_filler() as filler:
        filler.fill(Letters("cut"), 40, FOLDERS)
        filler.append(("INBOX",), [twin, twin])
    with account.destination_filler() as filler:
        filler.append(("INBOX",), [twin, foreign])


def change(account: Account) -> None:
    """What happens between two runs."""
    with account.source_filler() as filler:
        filler.append(("INBOX",), [Mail(letter.content, ("\\Seen",), letter.date) for letter in Letters("later").take(7)])
        filler.store(("INBOX",), [1, 2], "+FLAGS", "\\Flagged")


def shuffle(account: Account) -> None:
    """Messages move on the source, a folder is renumbered there, another one is renamed and replaced; and the user
    renames a folder on the destination."""
    with account.source_filler() as filler:
        filler.move(("INBOX",), [entry.uid for entry in account.source()["INBOX"]][2:5], ("Sent",))
        filler.rename(("Büro",), ("Ufficio",))
        filler.create(("Büro",))
        filler.append(("Büro",), [Mail(b"Subject: another folder\r\n\r\nx\r\n")])
    with account.destination_filler() as filler:
        filler.rename(("Sent",), ("Gesendet",))


def check(account: Account, number: int) -> None:
    """The destination holds what the source has and the one foreign mail; one more run changes nothing."""
    before = account.destination()
    surplus = before.digests() - account.source().digests()
    assert surplus.total() == 1
    assert not account.source().digests() - before.digests()
    account.run(number + 1)
    assert account.destination() == before


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_stop_at_any_write_of_either_run_is_made_good(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str], done: bool
) -> None:
    at, stopped = 0, True
    while stopped:
        at += 1
        account = Account(dovecot_source, dovecot_destination, fresh_user())
        account.settings = replace(account.settings, batch_messages=4)
        prepare(account)
        stopped = _stop_and_resume(account, at, 1, done)
        check(account, 1)
    assert at > 30, "the case is too small to mean anything"


def test_a_stop_at_any_write_of_the_second_run_is_made_good(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]
) -> None:
    at, stopped = 0, True
    while stopped:
        at += 1
        account = Account(dovecot_source, dovecot_destination, fresh_user())
        account.settings = replace(account.settings, batch_messages=4)
        prepare(account)
        account.run(1)
        change(account)
        stopped = _stop_and_resume(account, at, 2, at % 2 == 0)
        check(account, 2)
    assert at > 5


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_stop_at_any_write_of_a_run_that_moves_is_made_good(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str], done: bool
) -> None:
    at, stopped = 0, True
    while stopped:
        at += 1
        account = Account(dovecot_source, dovecot_destination, fresh_user())
        prepare(account)
        account.run(1)
        shuffle(account)
        stopped = _stop_and_resume(account, at, 2, done)
        check(account, 2)
        assert not account.destination().folders.get(("Sent",))  # the server makes one of its own
    assert at > 12


def test_messages_moved_after_a_stop_at_any_write_are_made_good(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]
) -> None:
    """The process is dead, with messages on their way perhaps; the user moves them between his folders, either way."""
    at, stopped = 0, True
    while stopped:
        at += 1
        account = Account(dovecot_source, dovecot_destination, fresh_user())
        account.settings = replace(account.settings, batch_messages=4)
        prepare(account)
        stopped = _stop_and_resume(account, at, 1, at % 2 == 0, _exchange)
        account.run(2)
        check(account, 3)
    assert at > 30


def test_messages_moved_after_a_stop_at_any_write_of_the_second_run_are_made_good(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]
) -> None:
    """The folder was completed by the first run; what was on its way in the second has left it when this goes on."""
    at, stopped = 0, True
    while stopped:
        at += 1
        account = Account(dovecot_source, dovecot_destination, fresh_user())
        account.settings = replace(account.settings, batch_messages=4)
        prepare(account)
        account.run(1)
        change(account)
        stopped = _stop_and_resume(account, at, 2, at % 2 == 0, _move_the_latest)
        account.run(3)
        check(account, 4)
    assert at > 5


def _move_the_latest(account: Account) -> None:
    inbox = [entry.uid for entry in account.source()["INBOX"]]
    with account.source_filler() as filler:
        filler.move(("INBOX",), inbox[-6:], ("Sent",))


def _exchange(account: Account) -> None:
    here = account.source()
    inbox, sent = ([entry.uid for entry in here[name]] for name in ("INBOX", "Sent"))
    with account.source_filler() as filler:
        filler.move(("INBOX",), inbox[:6], ("Sent",))
        filler.move(("Sent",), sent[-3:], ("INBOX",))


class Stoppable(Protocol):
    """What can be run with a ledger that stops it."""

    ledger: Ledger

    def run(self, number: int = 1) -> Outcome: ...


def run_and_stop(account: Stoppable, at: int, number: int, done: bool) -> bool:
    """Run with a stop at ledger write ``at``; whether it was reached."""
    inner = account.ledger
    account.ledger = cast(Ledger, StoppingLedger(inner, at, done=done))
    try:
        account.run(number)
    except Stop:
        return True
    finally:
        account.ledger = inner
    return False


def _stop_and_resume(account: Account, at: int, number: int, done: bool, meanwhile: Callable[[Account], None] | None = None) -> bool:
    """Run with a stop, then again to the end with the same ledger; whether the stop was reached. meanwhile: what
    happens between the two."""
    stopped = run_and_stop(account, at, number, done)
    if stopped:
        if meanwhile is not None:
            meanwhile(account)
        outcome = account.run(number)
        assert outcome.failure is None
        assert outcome.tally.source == account.source().total
    return stopped
