"""What is tried, by what the server says of itself."""

from __future__ import annotations

import pytest

from trasloco.engine.dialects import MOST_TRIES, dialects, recognised
from trasloco.engine.master_user import Dialect, MasterUser
from trasloco.imap.values import Capabilities
from trasloco.secret import Secret

PLAIN = Capabilities(["IMAP4rev1", "AUTH=PLAIN"])
BY_AUTHZID, JOINED, EXCHANGE = Dialect.AUTHZID, Dialect.JOINED, Dialect.EXCHANGE


def tried(greeting: str, preferred: Dialect, capabilities: Capabilities = PLAIN, name: str = "admin", vendor: str = "") -> list[Dialect]:
    known = recognised(greeting, capabilities, {"name": vendor} if vendor else {})
    return list(dialects(known, capabilities, MasterUser(name, Secret("x"), preferred=preferred)))


@pytest.mark.parametrize(
    ("greeting", "preferred", "expected"),
    [
        ("Dovecot ready.", BY_AUTHZID, [BY_AUTHZID, JOINED]),
        ("Dovecot ready.", JOINED, [JOINED, BY_AUTHZID]),
        ("mail Cyrus IMAP 3.6.1 server ready", JOINED, [BY_AUTHZID]),
        ("Zimbra 8.8 IMAP4rev1 service ready", JOINED, [BY_AUTHZID]),
        ("The Microsoft Exchange IMAP4 service is ready.", JOINED, [EXCHANGE, BY_AUTHZID]),
        ("Kerio Connect 9.4.1 IMAP4rev1 server ready", BY_AUTHZID, [Dialect.MASTERAUTH]),
        ("Messaging Multiplexor (Sun Java(tm) System Messaging Server 6.3)", JOINED, [BY_AUTHZID, Dialect.PROXYAUTH]),
        ("ready", BY_AUTHZID, [BY_AUTHZID, JOINED]),
        ("ready", JOINED, [JOINED, BY_AUTHZID]),
    ],
)
def test_the_greeting_decides(greeting: str, preferred: Dialect, expected: list[Dialect]) -> None:
    assert tried(greeting, preferred) == expected
    assert len(expected) <= MOST_TRIES


def test_the_id_decides_where_the_greeting_is_silent() -> None:
    assert tried("ready", JOINED, vendor="Cyrus IMAPD") == [BY_AUTHZID]


def test_a_name_of_windows_means_exchange_even_behind_another_greeting() -> None:
    assert tried("ready", JOINED, name="DOM\\admin") == [EXCHANGE, BY_AUTHZID]


def test_what_the_server_does_not_offer_is_not_tried_unless_there_is_nothing_else() -> None:
    bare = Capabilities(["IMAP4rev1"])
    assert tried("Dovecot ready.", BY_AUTHZID, bare) == [JOINED]
    assert tried("Cyrus ready", BY_AUTHZID, bare) == [BY_AUTHZID]  # and says so: login-impossible


@pytest.mark.parametrize(
    ("mailbox", "login"), [("anna@old.example", "DOM\\admin\\anna"), ("OLD\\anna", "DOM\\admin\\anna"), ("anna", "DOM\\admin\\anna")]
)
def test_exchange_is_asked_for_the_alias(mailbox: str, login: str) -> None:
    assert MasterUser("DOM\\admin", Secret("x")).spelled(mailbox, EXCHANGE).login == login
