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
    ],
)
def test_the_choice(offered: str, chosen: list[str]) -> None:
    assert [method.name for method in sasl.methods(ANNA, Capabilities(offered.split()))] == chosen


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
