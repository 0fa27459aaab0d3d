"""The doubles, spoken to by Python's own client and by our reader of mailboxes: what they say is what was recorded."""

from __future__ import annotations

import imaplib
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from trasloco.testing.imap_double.doors import Door
from trasloco.testing.imap_double.flavour import Flavour, flavour, flavours
from trasloco.testing.imap_double.server import ImapDouble
from trasloco.testing.imap_double.store import Mailbox
from trasloco.testing.letters import Letters
from trasloco.testing.snapshot import Snapshot

ANNA, SECRET = "anna@old.example", 'pass word;"1'


@contextmanager
def client_of(double: ImapDouble) -> Iterator[imaplib.IMAP4]:
    client = imaplib.IMAP4(double.host, double.port, timeout=30)
    try:
        yield client
    finally:
        client.shutdown()


@contextmanager
def opened(kind: Flavour, mailbox: Mailbox) -> Iterator[tuple[ImapDouble, imaplib.IMAP4]]:
    door = Door()
    door.password(ANNA, SECRET, mailbox)
    with ImapDouble(kind, door) as double, client_of(double) as client:
        client.login(ANNA, SECRET)
        yield double, client


def filled() -> Mailbox:
    mailbox = Mailbox("Archiv", "Archiv/2024", "INBOX/Kunden", "Entwürfe & Co")
    for number, letter in enumerate(Letters("double").take(40)):
        name = sorted(mailbox.folders)[number % 5]
        mailbox.add(name, letter.content, flags=["\\Seen"] if number % 3 else [], date=letter.date)
    return mailbox


@pytest.mark.parametrize("name", [name for name, kind in flavours().items() if "PLAIN" in kind.mechanisms and kind.basic])
def test_what_is_read_of_it_is_what_is_in_it(name: str) -> None:
    mailbox = filled()
    with opened(flavour(name), mailbox) as (double, _):
        read = Snapshot.read(double.host, double.port, ANNA, SECRET)
    spelled: dict[tuple[str, ...], tuple[str, ...]] = {("Inbox", "Kunden"): ("INBOX", "Kunden")}
    assert {(spelled.get(row[0], row[0]), row[1], *row[3:]) for row in read.messages()} == {
        (row[0], row[1], *row[3:]) for row in mailbox.messages()
    }
    exact = flavour(name).size_factor == 1
    assert exact == (read.messages() == mailbox.messages())


@pytest.mark.parametrize("name", list(flavours()))
def test_a_flavour_speaks_by_its_capabilities(name: str) -> None:
    kind = flavour(name)
    door = Door()
    door.password(ANNA, SECRET, filled())
    with ImapDouble(kind, door) as double, client_of(double) as client:
        assert client.welcome == b"* OK " + kind.greeting.encode()
        assert set(client.capabilities) == set(kind.before.upper().split())
        with pytest.raises(imaplib.IMAP4.error, match=r"(?i)failed|failure|invalid"):
            client.login(ANNA, "wrong")
        assert (door.tried[ANNA.encode()], door.wrong[ANNA.encode()]) == (1, 1)
        if kind.basic:
            assert client.login(ANNA, SECRET)[0] == "OK"
            assert client.select()[0] == "OK"
            with nullcontext() if "NAMESPACE" in kind.before else pytest.raises(imaplib.IMAP4.error, match="BAD"):
                client.namespace()


def test_microsoft_makes_boundaries_anew_and_ends_a_session_with_ten_errors() -> None:
    mailbox, content = (
        Mailbox(),
        b'Subject: a\r\nContent-Type: multipart/mixed; boundary="0123456789"\r\n\r\n--0123456789\r\n\r\n--0123456789--',
    )
    mailbox.add("INBOX", content)
    kind = flavour("office365")
    door = Door()
    door.tokens(lambda user, token: token == "good", {ANNA: mailbox})
    with ImapDouble(kind, door) as double, client_of(double) as client:
        client.authenticate("XOAUTH2", lambda _: f"user={ANNA}\x01auth=Bearer good\x01\x01".encode())
        client.select()
        bodies = {client.fetch("1", "(BODY.PEEK[])")[1][0][1] for _ in range(3)}  # type: ignore[index]
        assert len(bodies) == 3
        assert len(mailbox.folders["INBOX"].messages[1].served) == 3
        size = client.fetch("1", "(RFC822.SIZE)")[1][0]
        assert size != b"1 (RFC822.SIZE %d)" % len(content)
        with pytest.raises(imaplib.IMAP4.abort, match=r"Connection is closed\. 13"):
            for _ in range(11):
                client.status("Nowhere", "(MESSAGES)")
        assert double.thrown_out == 1


def test_throttling_lasts_as_long_as_it_says() -> None:
    mailbox = filled()
    door = Door()
    door.tokens(lambda user, token: True, {ANNA: mailbox})
    with ImapDouble(flavour("office365"), door) as double:

        def sign_in(client: imaplib.IMAP4) -> None:
            client.authenticate("XOAUTH2", lambda _: f"user={ANNA}\x01auth=Bearer t\x01\x01".encode())

        with client_of(double) as client:
            sign_in(client)
            client.select()
            double.moods.throttle((2, 400))
            with pytest.raises(imaplib.IMAP4.error, match=r"Request is throttled. Suggested Backoff Time: 400 milliseconds"):
                client.fetch("1:*", "(BODY.PEEK[])")
        with pytest.raises(imaplib.IMAP4.error, match=r"Suggested Backoff Time: \d+ milliseconds"), client_of(double):
            pass  # it asks for the capabilities
        assert double.moods.early == 1
        time.sleep(0.45)
        with client_of(double) as client:
            sign_in(client)
        assert double.moods.early == 1


def test_a_source_is_never_written_to() -> None:
    with opened(flavour("standard"), filled()) as (double, client):
        assert client.create("New")[0] == "NO"
        assert double.writes == ["CREATE"]
