"""SCRAM against the examples of RFC 5802 section 5 and RFC 7677 section 3."""

from __future__ import annotations

import pytest

from trasloco.imap.scram import MOST_ITERATIONS, Scram, saslprep

SHA_1 = (
    "sha1",
    "fyko+d2lbbFgONRv9qkxdawL",
    b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
    b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
)
SHA_256 = (
    "sha256",
    "rOprNGfwEbeRWgbNEkqO",
    b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
)


@pytest.mark.parametrize(("hash_name", "nonce", "challenge", "final", "proof"), [SHA_1, SHA_256])
def test_the_examples_of_the_rfcs(hash_name: str, nonce: str, challenge: bytes, final: bytes, proof: bytes) -> None:
    login = Scram(hash_name, "user", "pencil", nonce=nonce)
    assert login.first() == b"n,,n=user,r=" + nonce.encode()
    assert login.answer(challenge) == final
    assert login.trouble
    assert login.answer(proof) == b""
    assert login.trouble == ""


def begun(challenge: bytes = SHA_256[2]) -> tuple[Scram, bytes | None]:
    login = Scram("sha256", "user", "pencil", nonce=SHA_256[1])
    return login, login.answer(challenge)


def test_a_server_without_the_password_is_given_up() -> None:
    login, _ = begun()
    assert login.answer(b"v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") is None
    assert "wrong proof" in login.trouble


def test_a_server_that_says_nothing_of_a_proof_is_not_believed() -> None:
    login, final = begun()
    assert final is not None
    assert "did not prove" in login.trouble


def test_the_server_s_own_error_waits_for_its_words() -> None:
    login, _ = begun()
    assert login.answer(b"e=invalid-proof") == b""
    assert login.trouble


@pytest.mark.parametrize(
    "challenge",
    [
        b"",
        b"r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        b"r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",  # nothing of the server's in it
        b"r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096",
        b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=many",
        b"m=x,r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0",
        b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=%d" % (MOST_ITERATIONS + 1),
        b"\xff\xfe",
    ],
)
def test_challenges_that_are_none(challenge: bytes) -> None:
    login, final = begun(challenge)
    assert final is None
    assert login.trouble


def test_a_master_s_login_names_the_mailbox_and_escapes_it() -> None:
    assert Scram("sha256", "ma,ster", "x", "an=na", nonce="N").first() == b"n,a=an=3Dna,n=ma=2Cster,r=N"


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("a\u00a0b", "a b"),
        ("a\u0007", "a\u0007"),
        ("\U0001f511", "\U0001f511"),
    ],
)
def test_saslprep(text: str, prepared: str) -> None:
    assert saslprep(text) == prepared


def test_nothing_secret_is_shown() -> None:
    assert "pencil" not in repr(Scram("sha256", "user", "pencil"))
