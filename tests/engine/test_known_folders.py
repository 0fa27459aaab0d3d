"""Folders that go by another name now. With one UIDVALIDITY for each folder: faults/test_moves.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.engine.conftest import Account
from tests.engine.test_three_ways import mails
from trasloco.engine.fate import Tally
from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import MailboxFiller

NAMES = (("One",), ("Two",), ("Three",))


@pytest.fixture
def onto_cyrus(dovecot_source: Dovecot, cyrus: Cyrus, fresh_user: Callable[[], str]) -> Account:
    """Cyrus gives folders made in the same second the same UIDVALIDITY, and each a MAILBOXID of its own."""
    account = Account(dovecot_source, cyrus, fresh_user())  # type: ignore[arg-type]
    with account.source_filler() as filler:
        for number, name in enumerate(NAMES, 1):
            filler.create(name)
            filler.append(name, mails(number, name[0]))
    assert account.run(1).tally == Tally(copied=6)
    return account


def rename(filler: MailboxFiller, *pairs: tuple[str, str]) -> None:
    for old, new in pairs:
        filler.rename((old,), (new,))


def test_folders_that_change_their_names_are_told_apart_by_their_mailboxid(onto_cyrus: Account) -> None:
    with onto_cyrus.destination_filler() as filler:
        rename(filler, ("One", "Between"), ("Two", "One"), ("Between", "Two"), ("Three", "Drei"))
    with onto_cyrus.source_filler() as filler:
        for name in NAMES:
            filler.append(name, mails(1, f"new {name[0]}"))
    assert onto_cyrus.run(2).tally == Tally(adopted=6, copied=3)
    there = onto_cyrus.destination()
    here = onto_cyrus.source()
    for old, new in (("One", "Two"), ("Two", "One"), ("Three", "Drei")):
        assert [entry.sha256 for entry in there[(new,)]] == [entry.sha256 for entry in here[(old,)]]
    assert ("Three",) not in there.folders
    assert onto_cyrus.run(3).tally == Tally(adopted=9)
    assert onto_cyrus.destination() == there


async def test_where_numbers_tell_nothing_no_name_is_followed(onto_cyrus: Account) -> None:
    """Without MAILBOXID, and with more folders of the same number: made again, as one that was deleted."""
    for record in await onto_cyrus.ledger.folders():
        validities = record.source_uidvalidity or 0, record.destination_uidvalidity or 0
        await onto_cyrus.ledger.revalidate(record.id, *validities)
    with onto_cyrus.destination_filler() as filler:
        rename(filler, ("Three", "Drei"))
        filler.create(("Other",))
    numbers = onto_cyrus.destination().uidvalidity
    alone = list(numbers.values()).count(numbers[("Drei",)]) == 1
    onto_cyrus.settings = replace(onto_cyrus.settings)
    outcome = await onto_cyrus.go(2)
    assert outcome.tally == (Tally(adopted=6) if alone else Tally(adopted=3, copied=3))
