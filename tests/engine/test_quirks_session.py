"""Odd logins, back-off and goodbyes: what each means for the account, and that what the server asks for is done."""

from __future__ import annotations

import pytest

from tests.engine.odd_servers import LISTING, TAKEN, OddDestination, OddSource, emptiness, one_message, opening, script
from tests.imap.meets import meets
from trasloco.engine.failure import Retry, Scope
from trasloco.engine.fate import Tally
from trasloco.imap import quirks
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret
from trasloco.testing.dovecot import Dovecot


@pytest.fixture
def odd(dovecot_destination: Dovecot, user: str) -> OddSource:
    return OddSource(dovecot_destination, user)


@meets(quirks.AUTHENTICATED_NOT_CONNECTED)
async def test_authenticated_but_not_connected_is_a_refused_login(odd: OddSource) -> None:
    refusal = "BAD User is authenticated but not connected."
    outcome = await odd.run(
        f'S: * PREAUTH [CAPABILITY IMAP4rev1] hello\nC: t1 LIST "" "*"\nC: t2 LSUB "" "*"\nS: t1 {refusal}\nS: t2 {refusal}\nclose'
    )
    assert outcome.failure is not None
    assert (outcome.failure.code, outcome.failure.scope, outcome.failure.retry) == ("login-refused", Scope.ACCOUNT, Retry.NEVER)
    assert "IMAP is switched off" in outcome.failure.words
    assert odd.pauses == []


@meets(quirks.AUTHENTICATED_NOT_CONNECTED)
async def test_in_the_middle_of_a_run_it_is_waited_out(odd: OddSource) -> None:
    broken = opening(1).replace("S: t4 OK [READ-ONLY] done", "S: t4 NO User is authenticated but not connected.\nclose")
    outcome = await odd.run(broken, one_message() + "close")
    assert outcome.tally == Tally(copied=1)
    assert len(odd.pauses) == 1


@meets(quirks.THROTTLED)
@pytest.mark.parametrize("kind", ["NO", "BAD", "BYE"])
async def test_a_throttled_account_waits_as_long_as_it_is_told(odd: OddSource, kind: str) -> None:
    words = "Request is throttled. Suggested Backoff Time: 29961 milliseconds"
    answer = f"S: * BYE {words}\nclose" if kind == "BYE" else f"S: t5 {kind} {words}\nclose"
    outcome = await odd.run(script(opening(1), LISTING, answer), one_message() + "close")
    assert outcome.tally == Tally(copied=1)
    assert len(odd.pauses) == 1
    assert odd.pauses == [29.961]
    assert len(odd.said("server-busy")) == 1


@meets(quirks.THROTTLED)
async def test_who_has_to_wait_for_minutes_gives_its_place_to_others(odd: OddSource) -> None:
    answer = "S: t5 NO Request is throttled. Suggested Backoff Time: 299961 milliseconds\nclose"
    outcome = await odd.run(script(opening(1), LISTING, answer))
    assert odd.pauses == []
    assert outcome.failure is not None
    assert (outcome.failure.retry, outcome.failure.after) == (Retry.LATER, 299.961)


@meets(quirks.BYE_SAYS_WAIT)
@pytest.mark.parametrize(
    "greeting",
    [
        "S: * BYE [ALERT] Too many simultaneous connections. (Failure)",
        "S: * BYE Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
        "S: * OK [CAPABILITY IMAP4rev1] ready\nC: t1 LOGIN anna secret\nS: * BYE [UNAVAILABLE] come back later",
    ],
)
async def test_a_bye_with_a_reason(odd: OddSource, greeting: str) -> None:
    away = greeting + "\nclose"
    account = OddDestination("anna")
    outcome = await account.run(one_message() + "close", away, away, emptiness() + TAKEN)
    assert (outcome.failure, outcome.tally) == (None, Tally(copied=1))
    assert len(account.pauses) == 2
    assert [entry.action for entry in account.sink.entries].count("login-later") == 2


@meets(quirks.WEB_LOGIN_REQUIRED)
@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        ("NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833", "app password"),
        ("NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754", "in a web browser"),
        ("NO [WEBALERT https://accounts.google.com/signin/continue] Web login required.", "in a web browser"),
        ("NO IMAP access is disabled for this account", "switched on"),
        ("NO [AUTHENTICATIONFAILED] Invalid credentials", "Check how the destination is opened"),
        ("BYE Authentication failed", "Check how the destination is opened"),
    ],
)
async def test_a_refused_login_says_what_to_do(answer: str, advice: str) -> None:
    greeting = "S: * OK [CAPABILITY IMAP4rev1] ready\nC: t1 LOGIN anna secret\n"
    tag = "*" if answer.startswith("BYE") else "t1"
    account = OddDestination("anna")
    outcome = await account.run(one_message() + "close", f"{greeting}S: {tag} {answer}\nclose")
    assert outcome.failure is not None
    code = "imap-switched-off" if "disabled" in answer else "login-refused"
    assert (outcome.failure.code, outcome.failure.retry, account.pauses) == (code, Retry.NEVER, [])
    assert advice in outcome.failure.words
    assert "“" in outcome.failure.words
    assert "secret" not in outcome.failure.words


@meets(quirks.PASSWORD_LATIN_1)
async def test_a_password_in_latin_1_is_the_second_try() -> None:
    def greeting(answer: str, password: str, size: int) -> str:
        return f"S: * OK [CAPABILITY IMAP4rev1 LITERAL+] ready\nC: t1 LOGIN anna {{{size}+}}\nC: {password}\nS: t1 {answer}\nclose\n"

    refusal = "NO [AUTHENTICATIONFAILED] no"
    account = OddDestination("anna", password="s\xfc\xdf")
    outcome = await account.run(one_message() + "close", greeting(refusal, "s\xfc\xdf", 5), greeting(refusal, "s<FC><DF>", 3))
    assert outcome.failure is not None
    assert (outcome.failure.code, account.pauses) == ("login-refused", [])


@pytest.mark.parametrize(("password", "charset"), [("plain", None), ("s\xfc\xdf", "latin-1"), ("z\u0142oty", None)])
def test_what_latin_1_cannot_write_is_tried_once(password: str, charset: str | None) -> None:
    other = Credentials("anna", Secret(password)).in_latin_1()
    assert (other and other.charset) == charset
