"""Somebody in between, or a server that is not the one it was: no password goes where it should not, and the failure says why."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.security.test_addresses import check, line
from trasloco.engine.account import Side
from trasloco.engine.failure import SideName
from trasloco.engine.logins import Attempt, try_logins
from trasloco.imap.endpoint import Endpoint, Security, Speech, Trust
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret
from trasloco.testing.certificates import Certificate
from trasloco.testing.scripted_server import ScriptedServer

PASSWORD = "secret1"
GREETING = "S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready"
POP3 = "S: +OK ready"


def server_context(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    return context


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """One that is trusted."""
    made = Certificate.make(tmp_path, self_signed=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.ca_file))
    return made


@pytest.fixture
def said(tmp_path: Path, certificate: Certificate) -> Callable[..., str]:
    """What ``trasloco check`` says of a server that plays this script; it never hears the password."""

    def play(script: str, *options: str, pop3: bool = False, implicit: bool = False, tls: ssl.SSLContext | None = None) -> str:
        async def serve() -> str:
            server = ScriptedServer(script, tls=tls or server_context(certificate), implicit=implicit)
            async with server:
                rows = [line(1, f"{'pop3://' if pop3 else ''}localhost:{server.port}")]
                words = await asyncio.to_thread(check, tmp_path, rows, "--allow-private-addresses", *options)
            assert PASSWORD.encode() not in server.heard
            assert b"LOGIN" not in server.heard
            return words[1]

        return asyncio.run(serve())

    return play


STRIPPED = {
    "the capability is taken out": "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready",
    "it is taken out of the answer": "S: * OK ready\nC: t1 CAPABILITY\nS: * CAPABILITY IMAP4rev1 AUTH=PLAIN\nS: t1 OK done",
    "refused": f"{GREETING}\nC: t1 STARTTLS\nS: t1 NO not now",
    "not known": f"{GREETING}\nC: t1 STARTTLS\nS: t1 BAD unknown command",
    "signed in already": "S: * PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome anna",
}


@pytest.mark.parametrize("script", STRIPPED.values(), ids=STRIPPED)
def test_starttls_that_is_taken_away_is_not_done_without(script: str, said: Callable[..., str]) -> None:
    words = said(script, "--starttls")
    assert "it offers no STARTTLS, so the password would travel in the clear" in words


@pytest.mark.parametrize("script", [f"{POP3}\nC: STLS\nS: -ERR unknown command", f"{POP3}\nC: STLS\nS: -ERR [SYS/PERM] not here"])
def test_stls_neither(script: str, said: Callable[..., str]) -> None:
    words = said(script, "--starttls", pop3=True)
    assert "it offers no STARTTLS, so the password would travel in the clear" in words


IMAP_INJECTED = {
    "in the same packet": f"{GREETING}\nC: t1 STARTTLS\nS-: t1 OK begin<0D><0A>* CAPABILITY IMAP4rev1 AUTH=PLAIN<0D><0A>\nwait 20",
    "half a line": f"{GREETING}\nC: t1 STARTTLS\nS-: t1 OK begin<0D><0A>* CAPA\nwait 20",
    "one byte": f"{GREETING}\nC: t1 STARTTLS\nS-: t1 OK begin<0D><0A>*\nwait 20",
    "an answer to what comes next": f"{GREETING}\nC: t1 STARTTLS\nS-: t1 OK begin<0D><0A>t2 OK fine<0D><0A>t3 OK fine<0D><0A>\nwait 20",
    "a literal": f"{GREETING}\nC: t1 STARTTLS\nS-: t1 OK begin<0D><0A>* OK {{10}}<0D><0A>\nwait 20",
    "very much": f"{GREETING}\nC: t1 STARTTLS\nS-: t1 OK begin<0D><0A>{'* OK more<0D><0A>' * 20000}\nwait 20",
}


@pytest.mark.parametrize("script", IMAP_INJECTED.values(), ids=IMAP_INJECTED)
def test_what_comes_in_clear_behind_the_ok_is_the_end(script: str, said: Callable[..., str]) -> None:
    """CVE-2011-0411 and its kin."""
    assert "sent data behind its OK to STARTTLS" in said(script, "--starttls")


POP3_INJECTED = {
    "in the same packet": f"{POP3}\nC: STLS\nS-: +OK begin<0D><0A>+OK fine<0D><0A>\nwait 20",
    "half a line": f"{POP3}\nC: STLS\nS-: +OK begin<0D><0A>+O\nwait 20",
    "very much": f"{POP3}\nC: STLS\nS-: +OK begin<0D><0A>{'+OK fine<0D><0A>' * 20000}\nwait 20",
}


@pytest.mark.parametrize("script", POP3_INJECTED.values(), ids=POP3_INJECTED)
def test_behind_the_ok_to_stls_too(script: str, said: Callable[..., str]) -> None:
    assert "sent data behind its +OK to STLS" in said(script, "--starttls", pop3=True)


@pytest.mark.parametrize("pop3", [False, True])
def test_what_comes_in_clear_a_little_later_is_no_handshake(pop3: bool, said: Callable[..., str]) -> None:
    begun = f"{POP3}\nC: STLS\nS: +OK begin" if pop3 else f"{GREETING}\nC: t1 STARTTLS\nS: t1 OK begin"
    later = "+OK fine" if pop3 else "* CAPABILITY IMAP4rev1 AUTH=PLAIN"
    words = said(f"{begun}\nwait 0.3\nS: {later}\nwait 20", "--starttls", pop3=pop3)
    assert "the TLS handshake failed" in words or "sent data behind its" in words, words


def test_what_was_told_in_clear_is_forgotten(said: Callable[..., str]) -> None:
    """The way in that was offered before is not offered under TLS."""
    script = """\
S: * OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR] ready
C: t1 STARTTLS
S: t1 OK begin
tls
C: t2 CAPABILITY
S: * CAPABILITY IMAP4rev1 LOGINDISABLED
S: t2 OK done
"""
    assert "LOGINDISABLED" in said(script, "--starttls")


def test_an_answer_in_advance_is_none(said: Callable[..., str]) -> None:
    """Answers sent in clear before anything was asked do not count for the commands of those tags."""
    script = """\
S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready
S: t2 OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] done
S: t3 OK signed in
C: t1 STARTTLS
S: t1 OK begin
tls
C: t2 CAPABILITY
S: * CAPABILITY IMAP4rev1 LOGINDISABLED
S: t2 OK done
"""
    assert "LOGINDISABLED" in said(script, "--starttls")


@pytest.mark.parametrize("options", [("--tls", "off"), ("--starttls",)])
def test_a_login_that_is_disabled_is_not_tried(options: tuple[str, ...], said: Callable[..., str]) -> None:
    plain = "S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready"
    script = plain if "off" in options else f"{plain}\nC: t1 STARTTLS\nS: t1 OK begin\ntls\n{_CAPABILITIES}"
    assert "the server allows no login by password on this connection (LOGINDISABLED)" in said(script, *options)


_CAPABILITIES = "C: t2 CAPABILITY\nS: * CAPABILITY IMAP4rev1 LOGINDISABLED\nS: t2 OK done"


def test_tls_before_1_2_is_refused(certificate: Certificate, said: Callable[..., str]) -> None:
    old = server_context(certificate)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    assert "the TLS handshake failed" in said(GREETING, implicit=True, tls=old)


@pytest.mark.parametrize("options", [(), ("--tls", "pin")])
def test_a_server_without_tls_is_not_spoken_to_in_clear(options: tuple[str, ...], said: Callable[..., str]) -> None:
    assert "the TLS handshake failed (the server does not speak TLS on this port)" in said(GREETING, *options)


# The certificate that is accepted at first sight, and then only that one


def pinned(server: ScriptedServer, fingerprint: str | None = None, number: int = 1, speech: Speech = Speech.IMAP) -> Attempt:
    endpoint = Endpoint("localhost", server.port, Security.IMPLICIT, Trust.PIN, fingerprint=fingerprint, speech=speech)
    side = Side(SideName.SOURCE, endpoint, Credentials(f"anna{number}", Secret(PASSWORD)))
    return Attempt(number, f"anna{number}@example.net", side)


LOOK = "S: * OK [CAPABILITY IMAP4rev1] ready\nC: t1 LOGOUT\nS: * BYE\nS: t1 OK bye"


async def test_it_is_looked_at_once_before_any_password_is_sent(tmp_path: Path) -> None:
    """Of the second certificate nobody gets a password, whichever account comes to it."""
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    first = Certificate.make(tmp_path / "first", self_signed=True)
    second = Certificate.make(tmp_path / "second", self_signed=True)
    context = server_context(first)
    async with ScriptedServer(LOOK, "S: * OK [CAPABILITY IMAP4rev1] ready", tls=context, implicit=True) as server:
        shown = server_context(second)

        def change(_socket: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
            if server.connections:
                _socket.context = shown

        context.sni_callback = change
        tried = await try_logins([pinned(server, number=number) for number in range(1, 9)], allow_private=True, told=lambda one: None)
        assert [one.failure.code if one.failure else "" for one in tried] == ["certificate-changed"] * 8
        assert all(f"expected {first.fingerprint}, got {second.fingerprint}" in one.failure.words for one in tried if one.failure)
        assert PASSWORD.encode() not in server.heard


@pytest.mark.parametrize("speech", [Speech.IMAP, Speech.POP3])
async def test_another_certificate_than_the_pinned_one_gets_no_password(tmp_path: Path, speech: Speech) -> None:
    certificate = Certificate.make(tmp_path, self_signed=True)
    greeting = POP3 if speech is Speech.POP3 else "S: * OK [CAPABILITY IMAP4rev1] ready"
    async with ScriptedServer(greeting, tls=server_context(certificate), implicit=True) as server:
        (tried,) = await try_logins([pinned(server, "ab" * 32, speech=speech)], allow_private=True, told=lambda one: None)
        assert tried.failure is not None
        assert tried.failure.code == "certificate-changed"
        assert PASSWORD.encode() not in server.heard
