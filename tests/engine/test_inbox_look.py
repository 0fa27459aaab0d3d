"""What a run notes of the source's INBOX: since when nothing has arrived there, against a real Dovecot."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.engine.conftest import Account
from trasloco.engine.account import Outcome, Settings
from trasloco.engine.fate import Tally
from trasloco.engine.inbox_look import InboxLook
from trasloco.engine.inventory import Inventory
from trasloco.engine.ledger import FolderRecord
from trasloco.imap.values import Fetched, Selected
from trasloco.testing.mailbox_filler import Mail

BEFORE = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)


def mail(date: datetime | None, name: str = "a") -> Mail:
    return Mail(f"Message-ID: <{name}@x>\r\nSubject: {name}\r\n\r\n{name}\r\n".encode(), date=date)


def newest(outcome: Outcome) -> int:
    return int(outcome.facts["inbox_newest"])


@pytest.mark.parametrize("together", [True, False])
def test_the_date_of_the_last_message_is_kept_with_the_outcome(account: Account, *, together: bool) -> None:
    account.settings = Settings(together=together)
    with account.source_filler() as filler:
        filler.create(("Sent",))
        filler.append(("INBOX",), [mail(BEFORE, "a"), mail(BEFORE + timedelta(hours=1), "b")])
        filler.append(("Sent",), [mail(BEFORE + timedelta(days=1), "c")])
    begun = int(time.time())
    outcome = account.run(1)
    assert newest(outcome) == int((BEFORE + timedelta(hours=1)).timestamp())
    assert begun <= int(outcome.facts["inbox_looked"]) <= time.time()
    assert outcome.facts["inbox_uidnext"] == "3"


def test_a_second_run_sees_whether_anything_has_come(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("INBOX",), [mail(BEFORE, "a")])
    first = account.run(1)
    second = account.run(2)
    assert second.tally == Tally(adopted=1)
    assert second.facts["inbox_uidnext"] == first.facts["inbox_uidnext"]
    assert second.facts["inbox_uidvalidity"] == first.facts["inbox_uidvalidity"]
    with account.source_filler() as filler:
        filler.append(("INBOX",), [mail(BEFORE + timedelta(days=2), "b")])
    third = account.run(3)
    assert int(third.facts["inbox_uidnext"]) == int(first.facts["inbox_uidnext"]) + 1
    assert newest(third) == int((BEFORE + timedelta(days=2)).timestamp())


def test_what_came_and_was_taken_away_before_we_looked_came_as_late_as_now(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("INBOX",), [mail(BEFORE, "a"), mail(BEFORE, "b")])
        filler.delete(("INBOX",), [2])
    begun = int(time.time())
    assert newest(account.run(1)) >= begun


def test_an_empty_inbox_is_known_too(account: Account) -> None:
    outcome = account.run(1)
    assert outcome.facts["inbox_uidnext"] == "1"


# Without a server: what none of them would say at our word


def folder(name: bytes = b"INBOX", uidnext: int | None = None) -> FolderRecord:
    return FolderRecord(1, name, name, source_uidnext=uidnext)


def listed(*items: tuple[int, bytes | None]) -> Inventory:
    inventory = Inventory()
    for uid, date in items:
        inventory.add(Fetched(0, uid, frozenset(), date, 10))
    return inventory


def noted(record: FolderRecord, selected: Selected, inventory: Inventory, *, by_pop3: bool = False) -> dict[str, str]:
    facts: dict[str, str] = {}
    InboxLook(facts, by_pop3=by_pop3).listed(record, selected, inventory)
    return facts


DATE = b"01-May-2026 09:30:00 +0000"
SELECTED = Selected(b"INBOX", 1, 7, 4)


def test_a_date_in_the_future_says_no_more_than_now() -> None:
    facts = noted(folder(), SELECTED, listed((3, b"01-May-2999 09:30:00 +0000")))
    assert int(facts["inbox_newest"]) <= time.time()


def test_only_what_is_new_counts_and_a_message_without_a_date_came_perhaps_now() -> None:
    known = listed((1, b"01-May-2999 09:30:00 +0000"), (3, DATE))
    assert int(noted(folder(uidnext=3), SELECTED, known)["inbox_newest"]) == int(BEFORE.timestamp())
    begun = int(time.time())
    assert int(noted(folder(), SELECTED, listed((2, DATE), (3, None)))["inbox_newest"]) >= begun


def test_nothing_is_noted_of_other_folders_of_pop3_and_where_the_server_tells_no_next_uid() -> None:
    assert noted(folder(b"Sent"), SELECTED, listed((3, DATE))) == {}
    assert noted(folder(), SELECTED, listed((3, DATE)), by_pop3=True) == {}
    assert noted(folder(), Selected(b"INBOX", 1, 7, None), listed((3, DATE))) == {}
