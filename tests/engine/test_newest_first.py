"""INBOX and Sent first, and in them the newest batch: between real servers, also when it is cut and goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from tests.engine.conftest import Account, ListSink
from tests.engine.test_cut_at_every_write import Stop, StoppingLedger
from trasloco.engine.account import RunStatus, Settings
from trasloco.engine.fate import Tally
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.testing.mailbox_filler import Mail

NEWEST = Settings(newest_first=True, batch_messages=10, connections=1)


def mails(subject: str, count: int) -> list[Mail]:
    return [Mail(f"Message-ID: <{subject}-{n}@x>\r\nSubject: {subject}\r\n\r\n{n}\r\n".encode()) for n in range(count)]


def fill(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("Archive",), mails("archive", 60))
        filler.append(("Sent",), mails("sent", 25))
        filler.append(("INBOX",), mails("inbox", 35))


def places(account: Account, folder: str) -> list[int]:
    """Of each message in a folder of the destination, in its order: where it stands on the source."""
    order = [entry.sha256 for entry in account.source()[folder]]
    return [order.index(entry.sha256) for entry in account.destination()[folder]]


class Entered(ListSink):
    """Keeps the folders in the order in which they were begun."""

    def __init__(self) -> None:
        super().__init__()
        self.folders: list[str] = []

    def enter(self, folder: str) -> None:
        self.folders.append(folder)


@pytest.mark.parametrize("connections", [1, 3])
def test_inbox_and_sent_go_first_and_in_them_the_last_batch(account: Account, connections: int) -> None:
    account.settings, account.sink = replace(NEWEST, connections=connections), Entered()
    fill(account)
    assert account.run().status is RunStatus.COMPLETED
    first = account.sink.folders[:2]
    assert first == ["INBOX", "Sent"] or (connections > 1 and first[0] == "INBOX"), "a further pair may begin with what comes next"
    assert places(account, "INBOX") == [*range(25, 35), *range(15, 25), *range(5, 15), *range(5)]
    assert places(account, "Sent") == [*range(15, 25), *range(5, 15), *range(5)]
    assert places(account, "Archive") == list(range(60))


def test_without_it_every_folder_keeps_its_order(account: Account) -> None:
    account.settings = replace(NEWEST, newest_first=False)
    fill(account)
    account.run()
    assert all(places(account, folder) == sorted(places(account, folder)) for folder in ("INBOX", "Sent", "Archive"))


def test_a_further_run_brings_what_is_new_and_nothing_else(account: Account) -> None:
    account.settings = NEWEST
    fill(account)
    account.run()
    with account.source_filler() as filler:
        filler.append(("INBOX",), mails("later", 12))
    assert account.run(2).tally == Tally(copied=12, adopted=120)
    assert account.run(3).tally == Tally(adopted=132)
    assert account.source().messages() == account.destination().messages()


@pytest.mark.parametrize("done", [False, True])
def test_stopped_at_each_of_its_writes_it_goes_on_and_all_is_there_once(
    account: Account, done: bool, fresh_user: Callable[[], str]
) -> None:
    for at in range(1, 200):
        account.user, account.ledger, account.settings = fresh_user(), MemoryLedger(), replace(NEWEST, batch_messages=3)
        with account.source_filler() as filler:
            filler.append(("INBOX",), mails("inbox", 8))
            filler.append(("Sent",), mails("sent", 4))
        stopping, inner = StoppingLedger(account.ledger, at, done=done), account.ledger
        account.ledger = cast(Any, stopping)
        try:
            account.run()
        except Stop:
            account.ledger = inner
            assert account.run().status is RunStatus.COMPLETED
            assert account.source().messages() == account.destination().messages()
            assert account.run(2).tally == Tally(adopted=12)
        else:
            assert at > 8
            return
    raise AssertionError("it writes without an end")
