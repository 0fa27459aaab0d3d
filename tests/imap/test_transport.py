from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest

from tests.imap.conftest import endpoint_of, script
from trasloco.imap.client import connect
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.endpoint import Endpoint, Security, Trust
from trasloco.imap.errors import (
    ConnectFailed,
    ConnectionLost,
    DeadlineExceeded,
    NotImap,
    ProtocolViolation,
    TlsFailed,
)
from trasloco.testing.certificates import Certificate
from trasloco.testing.scripted_server import ScriptedServer

GREETING = "S: * OK [CAPABILITY IMAP4rev1] ready"


def server_context(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    return context


# -- TCP and the greeting


async def test_a_closed_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(ConnectFailed) as failure:
        await connect(Endpoint("localhost", port, Security.PLAIN, address="127.0.0.1"))
    assert failure.value.reason == "refused"
    assert f"127.0.0.1 port {port}" in str(failure.value)


async def test_an_unknown_name() -> None:
    with pytest.raises(ConnectFailed) as failure:
        await connect(Endpoint("no such host.invalid", 143, Security.PLAIN))
    assert failure.value.reason == "unknown-host"


async def test_what_was_not_sent_yet_is_dropped_with_the_connection() -> None:
    """Half an APPEND that the system still holds must not reach the server behind the next attempt's back."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        loop = asyncio.get_running_loop()
        opening = asyncio.create_task(connect(Endpoint("localhost", listener.getsockname()[1], Security.PLAIN, address="127.0.0.1")))
        server, _ = await asyncio.to_thread(listener.accept)
        with server:
            await asyncio.to_thread(server.sendall, b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
            client = await opening
            client.append(b"INBOX")
            client.abort()
            await asyncio.sleep(0.01)
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(loop.run_in_executor(None, server.recv, 1), 5)


async def test_nobody_accepts() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as deaf:
        port = deaf.getsockname()[1]
        full = [socket.socket() for _ in range(4)]
        try:
            for filler in full:
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            with pytest.raises(ConnectFailed) as failure:
                await connect(Endpoint("localhost", port, Security.PLAIN, address="127.0.0.1"), deadlines=Deadlines(connect=0.2))
            assert failure.value.reason == "timeout"
        finally:
            for filler in full:
                filler.close()


async def test_too_many_connections() -> None:
    async with ScriptedServer(script("greeting_bye")) as server:
        with pytest.raises(ConnectionLost, match="Too many connections from your address") as failure:
            await connect(endpoint_of(server))
        assert failure.value.bye is not None
        assert failure.value.bye.code == "UNAVAILABLE"


async def test_no_imap_server() -> None:
    async with ScriptedServer(script("not_imap")) as server:
        with pytest.raises(NotImap, match=r"220 mx\.example\.org ESMTP Postfix"):
            await connect(endpoint_of(server))


@pytest.mark.parametrize("line", ["S: * 12 EXISTS", "S: * NO go away", "S: *"])
async def test_no_greeting(line: str) -> None:
    async with ScriptedServer(line) as server:
        with pytest.raises(NotImap):
            await connect(endpoint_of(server))


async def test_a_server_that_never_speaks() -> None:
    async with ScriptedServer(script("silent")) as server:
        with pytest.raises(DeadlineExceeded) as failure:
            await connect(endpoint_of(server), deadlines=Deadlines(greeting=0.1))
        assert failure.value.name == "greeting"


async def test_a_server_that_closes_at_once() -> None:
    async with ScriptedServer("close") as server:
        with pytest.raises(ConnectionLost, match="during the greeting"):
            await connect(endpoint_of(server))


# -- TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate.make(tmp_path, self_signed=False)


async def test_a_trusted_certificate(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.ca_file))
    async with ScriptedServer(GREETING, tls=server_context(certificate), implicit=True) as server:
        client = await connect(endpoint_of(server, Security.IMPLICIT))
        assert client.fingerprint == certificate.fingerprint
        client.abort()
    async with ScriptedServer(script("starttls"), tls=server_context(certificate)) as server:
        client = await connect(endpoint_of(server, Security.STARTTLS))
        assert client.fingerprint == certificate.fingerprint
        assert list(client.capabilities) == ["AUTH=PLAIN", "IMAP4REV1"]
        client.abort()


@pytest.mark.parametrize(
    ("names", "expired", "trusted", "reason"),
    [
        (("localhost",), False, False, "not-trusted"),
        (("mx.example.org",), False, True, "wrong-name"),
        (("localhost",), True, True, "expired"),
    ],
)
async def test_certificates_that_do_not_verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], expired: bool, trusted: bool, reason: str
) -> None:
    certificate = Certificate.make(tmp_path, self_signed=False, names=names, expired=expired)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.ca_file))
    async with ScriptedServer(GREETING, tls=server_context(certificate), implicit=True) as server:
        with pytest.raises(TlsFailed) as failure:
            await connect(endpoint_of(server, Security.IMPLICIT))
        assert failure.value.reason == reason


async def test_a_pinned_certificate(certificate: Certificate) -> None:
    async with ScriptedServer(GREETING, tls=server_context(certificate), implicit=True) as server:
        first = await connect(endpoint_of(server, Security.IMPLICIT, trust=Trust.PIN))
        assert first.fingerprint == certificate.fingerprint
        second = await connect(endpoint_of(server, Security.IMPLICIT, trust=Trust.PIN, fingerprint=first.fingerprint))
        with pytest.raises(TlsFailed, match="not the one that was pinned") as failure:
            await connect(endpoint_of(server, Security.IMPLICIT, trust=Trust.PIN, fingerprint="00" * 32))
        assert failure.value.reason == "pin-changed"
        first.abort()
        second.abort()


async def test_plain_text_on_a_tls_port() -> None:
    async with ScriptedServer(GREETING) as server:
        with pytest.raises(TlsFailed, match="does not speak TLS on this port") as failure:
            await connect(endpoint_of(server, Security.IMPLICIT))
        assert failure.value.reason == "handshake"


async def test_a_handshake_that_never_ends() -> None:
    async with ScriptedServer("wait 30") as server:
        with pytest.raises(DeadlineExceeded) as failure:
            await connect(endpoint_of(server, Security.IMPLICIT), deadlines=Deadlines(tls=0.2))
        assert failure.value.name == "tls"


@pytest.mark.parametrize("name", ["starttls_missing", "starttls_preauth"])
async def test_starttls_is_never_skipped(name: str) -> None:
    async with ScriptedServer(script(name)) as server:
        with pytest.raises(TlsFailed) as failure:
            await connect(endpoint_of(server, Security.STARTTLS))
        assert failure.value.reason == "starttls-missing"


async def test_what_is_injected_behind_starttls() -> None:
    async with ScriptedServer(script("starttls_injection")) as server:
        with pytest.raises(ProtocolViolation, match="behind its OK to STARTTLS"):
            await connect(endpoint_of(server, Security.STARTTLS))


async def test_a_cancelled_connect_leaves_nothing_open() -> None:
    async with ScriptedServer(script("silent")) as server:
        task = asyncio.create_task(connect(endpoint_of(server)))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
