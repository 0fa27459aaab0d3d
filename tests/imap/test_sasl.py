from __future__ import annotations

import pytest

from trasloco.imap import sasl
from trasloco.imap.errors import LoginImpossible
from trasloco.imap.sasl import Credentials
from trasloco.imap.values import Capabilities, Kind, StatusText
from trasloco.secret import Secret

ANNA = Credentials("anna", Secret("s3cret"))


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ("AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5", ["PLAIN", "LOGIN", "LOGIN", "CRAM-MD5"]),
        ("", ["LOGIN"]),
        ("AUTH=PLAIN LOGINDISABLED", ["PLAIN"]),
        ("AUTH=CRAM-MD5 LOGINDISABLED", ["CRAM-MD5"]),
        ("AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-256 AUTH=CRAM-MD5 LOGINDISABLED", ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5"]),
        ("AUTH=SCRAM-SHA-256 AUTH=PLAIN", ["PLAIN", "LOGIN", "SCRAM-SHA-256"]),
    ],
)
def test_the_choice(offered: str, chosen: list[str]) -> None:
    assert [method.name for method in sasl.methods(ANNA, Capabilities(offered.split()))] == chosen


def test_without_tls_the_password_is_sent_only_where_it_must_be() -> None:
    offered = Capabilities(["AUTH=PLAIN", "AUTH=SCRAM-SHA-256", "AUTH=CRAM-MD5"])
    names = [method.name for method in sasl.methods(ANNA, offered, encrypted=False)]
    assert names == ["SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5"]
    master = Credentials("master", Secret("x"), authorization="anna")
    assert [method.name for method in sasl.methods(master, offered, encrypted=False)] == ["SCRAM-SHA-256", "PLAIN"]


def test_a_latin_1_password_is_not_given_to_scram() -> None:
    latin = Credentials("anna", Secret("p\xe4ss")).in_latin_1()
    assert latin is not None
    ways = sasl.methods(latin, Capabilities(["AUTH=SCRAM-SHA-256", "AUTH=PLAIN", "LOGINDISABLED"]))
    assert [way.name for way in ways] == ["PLAIN"]


def test_a_master_whose_mailbox_is_asked_for_by_a_command_logs_in_by_any_way() -> None:
    master = Credentials("master", Secret("x"), authorization="anna", acting=sasl.Acting.PROXYAUTH)
    assert [way.name for way in sasl.methods(master, Capabilities())] == ["LOGIN"]


@pytest.mark.parametrize(
    ("credentials", "offered"),
    [
        (ANNA, "LOGINDISABLED AUTH=GSSAPI"),
        (Credentials("master", Secret("x"), authorization="anna"), "AUTH=CRAM-MD5"),
        (Credentials("anna", Secret("token"), oauth=True), "AUTH=PLAIN"),
    ],
)
def test_no_choice(credentials: Credentials, offered: str) -> None:
    with pytest.raises(LoginImpossible):
        sasl.methods(credentials, Capabilities(offered.split()))


def test_a_password_with_nul_goes_by_login() -> None:
    ways = sasl.methods(Credentials("anna", Secret("a\0b")), Capabilities(["AUTH=PLAIN"]))
    assert [way.mechanism for way in ways] == [""]


@pytest.mark.parametrize(
    ("status", "other_way"),
    [
        (StatusText(Kind.BAD, words="Unknown command"), True),
        (StatusText(Kind.BAD, words="Command Error. 10"), True),
        (StatusText(Kind.BAD, words="invalid user or password"), False),
        (StatusText(Kind.BAD, words="User is authenticated but not connected."), False),
        (StatusText(Kind.BAD, words="Request is throttled. Suggested Backoff Time: 299961 milliseconds"), False),
        (StatusText(Kind.BAD, words="Unsupported authentication mechanism"), True),
        (StatusText(Kind.NO, "CANNOT", words="x"), True),
        (StatusText(Kind.NO, words="Unsupported authentication mechanism."), True),
        (StatusText(Kind.NO, words="mechanism not supported"), True),
        (StatusText(Kind.NO, words="[ALERT] Invalid credentials (Failure)"), False),
        (StatusText(Kind.NO, "AUTHENTICATIONFAILED", words="unsupported mechanism"), False),
        (StatusText(Kind.NO, "UNAVAILABLE", words="Temporary authentication failure."), False),
    ],
)
def test_what_lets_us_try_another_way(status: StatusText, other_way: bool) -> None:
    assert sasl.unsupported(status) is other_way


def test_who_it_is() -> None:
    assert ANNA.display == "anna"
    assert Credentials("master", Secret("x"), authorization="anna").display == "anna (by master)"
    assert "s3cret" not in repr(ANNA)


def test_forms_to_hide() -> None:
    forms = sasl.secret_forms(Credentials("anna", Secret('s3"x')))
    assert set(forms) == {'s3"x', 's3\\"x', "AGFubmEAczMieA==", "czMieA=="}
    assert sasl.secret_forms(Credentials("anna", Secret("ab"))) == ()


def test_a_challenge_that_is_none() -> None:
    assert sasl.decode_challenge(b"Ready for literal") == b""
