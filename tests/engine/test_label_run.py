"""Labels become folders, each body is fetched once; on real servers as destination."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.engine.gmail_account import GmailAccount, digest, letter
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.gmail_mailbox import GmailMailbox
from trasloco.testing.gmail_server import GmailServer


@pytest.fixture
def account(dovecot_destination: Dovecot, fresh_user: Callable[[], str]) -> Iterator[GmailAccount]:
    mailbox = GmailMailbox()
    with GmailServer({"anna@gmail.com": mailbox}) as gmail:
        yield GmailAccount(mailbox, gmail, dovecot_destination, fresh_user())


def fill(mailbox: GmailMailbox) -> list[int]:
    """Twelve messages with none to four labels each."""
    labels = [("\\Inbox",), ("\\Inbox", "Work"), ("Work", "Work/Büro", "2019"), (), ("\\Sent",), ("\\Inbox", "\\Important", "Work", "007")]
    return [mailbox.add(letter(number), labels[number % 6], ["\\Seen"] if number % 2 else []) for number in range(12)]


def test_every_label_is_a_folder_and_every_body_is_fetched_once(account: GmailAccount) -> None:
    fill(account.mailbox)
    outcome = account.run()
    assert account.contents() == account.expected()
    assert account.fetched() == {1}
    assert outcome.tally.source == outcome.tally.copied + outcome.tally.skipped
    before = account.destination()
    again = account.run(2)
    assert again.tally.copied == 0
    assert account.destination() == before
    assert account.fetched() == {1}


def test_label_changes_become_copies_and_moves(account: GmailAccount) -> None:
    mids = fill(account.mailbox)
    account.run()
    box = account.mailbox
    box.label(mids[0], "Work")  # added
    box.unlabel(mids[1], "\\Inbox")  # removed, it is in Work still
    box.unlabel(mids[2], "2019")
    box.label(mids[2], "Later")  # moved to a new label
    box.archive(mids[6])  # was in the inbox alone
    box.label(mids[3], "Work")  # was archived
    new = box.add(letter(100), ["\\Inbox", "Later"])
    expected = account.expected()
    expected["INBOX"][digest(box.messages[mids[1]].content)] += 1  # a label taken off is no deletion
    account.run(2)
    assert account.contents() == expected
    assert account.fetched() == {1}
    assert box.fetched[new] == 1
    before = account.destination()
    account.run(3)
    assert account.destination() == before
