"""Labels become folders, each body is fetched once; on real servers as destination."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tests.engine.gmail_account import GmailAccount, digest, letter
from trasloco.engine.fate import Fate
from trasloco.engine.ledger import FolderRecord, MessageRow
from trasloco.testing.cutting_proxy import CuttingProxy, hide
from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.gmail_mailbox import GmailMailbox
from trasloco.testing.gmail_server import GmailServer
from trasloco.testing.wire_faults import Answer, Rewrite


@pytest.fixture
def account(dovecot_destination: Dovecot, fresh_user: Callable[[], str]) -> Iterator[GmailAccount]:
    mailbox = GmailMailbox()
    with GmailServer({"anna@gmail.com": mailbox}) as gmail:
        yield GmailAccount(mailbox, gmail, dovecot_destination, fresh_user())


@pytest.fixture
def behind_proxy(account: GmailAccount) -> Iterator[tuple[GmailAccount, CuttingProxy]]:
    """The same with a proxy before the destination, which can spoil its answers."""
    with CuttingProxy(account.server.host, account.server.port) as proxy:
        account.destination_port = proxy.port
        yield account, proxy


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


def test_cyrus_as_the_destination(cyrus: Cyrus, fresh_user: Callable[[], str]) -> None:
    mailbox = GmailMailbox()
    with GmailServer({"anna@gmail.com": mailbox}) as gmail:
        account = GmailAccount(mailbox, gmail, cyrus, fresh_user())
        mids = fill(mailbox)
        account.run()
        assert account.contents() == account.expected()
        mailbox.label(mids[0], "Work")
        mailbox.archive(mids[6])
        outcome = account.run(2)
        assert account.contents() == account.expected()
        assert account.fetched() == {1}
        assert (outcome.tally.copied, outcome.tally.moved) == (1, 1)


def test_proof_and_report_name_both_places_of_every_copy(account: GmailAccount) -> None:
    box = account.mailbox
    mid = box.add(letter(1), ["\\Inbox", "Work"], ["\\Flagged"])
    account.run()
    rows = {record.source_name: (record, row) for record, row in rows_of(account)}
    there = account.destination()
    for name, folder in ((b"INBOX", "INBOX"), (b"Work", "Work")):
        record, row = rows[name]
        assert (row.source_uid, row.destination_uid) == (box.folders[folder].uids[mid], there[folder][0].uid)
        assert record.destination_name == name
        assert (row.fate, row.size, row.identity) == (Fate.COPIED, len(letter(1)), mid)
        assert row.digest is not None
        assert row.digest.hex() == digest(letter(1)) == there[folder][0].sha256
        assert there[folder][0].flags == {"\\flagged"}
        assert there[folder][0].epoch == 1_700_000_000


def test_the_sums_are_those_of_the_source(account: GmailAccount) -> None:
    """Each message of each label has one fate; All Mail counts what has no label."""
    box = account.mailbox
    fill(box)
    outcome = account.run()
    counts = {folder.source: folder.tally.source for folder in outcome.folders}
    assert counts.pop("[Gmail]/All Mail") == box.archived().total() == 2
    assert counts["[Gmail]/Important"] == 0, "its messages are in the folders of their other labels, and count there"
    assert counts == {
        folder.name: 0 if folder.attribute in ("\\Important", "\\Flagged") else len(folder.uids)
        for folder in box.folders.values()
        if folder.attribute != "\\All"
    }
    assert outcome.tally.copied + outcome.tally.skipped == outcome.tally.source


def test_flags_changed_on_the_source_reach_every_copy(account: GmailAccount) -> None:
    mid = account.mailbox.add(letter(1), ["\\Inbox", "Work"])
    account.run()
    account.mailbox.flag(mid, "\\Seen", "\\Flagged")
    account.mailbox.label(mid, "Later")
    account.run(2)
    there = account.destination()
    assert {name: there[name][0].flags for name in ("INBOX", "Work", "Later")} == {
        name: frozenset({"\\seen", "\\flagged"}) for name in ("INBOX", "Work", "Later")
    }
    assert account.fetched() == {1}


def test_what_the_user_deleted_on_the_destination_is_not_spread_and_not_brought_back(account: GmailAccount) -> None:
    """His copy waits for the next EXPUNGE: a label put on later has the message all the same, unmarked."""
    mid = account.mailbox.add(letter(1), ["\\Inbox"])
    account.run()
    with account.filler() as filler:
        filler.store(("INBOX",), [account.destination()["INBOX"][0].uid], "+FLAGS", "\\Deleted")
    account.mailbox.label(mid, "Work")
    account.run(2)
    assert [entry.flags for entry in account.destination()["Work"]] == [frozenset()]
    with account.filler() as filler:
        filler.delete(("INBOX",), [account.destination()["INBOX"][0].uid])
    account.run(3)
    assert not account.destination()["INBOX"]


def test_a_copy_that_was_moved_away_on_the_destination_is_taken_from_another_folder(account: GmailAccount) -> None:
    mid = account.mailbox.add(letter(1), ["\\Inbox", "Work"])
    account.run()
    with account.filler() as filler:
        filler.create(("Mine",))
        filler.move(("INBOX",), [account.destination()["INBOX"][0].uid], ("Mine",))
    account.mailbox.label(mid, "Later")
    account.run(2)
    assert len(account.destination()["Later"]) == 1
    assert account.fetched() == {1}


def test_a_message_deleted_and_taken_out_of_the_trash_again_is_there_once(account: GmailAccount) -> None:
    mid = account.mailbox.add(letter(1), ["Work"])
    account.run()
    account.mailbox.delete(mid)
    account.run(2)
    account.mailbox.label(mid, "Work")
    account.run(3)
    before = account.destination()
    assert before.total == 1
    assert account.run(4).tally.copied == 0
    assert account.destination() == before


def test_an_archive_the_destination_refuses_counts_what_is_archived_and_no_more(
    behind_proxy: tuple[GmailAccount, CuttingProxy],
) -> None:
    account, proxy = behind_proxy
    account.mailbox.add(letter(1), ["Work"])
    account.mailbox.add(letter(2), [])
    proxy.arm(Answer("SELECT", "NO [NOPERM] not for you", times=1000))
    outcome = asyncio.run(account.go())
    refused = {folder.source: folder.tally.refused for folder in outcome.folders if folder.tally.source}
    assert refused == {"Work": 1, "[Gmail]/All Mail": 1}
    proxy.arm()
    account.run()
    assert account.contents() == account.expected()


def test_a_destination_that_does_not_copy_is_sent_the_body_again(behind_proxy: tuple[GmailAccount, CuttingProxy]) -> None:
    account, proxy = behind_proxy
    mailbox = account.mailbox
    fill(mailbox)
    proxy.arm(Answer("UID COPY", "NO [OVERQUOTA] Quota exceeded for copies"))
    account.run()
    assert account.contents() == account.expected()
    assert max(account.fetched()) == 2
    (words,) = account.said("labels-not-copied")
    assert "Quota exceeded for copies" in words
    before = account.destination()
    assert account.run(2).tally.copied == 0
    assert account.destination() == before


def test_a_destination_that_does_not_tell_where_a_copy_arrived_is_looked_at(behind_proxy: tuple[GmailAccount, CuttingProxy]) -> None:
    account, proxy = behind_proxy
    mailbox = account.mailbox
    mailbox.add(letter(1), ["\\Inbox", "Work"])
    mailbox.add(letter(1), ["\\Inbox", "Work"])  # a true duplicate
    mailbox.add(letter(2), ["\\Inbox", "Work"])
    proxy.arm(Rewrite(rb"\[COPYUID [^]]*\]", b"[XCOPIED 1]"))
    account.run()
    assert account.contents() == account.expected()
    assert account.fetched() == {1}
    before = account.destination()
    assert account.run(2).tally.copied == 0
    assert account.destination() == before


def test_a_destination_without_uidplus_is_sent_every_body(behind_proxy: tuple[GmailAccount, CuttingProxy]) -> None:
    account, proxy = behind_proxy
    mailbox = account.mailbox
    fill(mailbox)
    proxy.arm(*hide("UIDPLUS"))
    account.run()
    assert account.contents() == account.expected()
    assert len(account.said("labels-not-copied")) == 1
    before = account.destination()
    assert account.run(2).tally.copied == 0
    assert account.destination() == before


def rows_of(account: GmailAccount) -> list[tuple[FolderRecord, MessageRow]]:
    """All of the ledger."""

    async def read() -> list[tuple[FolderRecord, MessageRow]]:
        ledger = account.ledger
        return [(record, row) for record in await ledger.folders() async for chunk in ledger.rows(record.id) for row in chunk]

    return asyncio.run(read())
