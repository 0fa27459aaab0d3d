"""Stored English, taken apart again and said in Italian."""

from __future__ import annotations

import pytest

from tests.records.test_said import in_italian
from trasloco.engine.account import Side
from trasloco.engine.classify import explain, master_refused
from trasloco.engine.failure import SideName
from trasloco.engine.fate import Tally
from trasloco.engine.tally_words import tally_words
from trasloco.imap import errors
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.sasl import Credentials
from trasloco.imap.values import Kind, StatusText
from trasloco.records.recall import LONGEST, recalled
from trasloco.secret import Secret

pytestmark = pytest.mark.usefixtures("database")  # languages need Django to be set up

CREDENTIALS = Credentials("anna.rossi@old.example", Secret("a-secret-of-hers"))
SIDES = [
    Side(SideName.SOURCE, Endpoint("2001:db8::10", 993, Security.IMPLICIT), CREDENTIALS),
    Side(SideName.DESTINATION, Endpoint("mx.example.net", 143, Security.STARTTLS), CREDENTIALS),
]
ODD = StatusText(Kind.NO, "", b"", "Policy (4; x): no, not now. Ask in: the office while open; it says more")
QUOTA = StatusText(Kind.NO, "OVERQUOTA", b"", "Quota exceeded; 3 copied, 4 moved")
BYE = StatusText(Kind.BYE, "", b"", "Too many connections (x); bye")
ERRORS = [
    errors.ConnectFailed("unknown-host", ""),
    errors.ConnectFailed("refused", ""),
    errors.ConnectFailed("timeout", ""),
    errors.ConnectFailed("unreachable", ""),
    errors.TlsFailed("not-trusted", "self-signed certificate (depth 0)"),
    errors.TlsFailed("wrong-name", "Hostname mismatch"),
    errors.TlsFailed("expired", "certificate has expired"),
    errors.TlsFailed("pin-changed", "expected aa, got bb"),
    errors.TlsFailed("handshake", "wrong version number"),
    errors.TlsFailed("starttls-missing", "STARTTLS is not among its capabilities"),
    errors.NotImap("SSH-2.0: x (y)"),
    errors.NotPop3("220 smtp"),
    errors.LoginImpossible("the server does not prove it"),
    errors.LoginRefused(ODD, "LOGIN"),
    errors.LoginRefused(StatusText(Kind.NO, "UNAVAILABLE", b"", "later"), "LOGIN"),
    errors.CommandFailed(ODD, "SELECT"),
    errors.CommandFailed(QUOTA, "APPEND"),
    errors.CommandFailed(BYE, "FETCH"),
    errors.CommandFailed(StatusText(Kind.NO, "EXPUNGEISSUED", b"", "gone"), "FETCH"),
    errors.ConnectionLost("UID FETCH", BYE),
    errors.ConnectionLost("UID FETCH", None, "Connection reset by peer"),
    errors.ConnectionLost("", None, ""),
    errors.DeadlineExceeded("greeting", 30.0, "the greeting"),
    errors.DeadlineExceeded("trickle", 60.0, "UID FETCH"),
    errors.LimitExceeded("line", "the server sent a line of more than 65536 bytes"),
    errors.LimitExceeded("answer", "the server answers UID FETCH with more than 9 bytes"),
    errors.ProtocolViolation("an atom was expected (at 17): “*”"),
]
OURS = ("could not", "the server", "says", "while ", "Source ", "Destination ", "its certificate", "connection", "tried again", "Check ")


@pytest.mark.parametrize("side", SIDES, ids=["source", "destination"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{type(error).__name__}-{getattr(error, 'reason', '')}")
@pytest.mark.parametrize("folder", ["", "Archiv; 2004: (alt) in “Büro"], ids=["mailbox", "folder"])
def test_each_failure_is_said_in_italian_as_it_was_and_as_it_was_stored(side: Side, error: errors.ImapError, folder: str) -> None:
    for doing in ("signing in", "reading messages"):
        words = explain(error, side, doing, folder=folder.replace("“", "")).words
        stored = in_italian(str(words))
        assert stored == in_italian(words)
        for quoted in (ODD.words, QUOTA.words, BYE.words, "at 17", "SSH-2.0: x (y)"):
            if quoted in words:
                assert quoted in stored
                stored = stored.replace(quoted, "")
        mine = stored.replace("the server does not prove it", "")
        assert [found for found in OURS if found in mine] == []


def test_a_master_login_that_was_tried_in_several_ways_is_said_in_italian() -> None:
    ways = [("by authorization identity", ODD), ("as one name, user*master", BYE)]
    stored = in_italian(str(master_refused(ways, SIDES[1], "anna@example.net", "admin").words))
    assert "con identità di autorizzazione, e il server dice «" in stored
    assert "come nome unico, user*master, e il server dice «" in stored


def test_counts_are_said_one_by_one() -> None:
    text = f"“A, b” -> “A, b; c”: {tally_words(Tally(copied=1200, moved=1, refused=3))}, 17 bytes."
    assert in_italian(text) == "«A, b» -> «A, b; c»: 1.200 copiati, 1 spostati, 3 rifiutati, 17 byte."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[AUTHENTICATIONFAILED] Check login and password",
        "NO while reading messages",
        "Source of all evil: no idea.",
        "the server says “no",
        "%(clause)s; %(rest)s",
    ],
)
def test_what_is_none_of_ours_is_not_recalled(text: str) -> None:
    assert recalled(text) is None
    assert in_italian(text) == text


def test_words_of_a_server_that_look_like_ours_stay_as_they_are() -> None:
    failure = explain(errors.CommandFailed(StatusText(Kind.NO, "", b"", "the bytes differ"), "SELECT"), SIDES[0], "reading messages")
    assert "«NO the bytes differ»" in in_italian(str(failure.words))


@pytest.mark.parametrize(
    "text",
    [
        "Source a: " + ": " * 1500,
        "; ".join(["the bytes differ"] * 180),
        "“a” -> “b”: " + "3 copied, " * 300 + "1 bytes.",
        "((((" * 900,
        "x" * 9999,
    ],
    ids=["colons", "clauses", "counts", "parentheses", "long"],
)
def test_words_made_to_take_long_are_given_up_on(text: str) -> None:
    """Each step looks at one place of the text, and there are at most so many steps: what is counted here, not timed."""
    found = recalled(text[:LONGEST])
    assert found is None or found == text[:LONGEST]
