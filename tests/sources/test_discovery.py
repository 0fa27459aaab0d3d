"""From an address to its server, with names, pages and servers on loopback."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from trasloco.sources import discovery
from trasloco.sources.discovery import Discovery, FoundBy, discover
from trasloco.sources.web_page import WebPages
from trasloco.testing.certificates import Certificate
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.scripted_server import ScriptedServer
from trasloco.testing.web_server import Answer, WebServer
from trasloco.testing.zone import Zone

Trusting = Callable[[], ssl.SSLContext]
GREETS = """
S: * OK [CAPABILITY IMAP4rev1 ID] {0}
C: t1 ID ("name" "Trasloco")
S: * ID ("name" "{1}")
S: t1 OK done
C: t2 LOGOUT
S: t2 OK done
"""


@asynccontextmanager
async def imap_server(certificate: Certificate, greeting: str = "ready", name: str = "Cyrus IMAPD") -> AsyncIterator[ScriptedServer]:
    """Greets over TLS, tells its name, and fails the test when anything like a login is said."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    async with ScriptedServer(GREETS.format(greeting, name), tls=context, implicit=True) as server:
        yield server


@pytest.fixture
def pages(certificate: Certificate, trusting: Trusting) -> WebPages:
    return WebPages(True, 1, trusting)  # nobody listens there


async def found_for(address: str, pages: WebPages) -> Discovery:
    return await discover(address, allow_private=True, pages=pages)


async def test_the_srv_record_leads_to_the_server(zone: Callable[..., Zone], certificate: Certificate, pages: WebPages) -> None:
    async with imap_server(certificate) as server:
        zone({("_imaps._tcp.old.example", "SRV"): [f"0 1 {server.port} imap.old.example."], ("old.example", "MX"): ["1 mx.old.example."]})
        result = await found_for("anna@old.example", pages)
    assert result.found is not None
    assert (result.found.candidate.server.host, result.found.candidate.server.port) == ("imap.old.example", server.port)
    assert result.found.candidate.found_by == "its SRV record"
    assert (result.provider.name, result.found.server_id) == ("cyrus", "Cyrus IMAPD")
    assert "not signed by a trusted authority" in result.found.certificate
    assert dict(result.asked)["MX"] == "mx.old.example: none of the known providers"


async def test_the_autoconfig_file_leads_to_the_server(zone: Callable[..., Zone], certificate: Certificate, trusting: Trusting) -> None:
    zone()
    async with imap_server(certificate, "Gimap ready", "GImap") as server:
        xml = f"""<clientConfig><emailProvider><incomingServer type="imap"><hostname>mail.%EMAILDOMAIN%</hostname>
            <port>{server.port}</port><socketType>SSL</socketType><username>%EMAILLOCALPART%</username></incomingServer>
            </emailProvider></clientConfig>"""
        with WebServer({"autoconfig.old.example/mail/config-v1.1.xml": Answer(xml.encode())}, certificate) as web:
            result = await found_for("anna+x@old.example", WebPages(True, web.port, trusting))
            assert {request.path for request in web.requests if request.host.startswith("auto")} == {
                "/mail/config-v1.1.xml?emailaddress=anna%2Bx%40old.example"
            }
    assert result.found is not None
    assert (result.found.candidate.server.host, result.found.candidate.server.login) == ("mail.old.example", "local part")
    assert result.provider.name == "gmail"


async def test_a_known_domain_and_a_known_mx_are_presets(
    zone: Callable[..., Zone], pages: WebPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_called(candidate: discovery.Candidate, allow_private: bool) -> discovery.Called:
        return discovery.Called(candidate, greeting="as it would be")

    monkeypatch.setattr(discovery, "_call", not_called)
    names = zone({("work.example", "MX"): ["10 work-example.mail.protection.outlook.com."]})
    result = await found_for("anna@gmail.com", pages)
    assert (result.provider.name, names.asked) == ("gmail", [])
    result = await found_for("anna@work.example", pages)
    assert result.found is not None
    assert (result.provider.name, result.found.candidate.server.host) == ("office365", "outlook.office365.com")
    assert result.found.candidate.found_by == "its MX is work-example.mail.protection.outlook.com"


@pytest.mark.parametrize(
    ("address", "records", "host", "login"),
    [
        ("anna@ptd.net", {}, "promail.ptd.net", "local part"),
        ("anna@old.example", {("old.example", "MX"): ["10 www1.your-server.de."]}, "mail.your-server.de", "address"),
    ],
)
async def test_thunderbirds_database_is_asked_before_names_are_guessed(
    zone: Callable[..., Zone],
    pages: WebPages,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    records: dict[tuple[str, str], list[str]],
    host: str,
    login: str,
) -> None:
    async def not_called(candidate: discovery.Candidate, allow_private: bool) -> discovery.Called:
        return discovery.Called(candidate, greeting="as it would be")

    monkeypatch.setattr(discovery, "_call", not_called)
    zone(records)
    result = await found_for(address, pages)
    assert result.found is not None
    server = result.found.candidate.server
    assert (server.host, server.login, result.found.candidate.by) == (host, login, FoundBy.THUNDERBIRD)
    assert dict(result.asked)["Thunderbird's database"] == f"{host}:993"


async def test_a_real_server_is_known_by_its_greeting(zone: Callable[..., Zone], dovecot_source: Dovecot, pages: WebPages) -> None:
    srv = {("_imap._tcp.old.example", "SRV"): [f"0 1 {dovecot_source.port} mail.old.example."]}
    zone(srv | {("_imaps._tcp.old.example", "SRV"): ["0 0 1 imap.old.example.", f"9 0 {dovecot_source.tls_port} imap.old.example."]})
    result = await found_for("anna@old.example", pages)
    assert result.found is not None
    assert (result.provider.name, result.found.candidate.server.port) == ("dovecot", dovecot_source.tls_port)
    assert [item.candidate.server.port for item in result.called] == [1, dovecot_source.tls_port]
    assert "the port is closed" in result.called[0].trouble
    zone(srv)
    result = await found_for("anna@old.example", pages)
    assert result.found is not None
    assert result.found.candidate.server.starttls


async def test_nothing_found_says_what_was_asked(zone: Callable[..., Zone], pages: WebPages) -> None:
    zone()
    result = await found_for("anna@old.example", pages)
    assert result.found is None
    assert [item.candidate.server.host for item in result.called] == ["imap.old.example", "mail.old.example"]
    asked = dict(result.asked)
    assert (asked["MX"], asked["SRV"]) == ("there is none", "there is none")
    assert "no answer from its web server" in asked["autoconfig"]
    assert result.provider.name == "standard"


async def test_a_server_in_a_private_range_is_not_called(zone: Callable[..., Zone], certificate: Certificate) -> None:
    async with imap_server(certificate) as server:
        zone({("_imaps._tcp.old.example", "SRV"): [f"0 1 {server.port} imap.old.example."]})
        result = await discover("anna@old.example")
        assert server.connections == 0
    assert "was not contacted" in result.called[0].trouble


async def test_a_domain_beyond_ascii_is_asked_for_in_idna(zone: Callable[..., Zone], pages: WebPages) -> None:
    names = zone()
    await found_for("anna@müller.example", pages)
    assert ("xn--mller-kva.example", "MX") in names.asked
