"""The double keeps to what is recorded of the real server; read with a wire of its own."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import pytest

from trasloco.testing.gmail_mailbox import GmailMailbox
from trasloco.testing.gmail_server import TOO_MANY, GmailServer
from trasloco.testing.wire import Wire, WireRefused

LETTER = b"Subject: one\r\nMessage-ID: <1@x>\r\n folded\r\n\r\nbody\r\n"
ANNA = "anna@gmail.com"


@pytest.fixture
def mailbox() -> GmailMailbox:
    return GmailMailbox()


@pytest.fixture
def server(mailbox: GmailMailbox) -> Iterator[GmailServer]:
    with GmailServer({ANNA: mailbox}) as server:
        yield server


@pytest.fixture
def wire(server: GmailServer) -> Iterator[Wire]:
    with Wire(server.host, server.port) as wire:
        wire.login(ANNA, server.password)
        yield wire


def said(wire: Wire, command: bytes) -> str:
    return "\n".join(response.text.decode() for response in wire.command(command))


def test_a_message_is_in_all_mail_and_in_each_label_under_uids_of_their_own(wire: Wire, mailbox: GmailMailbox) -> None:
    mailbox.add(LETTER, ["\\Inbox"])
    mid = mailbox.add(LETTER, ["\\Inbox", "Work"], ["\\Flagged"])
    for name, uid, labels in (
        (b"INBOX", 2, 'Work "\\\\Starred"'),
        (b"Work", 1, '"\\\\Inbox" "\\\\Starred"'),
        (b'"[Gmail]/All Mail"', 2, 'Work "\\\\Inbox" "\\\\Starred"'),
        (b'"[Gmail]/Starred"', 1, 'Work "\\\\Inbox"'),
    ):
        said(wire, b"EXAMINE " + name)
        answer = said(wire, b"UID FETCH %d (X-GM-MSGID X-GM-THRID X-GM-LABELS FLAGS)" % uid)
        assert f"X-GM-MSGID {mid} " in answer
        assert f"X-GM-LABELS ({labels})" in answer
        assert "FLAGS (\\Flagged)" in answer


def test_labels_that_need_it_are_quoted_and_in_modified_utf_7(wire: Wire, mailbox: GmailMailbox) -> None:
    mailbox.add(LETTER, ["Büro", 'a "b" \\c', "plain", "17"])
    said(wire, b'EXAMINE "[Gmail]/All Mail"')
    assert 'X-GM-LABELS (17 "B&APw-ro" "a \\"b\\" \\\\c" plain)' in said(wire, b"UID FETCH 1 (X-GM-LABELS)")


def test_roles_are_told_in_every_list_and_chats_has_none(wire: Wire, mailbox: GmailMailbox) -> None:
    mailbox.add_chats()
    mailbox.add_label("Secret", hidden=True)
    answer = said(wire, b'LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE STATUS (MESSAGES UIDNEXT))')
    assert '\\Noselect) "/" "[Gmail]"' in answer
    assert re.search(r'\\All[^)]*\) "/" "\[Gmail\]/All Mail"', answer)
    assert '(\\HasNoChildren \\Subscribed) "/" "[Gmail]/Chats"' in answer
    assert "Secret" not in answer
    assert 'STATUS "INBOX" (MESSAGES 0 UIDNEXT 1)' in answer
    with pytest.raises(WireRefused, match="NONEXISTENT"):
        wire.command(b"EXAMINE Secret")


def test_trash_and_spam_are_in_no_other_folder(mailbox: GmailMailbox) -> None:
    mid = mailbox.add(LETTER, ["\\Inbox", "Work"], ["\\Flagged"])
    mailbox.delete(mid)
    assert [folder.name for folder in mailbox.folders.values() if folder.uids] == ["[Gmail]/Trash"]
    mailbox.label(mid, "\\Inbox")
    assert mailbox.folders["INBOX"].uids == {mid: 2}, "who comes back gets a new UID"
    assert not mailbox.folder("\\Trash").uids
    mailbox.expunge(mid)
    assert not any(folder.uids for folder in mailbox.folders.values())


def test_another_client_changes_labels(wire: Wire, mailbox: GmailMailbox) -> None:
    mid = mailbox.add(LETTER, ["\\Inbox"])
    mailbox.add_label("Work")
    said(wire, b"SELECT INBOX")
    said(wire, b"UID COPY 1 Work")
    assert mailbox.messages[mid].labels == {"\\Inbox", "Work"}
    said(wire, b"UID STORE 1 +X-GM-LABELS (Later)")
    said(wire, b"UID STORE 1 +FLAGS.SILENT (\\Seen)")
    said(wire, b"UID STORE 1 -X-GM-LABELS (\\Inbox)")
    assert mailbox.messages[mid].labels == {"Work", "Later"}
    assert mailbox.messages[mid].flags == {"\\Seen"}
    assert not mailbox.folders["INBOX"].uids


def test_bodies_are_counted_and_headers_are_not(wire: Wire, mailbox: GmailMailbox) -> None:
    mid = mailbox.add(LETTER, ["\\Inbox"])
    said(wire, b"EXAMINE INBOX")
    (answer, *_) = wire.command(b"UID FETCH 1 (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
    assert answer.literals == (b"Message-ID: <1@x>\r\n folded\r\n\r\n",)
    assert not mailbox.fetched
    (answer, *_) = wire.command(b"UID FETCH 1:* (UID BODY.PEEK[])")
    assert answer.literals == (LETTER,)
    assert mailbox.fetched == {mid: 1}


def test_changes_are_told_by_mod_sequence_and_categories_by_search(wire: Wire, mailbox: GmailMailbox) -> None:
    mailbox.add(LETTER, ["\\Inbox"], category="social")
    mid = mailbox.add(LETTER, ["\\Inbox"])
    then = mailbox.modseq
    mailbox.flag(mid, "\\Seen")
    said(wire, b"EXAMINE INBOX")
    assert re.findall(r"UID (\d+)", said(wire, b"UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE %d)" % then)) == ["2"]
    assert " UID ALL 1" in said(wire, b'UID SEARCH RETURN (ALL) X-GM-RAW "category:social"')
    assert "* SEARCH 1" in said(wire, b'UID SEARCH X-GM-RAW "category:social"')


def test_a_wrong_password_and_the_sixteenth_connection_are_refused_in_its_words(server: GmailServer) -> None:
    with Wire(server.host, server.port) as wire, pytest.raises(WireRefused, match="AUTHENTICATIONFAILED"):
        wire.login(ANNA, "wrong")
    server.most_connections = 1
    with Wire(server.host, server.port) as one, Wire(server.host, server.port) as two:
        one.login(ANNA, server.password)
        with pytest.raises(WireRefused, match=re.escape(TOO_MANY.split(" ", 1)[1][:20])):
            two.login(ANNA, server.password)


def test_a_token_opens_a_mailbox_and_a_wrong_one_is_refused_with_a_challenge(server: GmailServer) -> None:
    server.tokens[ANNA] = {"good"}
    for token, last in (("wrong", b"NO [AUTHENTICATIONFAILED]"), ("good", b"OK anna@gmail.com authenticated")):
        said = base64.b64encode(f"user={ANNA}\1auth=Bearer {token}\1\1".encode())
        with Wire(server.host, server.port) as wire:
            wire.send(b"a AUTHENTICATE XOAUTH2 " + said + b"\r\n")
            answer = wire.read().text
            if answer.startswith(b"+ "):
                assert b'"status":"400"' in base64.b64decode(answer[2:])
                wire.send(b"\r\n")
                answer = wire.read().text
            elif answer.startswith(b"* CAPABILITY"):
                answer = wire.read().text
            assert answer.startswith(b"a " + last)


def test_capabilities_differ_before_and_after_the_login(server: GmailServer) -> None:
    with Wire(server.host, server.port) as wire:
        before = said(wire, b"CAPABILITY")
        wire.login(ANNA, server.password)
        after = said(wire, b"CAPABILITY")
    assert "AUTH=XOAUTH2" in before
    assert "UIDPLUS" not in before
    assert "AUTH=" not in after
    assert "X-GM-EXT-1" in before
    assert {"UIDPLUS", "LIST-STATUS", "X-GM-EXT-1"} <= set(after.split())
