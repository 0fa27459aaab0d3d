"""What All Mail tells, what is said of it, and the settings: whole runs through the double, and the pure part."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.engine.gmail_account import GmailAccount, digest, letter
from trasloco.engine.failure import Retry, SideName
from trasloco.engine.probe import probe
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.gmail_mailbox import GmailMailbox
from trasloco.testing.gmail_server import ENOUGH, TOO_MANY, GmailServer

ITALIAN = {
    "\\All": "Tutti i messaggi",
    "\\Drafts": "Bozze",
    "\\Flagged": "Speciali",
    "\\Important": "Importanti",
    "\\Junk": "Spam",
    "\\Sent": "Posta inviata",
    "\\Trash": "Cestino",
}


@pytest.fixture
def make(dovecot_destination: Dovecot, fresh_user: Callable[[], str]) -> Iterator[Callable[..., GmailAccount]]:
    servers: list[GmailServer] = []

    def build(mailbox: GmailMailbox | None = None, *, without: frozenset[str] = frozenset(), take: tuple[str, ...] = ()) -> GmailAccount:
        box = mailbox or GmailMailbox()
        servers.append(GmailServer({"anna@gmail.com": box}, without=without).__enter__())
        account = GmailAccount(box, servers[-1], dovecot_destination, fresh_user())
        account.settings = replace(account.settings, gmail=take)
        return account

    yield build
    for server in servers:
        server.__exit__(None, None, None)


def settled(account: GmailAccount, number: int = 2) -> None:
    before = account.destination()
    outcome = account.run(number)
    assert (outcome.tally.copied, outcome.tally.moved) == (0, 0)
    assert account.destination() == before


def test_folders_are_found_by_their_role_whatever_the_language(make: Callable[..., GmailAccount]) -> None:
    account = make(GmailMailbox(names=ITALIAN, root="[Google Mail]"))
    box = account.mailbox
    box.add(letter(1), ["\\Sent"])
    box.add(letter(2), [])
    box.add(letter(3), ["\\Draft"])
    box.add(letter(4), ["\\Inbox", "Fatture"])
    outcome = account.run()
    assert account.contents() == account.expected({"[Google Mail]/Posta inviata": "Sent", "[Google Mail]/Bozze": "Drafts"})
    assert account.fetched() == {1}
    assert ("[Google Mail]/Tutti i messaggi", "Archive") in [(folder.source, folder.destination) for folder in outcome.folders]
    assert account.destination().roles.get(("Archive",)) in (None, frozenset({"\\archive"}))
    settled(account)


def test_what_only_has_a_star_or_is_important_is_archived_and_keeps_the_star(make: Callable[..., GmailAccount]) -> None:
    account = make()
    box = account.mailbox
    box.add(letter(1), ["\\Important"], ["\\Flagged"])
    outcome = account.run()
    (entry,) = account.destination()["Archive"]
    assert entry.flags == {"\\flagged"}
    notes = {folder.source: folder.note for folder in outcome.folders}
    assert "--include starred" in notes["[Gmail]/Starred"]
    assert "--include important" in notes["[Gmail]/Important"]
    assert (outcome.tally.copied, outcome.tally.skipped) == (1, 0), "nothing stays behind"


def test_starred_important_and_chats_are_taken_when_wished(make: Callable[..., GmailAccount]) -> None:
    account = make(take=("chats", "important", "starred"))
    box = account.mailbox
    box.add_chats("Chat")
    box.add_chat(letter(9))
    box.add(letter(1), ["\\Inbox", "\\Important"], ["\\Flagged"])
    account.run()
    names = {"[Gmail]/Chat": "Chat", "[Gmail]/Starred": "Starred", "[Gmail]/Important": "Important"}
    assert account.contents() == account.expected(names)
    assert account.fetched() == {1}
    settled(account)


def test_a_choice_made_later_makes_its_folder_of_what_is_there(make: Callable[..., GmailAccount]) -> None:
    account = make()
    box = account.mailbox
    box.add(letter(1), ["\\Inbox", "\\Important"], ["\\Flagged"])
    box.add(letter(2), ["\\Important"])
    box.add_chats()
    box.add_chat(letter(3))
    account.run()
    account.settings = replace(account.settings, gmail=("chats", "important", "starred"))
    account.run(2)
    names = {"[Gmail]/Chats": "Chats", "[Gmail]/Starred": "Starred", "[Gmail]/Important": "Important"}
    assert account.contents() == account.expected(names)
    assert account.fetched() == {1}
    settled(account, 3)


def test_a_label_taken_off_and_put_on_again_between_two_runs_changes_nothing(make: Callable[..., GmailAccount]) -> None:
    account = make()
    mid = account.mailbox.add(letter(1), ["Work"])
    account.run()
    account.mailbox.unlabel(mid, "Work")
    account.mailbox.label(mid, "Work")
    before = account.destination()
    outcome = account.run(2)
    assert (outcome.tally.copied, outcome.tally.moved, outcome.tally.adopted) == (0, 0, 1)
    assert account.destination() == before
    assert account.fetched() == {1}


def test_chats_are_left_out_by_default(make: Callable[..., GmailAccount]) -> None:
    account = make()
    account.mailbox.add_chats("Chat")
    account.mailbox.add_chat(letter(9))
    outcome = account.run()
    assert outcome.tally.skipped == 1
    assert not account.contents()
    assert not account.mailbox.fetched


def test_categories_become_keywords_and_follow_a_change(make: Callable[..., GmailAccount]) -> None:
    account = make(take=("categories",))
    box = account.mailbox
    offer = box.add(letter(1), ["\\Inbox", "Shops"], category="promotions")
    box.add(letter(2), ["\\Inbox"])
    account.run()
    there = account.destination()
    assert [entry.flags for entry in there["INBOX"]] == [frozenset({"Promotions"}), frozenset()]
    assert [entry.flags for entry in there["Shops"]] == [frozenset({"Promotions"})]
    box.messages[offer].category = "updates"
    box.flag(offer, "\\Seen")
    account.run(2)
    there = account.destination()
    assert {entry.flags for entry in (there["INBOX"][0], there["Shops"][0])} == {frozenset({"Updates", "\\seen"})}
    settled(account, 3)


def test_all_mail_hidden_from_imap_is_said_and_labels_are_fetched_once_all_the_same(make: Callable[..., GmailAccount]) -> None:
    account = make()
    box = account.mailbox
    box.folder("\\All").hidden = True
    box.add(letter(1), ["\\Inbox", "Work"])
    box.add(letter(2), [], ["\\Flagged"])
    outcome = account.run()
    assert account.contents() == {name: box.contents(name) for name in ("INBOX", "Work")}
    assert account.fetched() == {1}
    (words,) = account.said("all-mail-hidden")
    assert "Show in IMAP" in words
    assert outcome.tally.skipped == 1, "what only Starred shows is counted as left out"
    box.folder("\\All").hidden = False
    account.run(2)
    assert account.contents() == account.expected()
    assert account.fetched() == {1}
    settled(account, 3)


def test_mail_whose_labels_are_all_hidden_is_archived_and_they_are_named(make: Callable[..., GmailAccount]) -> None:
    account = make()
    box = account.mailbox
    box.add_label("Segreti & più", hidden=True)
    box.add(letter(1), ["Segreti & più"])
    box.add(letter(2), ["Segreti & più", "Work"])
    account.run()
    assert account.contents() == account.expected()
    assert account.contents()["Archive"].total() == 1
    (words,) = account.said("labels-hidden")
    assert "“Segreti & più”" in words
    assert "1 message" in words
    settled(account)


def test_sent_mail_hidden_from_imap_is_archived_and_named(make: Callable[..., GmailAccount]) -> None:
    account = make()
    account.mailbox.folder("\\Sent").hidden = True
    account.mailbox.add(letter(1), ["\\Sent"])
    account.run()
    assert account.contents() == {"Archive": account.mailbox.archived()}
    (words,) = account.said("labels-hidden")
    assert "“Sent”" in words


def test_a_label_with_another_name_takes_its_mail_along(make: Callable[..., GmailAccount]) -> None:
    account = make()
    box = account.mailbox
    mids = [box.add(letter(number), ["Old name", "\\Inbox"]) for number in range(5)]
    account.run()
    del box.folders["Old name"]
    for mid in mids:
        box.messages[mid].labels.remove("Old name")
        box.label(mid, "New name")
    outcome = account.run(2)
    assert outcome.tally.moved == 5
    assert account.contents() == account.expected()
    assert account.fetched() == {1}
    settled(account, 3)


def test_a_label_that_was_deleted_and_made_again_is_recognised(make: Callable[..., GmailAccount]) -> None:
    """Its folder has other numbers now."""
    account = make()
    box = account.mailbox
    for number in range(5):
        box.add(letter(number), ["Work", "\\Inbox"])
    account.run()
    folder = box.folders["Work"]
    folder.uidvalidity += 1000
    folder.uids = {mid: uid + 50 for mid, uid in folder.uids.items()}
    folder.uidnext += 50
    outcome = account.run(2)
    assert (outcome.tally.copied, outcome.tally.moved) == (0, 0)
    assert account.contents() == account.expected()
    assert account.fetched() == {1}
    settled(account, 3)


def test_a_folder_the_operator_leaves_out_is_not_archived_instead(make: Callable[..., GmailAccount]) -> None:
    account = make()
    account.settings = replace(account.settings, skip_folders=("Newsletters",))
    account.mailbox.add(letter(1), ["Newsletters"])
    account.mailbox.add(letter(2), [])
    outcome = account.run()
    assert account.contents() == account.expected(left_out=["Newsletters"])
    assert (outcome.tally.copied, outcome.tally.skipped) == (1, 1)
    settled(account)


def test_a_label_called_archive_and_the_archive_do_not_become_one(make: Callable[..., GmailAccount]) -> None:
    """The destination declares its Archive folder: that is for what Gmail archives."""
    account = make()
    account.mailbox.add(letter(1), ["Archive"])
    account.mailbox.add(letter(2), [])
    account.run()
    assert account.contents() == {"Archive (2)": account.mailbox.contents("Archive"), "Archive": account.mailbox.archived()}
    settled(account)


def test_without_the_extension_it_goes_folder_by_folder_and_says_why(make: Callable[..., GmailAccount]) -> None:
    account = make(without=frozenset({"X-GM-EXT-1"}))
    mid = account.mailbox.add(letter(1), ["\\Inbox", "Work"])
    account.run()
    there = account.contents()
    assert there["INBOX"] == there["Work"] == account.mailbox.contents("Work")
    assert account.mailbox.fetched[mid] > 1
    (words,) = account.said("labels-not-told")
    assert "X-GM-EXT-1" in words
    settled(account)


def test_a_limit_of_messages_in_each_folder_is_suspected(make: Callable[..., GmailAccount]) -> None:
    account = make()
    for number in range(1000):
        account.mailbox.add(letter(number, 1), ["\\Inbox"])
    account.run()
    (words,) = account.said("folder-limit")
    assert "1,000" in words


@pytest.mark.parametrize("verb", ["UID FETCH", "EXAMINE"])
def test_a_throttled_account_goes_on_where_it_was(make: Callable[..., GmailAccount], verb: str) -> None:
    account = make()
    for number in range(120):
        account.mailbox.add(letter(number), ["\\Inbox", "Work"])
    account.gmail.say_next(verb, ENOUGH, close=True)
    outcome = asyncio.run(account.go())
    assert outcome.failure is not None
    assert (outcome.failure.retry, "bandwidth limits" in outcome.failure.words) == (Retry.LATER, True)
    account.run()
    assert account.contents() == account.expected()
    assert account.fetched() == {1}
    settled(account)


def test_all_mail_that_cannot_be_opened_at_first_does_not_stop_the_others(make: Callable[..., GmailAccount]) -> None:
    account = make()
    account.mailbox.add(letter(1), ["\\Inbox", "Work"])
    account.mailbox.add(letter(2), [])
    account.gmail.say_next("EXAMINE", "NO [CANNOT] This folder cannot be shown (Failure)")
    account.run()
    assert account.contents() == account.expected()
    assert account.fetched() == {1}
    settled(account)


def test_too_many_connections_are_waited_for(make: Callable[..., GmailAccount]) -> None:
    account = make()
    account.mailbox.add(letter(1), ["\\Inbox"])
    account.gmail.say_next("AUTHENTICATE", TOO_MANY)
    account.run()
    assert account.contents() == account.expected()
    (words,) = account.said("login-later")
    assert "Too many simultaneous connections" in words


def test_a_message_archived_and_one_labelled_while_the_run_is_on_are_not_lost(make: Callable[..., GmailAccount]) -> None:
    """The inbox's list is read before, All Mail's after: whoever changes in between is on one of them, or in the archive."""
    account = make()
    box = account.mailbox
    first = box.add(letter(1), ["\\Inbox"])
    second = box.add(letter(2), [])
    box.add(letter(3), ["Work"])
    changes = [lambda: box.archive(first), lambda: box.label(second, "\\Inbox")]

    def entered(folder: str) -> None:
        if folder == "Work":
            while changes:
                changes.pop()()

    account.sink.enter = entered  # type: ignore[method-assign] # something happens meanwhile
    account.run()
    there = account.contents()
    assert sum(there.values(), there["Work"].__class__())[digest(letter(2))] == 1
    account.run(2)
    assert account.contents() == account.expected()
    settled(account, 3)


def test_what_is_to_be_fetched_and_what_room_it_needs_are_known_before(make: Callable[..., GmailAccount]) -> None:
    account = make(take=("starred",))
    box = account.mailbox
    sizes = [len(letter(number, 100 * number)) for number in range(4)]
    for number, labels in enumerate([["\\Inbox", "Work"], [], ["Hidden"], ["Left out"]]):
        box.add(letter(number, 100 * number), labels, ["\\Flagged"] if number == 1 else [])
    box.folders["Hidden"].hidden = True
    expected: list[tuple[int, int | None]] = []
    account.sink.expect = lambda messages, size: expected.append((messages, size))  # type: ignore[method-assign]
    account.settings = replace(account.settings, skip_folders=("Left out",))
    account.run()
    assert expected == [(5, sum(sizes[:3]))]
    assert len(account.destination()["Archive"]) == 2
    account.settings = replace(account.settings, skip_roles=())
    account.run(2)
    assert expected[-1][1] is None, "All Mail does not tell of the Trash"


def test_a_destination_without_room_for_the_copies_of_every_label_is_told_before(fresh_user: Callable[[], str]) -> None:
    mailbox = GmailMailbox()
    mailbox.add(letter(1, 700_000), ["\\Inbox", "Work"])
    with Dovecot(quota=1_000_000) as server, GmailServer({"anna@gmail.com": mailbox}) as gmail:
        account = GmailAccount(mailbox, gmail, server, fresh_user())
        outcome = asyncio.run(account.go())
        assert outcome.failure is not None
        assert (outcome.failure.code, mailbox.fetched.total()) == ("will-not-fit", 0)


def test_the_check_counts_each_message_once(make: Callable[..., GmailAccount]) -> None:
    account = make()
    for number in range(3):
        account.mailbox.add(letter(number, 2000), ["\\Inbox", "Work"])
    account.mailbox.add(letter(9), ["\\Trash"])
    found = asyncio.run(probe(account.side(SideName.SOURCE)))
    assert (found.failure, found.messages) == (None, 4)
    account.mailbox.folder("\\All").hidden = True
    assert asyncio.run(probe(account.side(SideName.SOURCE))).messages == 7
