"""Whole runs of one account between real servers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tests.engine.conftest import Account
from trasloco.engine.account import RunStatus
from trasloco.engine.fate import Tally
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot


def mails(subject: str, count: int) -> list[Mail]:
    return [Mail(f"Message-ID: <{subject}-{n}@x>\r\nSubject: {subject}\r\n\r\n{n}\r\n".encode()) for n in range(count)]


def test_everything_arrives_with_flags_dates_and_subscriptions(account: Account) -> None:
    with account.source_filler() as filler:
        filler.fill(Letters(1), 200)
    outcome = account.run()
    assert outcome.status is RunStatus.COMPLETED
    assert outcome.tally == Tally(copied=200)
    here, there = account.source(), account.destination()
    assert here.messages() == there.messages()
    assert there.subscribed >= here.subscribed - {("Junk",), ("Trash",)}


def test_a_second_run_without_changes_writes_nothing(account: Account) -> None:
    with account.source_filler() as filler:
        filler.fill(Letters(2), 60)
    account.run(1)
    before = account.destination()
    outcome = account.run(2)
    assert outcome.tally == Tally(adopted=60)
    assert (outcome.size, outcome.flags_changed) == (0, 0)
    assert account.destination() == before


def test_a_second_run_brings_new_mail_and_changed_flags_only(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("INBOX",), mails("old", 20))
    account.run(1)
    with account.source_filler() as filler:
        filler.append(("INBOX",), mails("new", 3))
        filler.store(("INBOX",), [1, 2, 3, 4], "+FLAGS", "\\Flagged", "Work")
    with account.destination_filler() as filler:
        filler.store(("INBOX",), [1], "+FLAGS", "\\Seen")  # the user's own change on the new server
    outcome = account.run(2)
    assert outcome.tally == Tally(copied=3, adopted=20)
    assert outcome.flags_changed == 4
    flags = [entry.flags for entry in account.destination()["INBOX"]]
    assert flags[0] == {"\\seen", "\\flagged", "Work"}
    assert flags[1] == {"\\flagged", "Work"}


def test_what_the_user_deleted_on_the_destination_is_not_brought_back(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("INBOX",), mails("mail", 5))
    account.run(1)
    with account.destination_filler() as filler:
        filler.delete(("INBOX",), [2])
    with account.source_filler() as filler:
        filler.append(("INBOX",), mails("more", 1))
    account.run(2)
    assert len(account.destination()["INBOX"]) == 5


def test_trash_and_junk_are_left_out_counted_and_listed(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(("INBOX",), mails("mail", 2))
        filler.append(("Trash",), mails("rubbish", 3))
        filler.create(("Posta indesiderata",))
        filler.append(("Posta indesiderata",), mails("spam", 4))
    outcome = account.run()
    assert outcome.tally == Tally(copied=2, skipped=7)
    left_out = {folder.source: folder.tally.skipped for folder in outcome.folders if not folder.destination}
    assert left_out == {"Trash": 3, "Junk": 0, "Posta indesiderata": 4}
    assert all(folder.note for folder in outcome.folders if not folder.destination)


def test_large_messages_are_left_out_counted_and_listed(account: Account) -> None:
    account.settings = replace(account.settings, max_size=2000)
    with account.source_filler() as filler:
        filler.append(("INBOX",), [*mails("small", 2), Mail(b"Subject: large\r\n\r\n" + b"x" * 4000)])
    outcome = account.run()
    assert outcome.tally == Tally(copied=2, skipped=1)
    account.settings = replace(account.settings, max_size=5000)
    assert account.run(2).tally == Tally(copied=1, adopted=2)


def test_mail_that_is_there_already_is_adopted_and_true_duplicates_keep_their_count(account: Account) -> None:
    twin = Mail(b"Message-ID: <twin@x>\r\nSubject: twin\r\n\r\nsame\r\n")
    nameless = [Mail(b"Subject: no id\r\n\r\none\r\n"), Mail(b"Subject: no id\r\n\r\ntwo\r\n")]
    with account.source_filler() as filler:
        filler.append(("INBOX",), [*mails("mail", 10), twin, twin, twin, *nameless])
    with account.destination_filler() as filler:
        filler.append(("INBOX",), [*mails("mail", 5), twin, nameless[1], *mails("other", 2)])
    outcome = account.run()
    assert outcome.tally == Tally(copied=8, adopted=7)
    there = account.destination().digests()
    assert there.total() == 17
    assert not account.source().digests() - there


def test_a_lost_ledger_doubles_nothing(account: Account) -> None:
    with account.source_filler() as filler:
        filler.fill(Letters(3), 120)
    account.run()
    fresh = Account(account.source_server, account.destination_server, account.user)
    assert fresh.run().tally == Tally(adopted=120)
    assert account.source().messages() == account.destination().messages()


def test_a_folder_renumbered_on_the_source_is_matched_again(account: Account) -> None:
    with account.source_filler() as filler:
        filler.create(("Project",))
        filler.append(("Project",), mails("mail", 6))
    account.run(1)
    with account.source_filler() as filler:
        filler.remove(("Project",))
        filler.create(("Project",))
        filler.append(("Project",), mails("mail", 8))
    outcome = account.run(2)
    assert outcome.tally == Tally(copied=2, adopted=6)
    assert any(entry.action == "uidvalidity-changed" for entry in account.sink.entries)
    assert len(account.destination()["Project"]) == 8


def test_internal_dates_keep_their_second(account: Account) -> None:
    date = datetime(2003, 10, 26, 1, 30, 1, tzinfo=UTC)
    with account.source_filler() as filler:
        filler.append(("INBOX",), [Mail(b"Subject: dated\r\n\r\n", (), date)])
    account.run()
    assert account.destination()["INBOX"][0].epoch == int(date.timestamp())


def test_a_wrong_password_is_one_failure_in_clear_words(account: Account) -> None:
    from trasloco.testing.dovecot import Dovecot

    with Dovecot(users={"u": "right"}) as strict:
        wrong = Account(strict, account.destination_server, "u")
        strict.password = "not the one"
        outcome = wrong.run()
    assert outcome.status is RunStatus.FAILED
    assert outcome.failure is not None
    assert outcome.failure.code == "login-refused"
    assert "not the one" not in outcome.failure.words


def test_snapshot_and_filler_agree(account: Account) -> None:
    """The judge itself: what the filler wrote is what the snapshot reads."""
    with MailboxFiller(account.source_server.host, account.source_server.port, account.user, account.source_server.password) as filler:
        filler.append(("INBOX",), mails("judge", 3))
    here = Snapshot.read(account.source_server.host, account.source_server.port, account.user, account.source_server.password)
    assert here.total == 3
