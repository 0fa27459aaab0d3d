"""How often a run waits for the servers: counted at proxies before two real Dovecots, never timed.

A turn is counted when the client sends after it has heard something (``trasloco.testing.delay_proxy``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.engine.conftest import Account
from trasloco.engine import account_run, lanes
from trasloco.engine.account import RunStatus, Settings, Side
from trasloco.engine.failure import SideName
from trasloco.engine.fate import Tally
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret
from trasloco.testing.cutting_proxy import CuttingProxy, hide
from trasloco.testing.delay_proxy import DelayProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import FOLDERS, Mail

SIGNING_IN = 3
"""Turns from connecting to being known: the connection, the login, and the first question (ID goes with it)."""

TWENTY = [*FOLDERS[:14], *((f"Kunde {number}",) for number in range(6))]


@dataclass
class Distant(Account):
    """An account that is reached through a proxy on each side."""

    proxies: dict[SideName, DelayProxy | CuttingProxy] | None = None

    def side(self, name: SideName) -> Side:
        assert self.proxies is not None
        server = self.source_server if name is SideName.SOURCE else self.destination_server
        endpoint = Endpoint("localhost", self.proxies[name].port, Security.PLAIN, address="127.0.0.1")
        return Side(name, endpoint, Credentials(self.user, Secret(server.password)))


@contextmanager
def distant(source: Dovecot, destination: Dovecot, user: str, seconds: float) -> Iterator[tuple[Distant, DelayProxy, DelayProxy]]:
    with DelayProxy(source.host, source.port, seconds) as here, DelayProxy(destination.host, destination.port, seconds) as there:
        yield Distant(source, destination, user, proxies={SideName.SOURCE: here, SideName.DESTINATION: there}), here, there


def mails(count: int, folder: str) -> list[Mail]:
    return [Mail(f"Message-ID: <{n}.{folder.encode().hex()}@x>\r\nSubject: {n}\r\n\r\n{n}\r\n".encode()) for n in range(count)]


def fill(account: Account, count: int) -> None:
    """So many messages in each of twenty folders."""
    with account.source_filler() as filler:
        for path in TWENTY:
            filler.create(path)
            filler.append(path, mails(count, "/".join(path)))


def test_nothing_new_in_twenty_folders_takes_eight_round_trips_a_side(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str
) -> None:
    with distant(dovecot_source, dovecot_destination, user, 0) as (account, here, there):
        fill(account, 20)
        account.run(1)
        for proxy in (here, there):
            proxy.reset()
        outcome = account.run(2)
        assert outcome.tally == Tally(adopted=20 * len(TWENTY))
        # One connection a side; signing in included.
        assert (here.connections, there.connections) == (1, 1)
        assert here.turns <= 8
        assert there.turns <= 8


def test_a_folder_costs_two_round_trips_and_the_answers_of_the_last_batch(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str
) -> None:
    """On one connection: what is listed is opened in the same breath, and the next is opened before the answers are there."""
    with distant(dovecot_source, dovecot_destination, user, 0.02) as (account, here, there):
        account.settings = Settings(connections=1, together=False)
        fill(account, 2)
        outcome = account.run(1)
        assert outcome.tally == Tally(copied=2 * len(TWENTY))
        assert (here.connections, there.connections) == (1, 1)
        # List and bodies, twice a folder; INBOX waits once more, until the server has shown that it tells UIDs.
        assert here.turns <= SIGNING_IN + 2 * len(TWENTY) + 8
        assert there.turns <= SIGNING_IN + 2 * len(TWENTY) + 8
    assert account.source().messages() == account.destination().messages()


@pytest.mark.parametrize("count", [2, 40])
def test_small_new_folders_take_the_turns_of_one(dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str, count: int) -> None:
    """All are listed in one breath, all of their messages asked for in the next, all APPENDs follow each other."""
    with distant(dovecot_source, dovecot_destination, user, 0.02) as (account, here, there):
        fill(account, count)
        outcome = account.run(1)
        assert outcome.tally == Tally(copied=count * len(TWENTY))
        assert (here.connections, there.connections) == (1, 1)
        # Behind the folder list: the lists, the messages, log-out; what comes in pieces may be heard in between.
        assert here.turns <= SIGNING_IN + 5
        assert account.run(2).tally == Tally(adopted=count * len(TWENTY))
    source, destination = account.source(), account.destination()
    assert source.messages() == destination.messages()
    for path, entries in source.folders.items():
        assert [entry.sha256 for entry in entries] == [entry.sha256 for entry in destination[path]]


def test_far_away_three_connections_share_the_folders_and_all_arrives_in_order(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str
) -> None:
    with distant(dovecot_source, dovecot_destination, user, 0.04) as (account, here, there):
        account.settings = Settings(together=False)
        fill(account, 4)
        outcome = account.run(1)
        assert outcome.status is RunStatus.COMPLETED
        assert outcome.tally == Tally(copied=4 * len(TWENTY))
        assert (here.connections, there.connections) == (3, 3)
        again = account.run(2)
        assert again.tally == Tally(adopted=4 * len(TWENTY))
    source, destination = account.source(), account.destination()
    assert source.messages() == destination.messages()
    for path, entries in source.folders.items():
        assert [entry.sha256 for entry in entries] == [entry.sha256 for entry in destination[path]]


def test_near_by_one_connection_is_enough(dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str) -> None:
    with distant(dovecot_source, dovecot_destination, user, 0) as (account, here, there):
        account.settings = Settings(connections=1)
        fill(account, 4)
        account.run(1)
        assert (here.connections, there.connections) == (1, 1)


def test_near_by_many_messages_go_over_two_connections_and_few_new_ones_over_one(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "MANY", 4 * len(TWENTY))
    for module in (lanes, account_run):
        monkeypatch.setattr(module, "FAR", 5.0)  # a busy machine may be far from itself
    with distant(dovecot_source, dovecot_destination, user, 0) as (account, here, there):
        account.settings = Settings(together=False)
        fill(account, 4)
        assert account.run(1).tally == Tally(copied=4 * len(TWENTY))
        assert (here.connections, there.connections) == (2, 2)
        with account.source_filler() as filler:
            for path in TWENTY[:3]:
                filler.append(path, mails(1, "new"))
        for proxy in (here, there):
            proxy.reset()
        assert account.run(2).tally == Tally(copied=3, adopted=4 * len(TWENTY))
        assert (here.connections, there.connections) == (1, 1)
    assert account.source().messages() == account.destination().messages()


def test_a_server_that_refuses_a_second_connection_is_served_over_one(dovecot_source: Dovecot, fresh_user: Callable[[], str]) -> None:
    with (
        Dovecot(extra="mail_max_userip_connections = 1") as single,
        distant(dovecot_source, single, fresh_user(), 0.04) as (account, _, there),
    ):
        account.settings = Settings(together=False)
        fill(account, 4)
        outcome = account.run(1)
        assert outcome.failure is None
        assert outcome.tally == Tally(copied=4 * len(TWENTY))
        assert there.connections > 1, "it was tried"
        assert account.source().messages() == account.destination().messages()


def test_a_changed_folder_is_asked_for_its_changes_and_not_for_all_it_holds(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str
) -> None:
    with distant(dovecot_source, dovecot_destination, user, 0) as (account, here, _):
        with account.source_filler() as filler:
            filler.append(("INBOX",), mails(600, "old"))
        account.run(1)
        with account.source_filler() as filler:
            filler.append(("INBOX",), mails(3, "new"))
            filler.store(("INBOX",), [5, 6, 7, 599], "+FLAGS", "\\Flagged", "Work")
            filler.store(("INBOX",), [8], "+FLAGS", "\\Seen")
        here.reset()
        outcome = account.run(2)
        assert outcome.tally == Tally(copied=3, adopted=600)
        assert outcome.flags_changed == 5
        assert account.source().messages() == account.destination().messages()
        # A list of six hundred takes some 50,000 bytes.
        assert here.bytes_down < 12_000
        assert here.turns <= 8

        # What is gone from the source makes the counts differ: then all is listed, and nothing is removed there.
        with account.source_filler() as filler:
            filler.delete(("INBOX",), [10, 11])
            filler.append(("INBOX",), mails(2, "newer"))
            filler.store(("INBOX",), [20], "+FLAGS", "\\Answered")
        outcome = account.run(3)
        assert outcome.tally == Tally(copied=2, adopted=601)
        assert outcome.flags_changed == 1
        assert account.destination().total == 605
        assert account.run(4).tally == Tally(adopted=603)


def test_changes_of_flags_take_one_turn_however_many_kinds_there_are(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str
) -> None:
    with distant(dovecot_source, dovecot_destination, user, 0.02) as (account, _, there):
        with account.source_filler() as filler:
            filler.append(("INBOX",), mails(40, "old"))
        account.run(1)
        turns = []
        for run, kinds in ((2, 1), (3, 12)):
            with account.source_filler() as filler:
                for number in range(kinds):
                    filler.store(("INBOX",), [10 * (run - 2) + number + 1], "+FLAGS", f"kind{number}")
                    filler.store(("INBOX",), [10 * (run - 2) + number + 1], "-FLAGS", "\\Seen")
            there.reset()
            assert account.run(run).flags_changed == kinds
            turns.append(there.turns)
            assert account.source().messages() == account.destination().messages()
        assert turns[1] <= turns[0] + 3, "one after the other they would be eleven more; what comes in pieces may be heard in between"


def test_changes_of_two_hundred_kinds_are_those_of_their_own_folder(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str
) -> None:
    """The next folder is opened before they are answered."""
    words = [f"word{number}" for number in range(8)]
    folders = [("INBOX",), ("Later",), ("Last",)]
    with distant(dovecot_source, dovecot_destination, user, 0) as (account, _, _):
        with account.source_filler() as filler:
            for path in folders[1:]:
                filler.create(path)
            for path in folders:
                filler.append(path, mails(200, "old"))
        account.run(1)
        with account.source_filler() as filler:
            for first, path in enumerate(folders):
                for kind in range(1, 201):
                    chosen = [word for bit, word in enumerate(words) if kind >> bit & 1]
                    filler.store(path, [1 + (kind + first) % 200], "+FLAGS", *chosen)
                filler.append(path, mails(2, "new"))
        outcome = account.run(2)
        assert (outcome.tally, outcome.flags_changed) == (Tally(copied=6, adopted=600), 600)
        assert account.source().messages() == account.destination().messages()


def test_changes_are_believed_only_when_every_message_of_then_has_its_row(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str
) -> None:
    """Deleted in one run, changed in the next: the rows of those that are gone would be counted as messages."""
    with distant(dovecot_source, dovecot_destination, user, 0) as (account, _, _):
        with account.source_filler() as filler:
            filler.append(("INBOX",), mails(50, "old"))
        account.run(1)
        with account.source_filler() as filler:
            filler.delete(("INBOX",), [1, 2])
        assert account.run(2).tally == Tally(adopted=48)
        with account.source_filler() as filler:
            filler.append(("INBOX",), mails(1, "new"))
            filler.store(("INBOX",), [3], "+FLAGS", "\\Flagged")
        outcome = account.run(3)
        assert (outcome.tally, outcome.flags_changed) == (Tally(copied=1, adopted=48), 1)
        assert account.run(4).tally == Tally(adopted=49)


@pytest.mark.parametrize("hidden", [(), ("MULTIAPPEND",)])
def test_five_hundred_messages_are_one_append_or_as_many_as_there_are_without_waiting(
    dovecot_source: Dovecot, dovecot_destination: Dovecot, user: str, hidden: tuple[str, ...]
) -> None:
    with (
        CuttingProxy(dovecot_source.host, dovecot_source.port) as here,
        CuttingProxy(dovecot_destination.host, dovecot_destination.port) as there,
    ):
        account = Distant(dovecot_source, dovecot_destination, user, proxies={SideName.SOURCE: here, SideName.DESTINATION: there})
        with account.source_filler() as filler:
            filler.append(("INBOX",), mails(500, "INBOX"))
        there.arm(*hide(*hidden))
        outcome = account.run(1)
        assert outcome.tally == Tally(copied=500)
        assert there.seen.commands["APPEND"] == (500 if hidden else 1)
        # The inventory and the bodies: whatever the number of messages.
        assert here.seen.commands["UID FETCH"] == 2
        assert account.source().messages() == account.destination().messages()


def test_a_far_line_with_much_to_carry_is_compressed(monkeypatch: pytest.MonkeyPatch, fresh_user: Callable[[], str]) -> None:
    monkeypatch.setattr(lanes, "WORTH_PACKING", 100_000)
    plugin = "protocol imap {\n  mail_plugins = $mail_plugins imap_zlib\n}"
    with (
        Dovecot(plugins=("zlib",), extra=plugin) as source,
        Dovecot(plugins=("zlib",), extra=plugin) as destination,
        distant(source, destination, fresh_user(), 0.04) as (account, here, there),
    ):
        account.settings = Settings(together=False)
        with account.source_filler() as filler:
            for path in TWENTY[:3]:
                filler.create(path)
                filler.append(path, [Mail(b"Subject: wordy\r\n\r\n" + b"All the same words.\r\n" * 4000)] * 20)
        outcome = account.run(1)
        assert outcome.tally == Tally(copied=60)
        assert here.connections == 3
        assert outcome.size > 4_000_000
        assert here.bytes_down < outcome.size // 10
        assert there.bytes_up < outcome.size // 10
        assert account.source().messages() == account.destination().messages()
