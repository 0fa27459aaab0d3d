"""The second run, three ways: what the ledger last saw, the source now, the destination now.

Each case is one thing that a user did on one side or both between the runs.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.engine.conftest import Account
from trasloco.engine.fate import Tally
from trasloco.testing.mailbox_filler import Mail

DONE = ("Done",)
INBOX = ("INBOX",)


def mails(count: int, prefix: str = "mail") -> list[Mail]:
    return [Mail(f"Message-ID: <{prefix}-{n}@x>\r\nSubject: {prefix} {n}\r\n\r\nnumber {n}\r\n".encode()) for n in range(count)]


@pytest.fixture
def copied(account: Account) -> Account:
    fill(account)
    return account


def fill(account: Account) -> None:
    """Six messages in INBOX and a folder beside it, one run done."""
    with account.source_filler() as filler:
        filler.append(INBOX, mails(6))
        filler.create(DONE)
        filler.append(DONE, mails(2, "done"))
    assert account.run(1).tally == Tally(copied=8)


def settled(account: Account, number: int) -> None:
    """A further run changes nothing."""
    before = account.destination()
    account.run(number)
    assert account.destination() == before


def test_read_on_the_source(copied: Account) -> None:
    with copied.source_filler() as filler:
        filler.store(INBOX, [1], "+FLAGS", "\\Seen")
    assert copied.run(2).flags_changed == 1
    assert copied.destination()["INBOX"][0].flags == {"\\seen"}
    settled(copied, 3)


def test_read_on_the_source_flagged_on_the_destination(copied: Account) -> None:
    with copied.source_filler() as filler:
        filler.store(INBOX, [1], "+FLAGS", "\\Seen")
    with copied.destination_filler() as filler:
        filler.store(INBOX, [1], "+FLAGS", "\\Flagged")
    copied.run(2)
    assert copied.destination()["INBOX"][0].flags == {"\\seen", "\\flagged"}
    settled(copied, 3)


def test_read_on_the_destination_only(copied: Account) -> None:
    with copied.destination_filler() as filler:
        filler.store(INBOX, [2], "+FLAGS", "\\Seen")
    assert copied.run(2).flags_changed == 0
    assert copied.destination()["INBOX"][1].flags == {"\\seen"}


def test_both_changed_the_same_flag_and_the_destination_keeps_what_differs(copied: Account) -> None:
    with copied.source_filler() as filler:
        filler.store(INBOX, [1], "+FLAGS", "\\Seen", "FromSource")
    with copied.destination_filler() as filler:
        filler.store(INBOX, [1], "+FLAGS", "\\Seen", "FromDestination")
    copied.run(2)
    assert copied.destination()["INBOX"][0].flags == {"\\seen", "FromSource", "FromDestination"}
    settled(copied, 3)


def test_the_flags_of_the_source_win_where_the_operator_says_so(copied: Account) -> None:
    with copied.destination_filler() as filler:
        filler.store(INBOX, [1, 2], "+FLAGS", "\\Seen", "Mine")
    copied.settings = replace(copied.settings, source_flags_win=True)
    assert copied.run(2).flags_changed == 2
    assert [entry.flags for entry in copied.destination()["INBOX"]] == [frozenset()] * 6


def test_moved_on_the_source_is_moved_on_the_destination(copied: Account) -> None:
    with copied.source_filler() as filler:
        filler.store(INBOX, [2], "+FLAGS", "\\Seen")
        filler.move(INBOX, [2, 3], DONE)
    assert copied.run(2).tally == Tally(adopted=6, moved=2)
    here, there = copied.source(), copied.destination()
    assert here.messages() == there.messages()
    assert len(there["Done"]) == 4
    settled(copied, 3)
    assert copied.run(4).tally == Tally(adopted=8)


def test_moved_on_the_source_and_flagged_on_the_destination(copied: Account) -> None:
    with copied.source_filler() as filler:
        filler.move(INBOX, [4], DONE)
    with copied.destination_filler() as filler:
        filler.store(INBOX, [4], "+FLAGS", "\\Flagged")
    copied.run(2)
    assert [entry.flags for entry in copied.destination()["Done"]][-1] == {"\\flagged"}
    assert len(copied.destination()["INBOX"]) == 5


def test_moved_on_the_destination_stays_there(copied: Account) -> None:
    with copied.destination_filler() as filler:
        filler.create(("Mine",))
        filler.move(INBOX, [1], ("Mine",))
    with copied.source_filler() as filler:
        filler.append(INBOX, mails(1, "new"))
        filler.store(INBOX, [1], "+FLAGS", "\\Seen")
    assert copied.run(2).tally == Tally(copied=1, adopted=8)
    there = copied.destination()
    assert (len(there["INBOX"]), len(there["Mine"])) == (6, 1)
    assert there["Mine"][0].flags == frozenset()
    settled(copied, 3)


def test_moved_on_both_sides_stays_where_the_user_put_it_on_the_new_server(copied: Account) -> None:
    with copied.source_filler() as filler:
        filler.move(INBOX, [1], DONE)
    with copied.destination_filler() as filler:
        filler.create(("Mine",))
        filler.move(INBOX, [1], ("Mine",))
    assert copied.run(2).tally == Tally(adopted=7, moved=1)
    there = copied.destination()
    assert (len(there["INBOX"]), len(there["Done"]), len(there["Mine"])) == (5, 2, 1)
    settled(copied, 3)


def test_deleted_on_the_source_stays_on_the_destination(copied: Account) -> None:
    with copied.source_filler() as filler:
        filler.delete(INBOX, [1, 2])
    assert copied.run(2).tally == Tally(adopted=6)
    assert len(copied.destination()["INBOX"]) == 6
    settled(copied, 3)


def test_deleted_on_the_destination_is_not_brought_back(copied: Account) -> None:
    with copied.destination_filler() as filler:
        filler.delete(INBOX, [1, 2])
    with copied.source_filler() as filler:
        filler.append(INBOX, mails(1, "new"))
    copied.run(2)
    assert len(copied.destination()["INBOX"]) == 5
    settled(copied, 3)


def test_deleted_on_both_sides(copied: Account) -> None:
    for filler in (copied.source_filler(), copied.destination_filler()):
        with filler:
            filler.delete(INBOX, [3])
    assert copied.run(2).tally == Tally(adopted=7)
    assert len(copied.destination()["INBOX"]) == 5


def test_a_folder_renamed_on_the_source_takes_its_mail_along(copied: Account) -> None:
    with copied.source_filler() as filler:
        filler.rename(DONE, ("Finished",))
    assert copied.run(2).tally == Tally(adopted=6, moved=2)
    there = copied.destination()
    assert (len(there["Finished"]), len(there["Done"])) == (2, 0)
    settled(copied, 3)


def test_copied_to_another_folder_on_the_source_is_copied(copied: Account) -> None:
    with copied.source_filler() as filler:
        filler.append(DONE, mails(1))  # the same bytes as a message that stays in INBOX
    assert copied.run(2).tally == Tally(copied=1, adopted=8)
    assert len(copied.destination()["Done"]) == 3


def test_twins_of_which_one_moved(copied: Account) -> None:
    twin = mails(1, "twin")[0]
    with copied.source_filler() as filler:
        filler.append(INBOX, [twin, twin])
    copied.run(2)
    with copied.source_filler() as filler:
        filler.move(INBOX, [7], DONE)
    assert copied.run(3).tally.moved == 1
    assert copied.source().messages() == copied.destination().messages()
    settled(copied, 4)


def test_flags_of_adopted_mail_are_united_on_request(account: Account) -> None:
    flagged = [Mail(mail.content, ("\\Seen",)) for mail in mails(2)]
    with account.source_filler() as filler:
        filler.append(INBOX, flagged)
    with account.destination_filler() as filler:
        filler.append(INBOX, [Mail(mail.content, ("\\Flagged",)) for mail in flagged])
    account.settings = replace(account.settings, unite_flags=True)
    assert account.run().tally == Tally(adopted=2)
    assert [entry.flags for entry in account.destination()["INBOX"]] == [{"\\seen", "\\flagged"}] * 2


def test_a_folder_renamed_and_renamed_back_loses_nothing(copied: Account) -> None:
    with copied.source_filler() as filler:
        filler.rename(DONE, ("Finished",))
    copied.run(2)
    with copied.source_filler() as filler:
        filler.rename(("Finished",), DONE)
    copied.run(3)
    there = copied.destination()
    assert len(there["Done"]) == 2
    assert not copied.source().digests() - there.digests()


def test_a_folder_renamed_here_and_deleted_there_comes_as_new(copied: Account) -> None:
    with copied.source_filler() as filler:
        filler.rename(DONE, ("Finished",))
        filler.append(("Finished",), mails(1, "new"))
    with copied.destination_filler() as filler:
        filler.remove(DONE)
    outcome = copied.run(2)
    assert outcome.failure is None
    assert len(copied.destination()["Finished"]) == 3


def test_adopted_mail_that_moves_on_the_source_is_moved(account: Account) -> None:
    both = mails(3)
    for filler in (account.source_filler(), account.destination_filler()):
        with filler:
            filler.append(INBOX, both)
    with account.source_filler() as filler:
        filler.create(DONE)
    assert account.run(1).tally == Tally(adopted=3)
    with account.source_filler() as filler:
        filler.move(INBOX, [2], DONE)
    assert account.run(2).tally == Tally(adopted=2, moved=1)
    there = account.destination()
    assert (len(there["INBOX"]), len(there["Done"])) == (2, 1)


def test_what_is_marked_deleted_on_the_destination_is_no_copy_of_a_living_mail(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(INBOX, mails(2))
    with account.destination_filler() as filler:
        filler.append(INBOX, [Mail(mail.content, ("\\Deleted",)) for mail in mails(2)])
    assert account.run(1).tally == Tally(copied=2)


def test_a_draft_saved_again_with_the_same_head_is_another_message(account: Account) -> None:
    head = b"Message-ID: <draft@x>\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\nFrom: a@x\r\nSubject: offer\r\n\r\n"
    first, second = datetime(2024, 1, 1, 10, tzinfo=UTC), datetime(2024, 1, 1, 11, tzinfo=UTC)
    with account.source_filler() as filler:
        filler.append(INBOX, [Mail(head + b"500 EUR\r\n", (), second)])
    with account.destination_filler() as filler:
        filler.append(INBOX, [Mail(head + b"900 EUR\r\n", (), first)])
    assert account.run(1).tally == Tally(copied=1)
