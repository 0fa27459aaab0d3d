"""The same exact copy on servers that offer less: a real Dovecot that keeps quiet about its extensions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.engine.conftest import Account
from trasloco.engine.fate import Tally
from trasloco.testing.dovecot import STANDARD_MAILBOXES, Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail

OFFERS = {
    "nothing but IMAP4rev1": "IMAP4rev1",
    "no MULTIAPPEND": "IMAP4rev1 LITERAL+ SASL-IR UIDPLUS NAMESPACE LIST-EXTENDED LIST-STATUS SPECIAL-USE CONDSTORE",
    "no LITERAL+": "IMAP4rev1 MULTIAPPEND UIDPLUS NAMESPACE LIST-EXTENDED LIST-STATUS SPECIAL-USE CONDSTORE",
    "no UIDPLUS": "IMAP4rev1 LITERAL+ MULTIAPPEND NAMESPACE LIST-EXTENDED LIST-STATUS SPECIAL-USE CONDSTORE",
    "LITERAL- only": "IMAP4rev1 LITERAL- UIDPLUS MULTIAPPEND NAMESPACE LIST-EXTENDED LIST-STATUS",
    "no LIST-STATUS": "IMAP4rev1 LITERAL+ MULTIAPPEND UIDPLUS NAMESPACE LIST-EXTENDED CONDSTORE",
}


@pytest.fixture(params=list(OFFERS), scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Dovecot]:
    with Dovecot(special_use=STANDARD_MAILBOXES, extra=f"imap_capability = {OFFERS[request.param]}") as dovecot:
        yield dovecot


def _copies_exactly(account: Account) -> None:
    twin = Mail(b"Subject: twin without an id\r\n\r\nsame\r\n")
    with account.source_filler() as filler:
        filler.fill(Letters("plain"), 80)
        filler.append(("INBOX",), [twin, twin])
    assert account.run(1).tally == Tally(copied=82)
    assert account.source().messages() == account.destination().messages()
    with account.source_filler() as filler:
        filler.append(("INBOX",), [Mail(b"Subject: new\r\n\r\n")])
        filler.store(("INBOX",), [1, 2], "+FLAGS", "\\Flagged", "Changed")
    again = account.run(2)
    assert again.tally == Tally(copied=1, adopted=82)
    assert again.flags_changed == 2
    assert account.source().messages() == account.destination().messages()


def test_as_destination(server: Dovecot, dovecot_source: Dovecot, fresh_user: Callable[[], str]) -> None:
    _copies_exactly(Account(dovecot_source, server, fresh_user()))


def test_as_source(server: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]) -> None:
    _copies_exactly(Account(server, dovecot_destination, fresh_user()))
