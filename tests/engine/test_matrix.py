"""The same cases on every pair of servers: Dovecot, Cyrus and Courier as sources, Dovecot and Cyrus as destinations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from tests.engine.conftest import Account
from trasloco.engine.account import RunStatus
from trasloco.engine.fate import Tally
from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import STANDARD_MAILBOXES
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail

# Names that each of the sources can hold; nastier ones are the acceptance tests' matter.
FOLDERS = (("INBOX",), ("Büro",), ("Büro", "Verträge & Übergaben"), ("Sent",), ("日本語",), ("R&D",), ("two  spaces", "deep", "deeper"))


@pytest.fixture(params=["dovecot", "cyrus", "courier"])
def source_server(request: pytest.FixtureRequest) -> object:
    return request.getfixturevalue("dovecot_source" if request.param == "dovecot" else request.param)


@pytest.fixture(scope="module")
def cyrus_destination() -> Iterator[Cyrus]:
    """A second one: a user's mailbox must not be both ends."""
    with Cyrus(special_use=STANDARD_MAILBOXES) as server:
        yield server


@pytest.fixture(params=["dovecot", "cyrus"])
def destination_server(request: pytest.FixtureRequest) -> object:
    return request.getfixturevalue(f"{request.param}_destination")


@pytest.fixture
def pair(source_server: object, destination_server: object, fresh_user: Callable[[], str]) -> Account:
    return Account(source_server, destination_server, fresh_user())  # type: ignore[arg-type]


def contents(account: Account, *, flags: bool = True) -> tuple[Counter[object], Counter[object]]:
    """Last level of the folder, digest, flags, date: what must be equal whatever the namespaces."""
    sides = []
    for snapshot in (account.source(), account.destination()):
        counts: Counter[object] = Counter(
            (path[-1], entry.sha256, entry.flags if flags else None, entry.epoch)
            for path, entries in snapshot.folders.items()
            for entry in entries
        )
        sides.append(counts)
    return sides[0], sides[1]


def test_everything_arrives_and_two_more_runs_bring_what_is_due(pair: Account) -> None:
    dated = Mail(b"Message-ID: <d@x>\r\nSubject: dated\r\n\r\n", ("\\Seen", "\\Flagged"), datetime(2009, 2, 13, 23, 31, 30, tzinfo=UTC))
    twin = Mail(b"Subject: twin, no id\r\n\r\nsame\r\n", ("\\Answered",), datetime(2010, 1, 1, tzinfo=UTC))
    with pair.source_filler() as filler:
        filler.fill(Letters("matrix"), 60, FOLDERS)
        filler.append(("INBOX",), [dated, twin, twin])
    outcome = pair.run(1)
    assert outcome.status is RunStatus.COMPLETED
    assert outcome.tally == Tally(copied=63)
    here, there = contents(pair)
    assert here == there

    before = pair.destination()
    assert pair.run(2).tally == Tally(adopted=63)
    assert pair.destination() == before

    with pair.source_filler() as filler:
        filler.append(("INBOX",), [Mail(letter.content, ("\\Seen",), letter.date) for letter in Letters("more").take(5)])
        inbox = pair.source()["INBOX"]
        filler.store(("INBOX",), [inbox[0].uid, inbox[1].uid], "+FLAGS", "\\Deleted")
    assert pair.run(3).tally == Tally(copied=5, adopted=63)
    here, there = contents(pair)
    assert here == there


def test_a_lost_ledger_doubles_nothing(pair: Account) -> None:
    with pair.source_filler() as filler:
        filler.fill(Letters("lost"), 40, FOLDERS)
    pair.run()
    fresh = Account(pair.source_server, pair.destination_server, pair.user)
    assert fresh.run().tally == Tally(adopted=40)
    here, there = contents(pair)
    assert here == there


def test_what_moved_on_the_source_is_moved(pair: Account) -> None:
    with pair.source_filler() as filler:
        filler.append(("INBOX",), [Mail(letter.content) for letter in Letters("moves").take(6)])
        filler.create(("Done",))
    pair.run(1)
    uids = [entry.uid for entry in pair.source()["INBOX"]][:2]
    with pair.source_filler() as filler:
        filler.move(("INBOX",), uids, ("Done",))
    assert pair.run(2).tally == Tally(adopted=4, moved=2)
    here, there = contents(pair)
    assert here == there
