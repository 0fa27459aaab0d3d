"""What servers say when it is too much, in the words that were seen."""

from __future__ import annotations

import pytest

from trasloco.engine.account import Side
from trasloco.engine.classify import ENOUGH_FOR_TODAY, explain
from trasloco.engine.failure import Retry, SideName
from trasloco.engine.pace import DAY_LIMIT
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.errors import CommandFailed, ConnectionLost, LoginRefused
from trasloco.imap.sasl import Credentials
from trasloco.imap.values import Kind, StatusText
from trasloco.secret import Secret

CREDENTIALS = Credentials("anna@old.example", Secret("x"))
SOURCE = Side(SideName.SOURCE, Endpoint("imap.old.example", 993, Security.IMPLICIT), CREDENTIALS)
DESTINATION = Side(SideName.DESTINATION, Endpoint("mx.new.example", 993, Security.IMPLICIT), CREDENTIALS)

THROTTLING = [
    StatusText(Kind.NO, "", b"", "Request is throttled. Suggested Backoff Time: 299961 milliseconds"),
    StatusText(Kind.BAD, "", b"", "Request is throttled. Suggested Backoff Time: 178755 milliseconds"),
    StatusText(Kind.NO, "ALERT", b"", "Too many simultaneous connections. (Failure)"),
    StatusText(Kind.NO, "LIMIT", b"", "UID FETCH Rate limit hit."),
    StatusText(Kind.NO, "THROTTLED", b"", "slow down"),
    StatusText(Kind.BYE, "", b"", "Maximum number of connections from user+IP exceeded"),
]


@pytest.mark.parametrize("status", THROTTLING, ids=lambda status: status.words[:24])
def test_too_much_is_heard_as_such_and_tried_later(status: StatusText) -> None:
    for error in (CommandFailed(status, "UID FETCH"), LoginRefused(status, "LOGIN"), ConnectionLost("reading", status)):
        failure = explain(error, SOURCE, "reading messages", folder="INBOX")
        assert failure.throttled
        assert failure.retry is Retry.LATER
        assert failure.code in ("server-busy", "login-later")


@pytest.mark.parametrize("words", ["service temporarily unavailable", "Session expired, please login again", "try again later"])
def test_busy_for_another_reason_is_no_signal_to_slow_down(words: str) -> None:
    failure = explain(CommandFailed(StatusText(Kind.NO, "", b"", words), "UID FETCH"), SOURCE, "reading messages")
    assert failure.retry is Retry.LATER
    assert not failure.throttled


def test_the_time_that_the_server_names_is_kept_to_the_millisecond() -> None:
    failure = explain(CommandFailed(THROTTLING[0], "UID FETCH"), SOURCE, "reading messages")
    assert failure.after == 299.961


def test_the_bytes_of_a_day_are_asked_for_again_every_hour() -> None:
    status = StatusText(Kind.NO, "OVERQUOTA", b"", "Account exceeded command or bandwidth limits. (Failure)")
    failure = explain(CommandFailed(status, "UID FETCH"), SOURCE, "reading messages")
    assert (failure.code, failure.retry, failure.after, failure.throttled) == (DAY_LIMIT, Retry.LATER, ENOUGH_FOR_TODAY, False)
    there = explain(CommandFailed(status, "APPEND"), DESTINATION, "adding messages")
    assert (there.code, there.retry) == ("server-busy", Retry.LATER)


def test_a_full_mailbox_is_not_too_much() -> None:
    full = StatusText(Kind.NO, "OVERQUOTA", b"", "Quota exceeded")
    failure = explain(CommandFailed(full, "APPEND"), DESTINATION, "adding messages")
    assert (failure.code, failure.retry, failure.throttled) == ("over-quota", Retry.NEVER, False)


@pytest.mark.parametrize(
    "words",
    [
        "Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your account for IMAP access.",
        "IMAP access is disabled for your domain. Please contact your domain administrator",
        "You are yet to enable IMAP for your account. Please contact your administrator",
        "IMAP is disabled for this mailbox",
    ],
)
def test_imap_that_is_switched_off_is_no_wrong_password(words: str) -> None:
    failure = explain(LoginRefused(StatusText(Kind.NO, "ALERT", b"", words), "LOGIN"), SOURCE, "signing in")
    assert (failure.code, failure.retry) == ("imap-switched-off", Retry.NEVER)
    assert words in failure.words


@pytest.mark.parametrize("words", ["LOGIN invalid credentials or IMAP is disabled", "Invalid login or password", "Authentication failed."])
def test_a_server_that_does_not_say_which_has_refused_the_login(words: str) -> None:
    failure = explain(LoginRefused(StatusText(Kind.NO, "AUTHENTICATIONFAILED", b"", words), "LOGIN"), SOURCE, "signing in")
    assert failure.code == "login-refused"
