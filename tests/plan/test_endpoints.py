from __future__ import annotations

import pytest

from trasloco.imap.endpoint import Endpoint, Security, Trust
from trasloco.plan.endpoints import EndpointError, ServerError, destination_url, is_address, parse_server, source_endpoint


@pytest.mark.parametrize("trust", ["verify", "pin"])
@pytest.mark.parametrize(
    ("port", "starttls", "expected", "security"),
    [
        (None, False, 993, Security.IMPLICIT),
        (None, True, 143, Security.STARTTLS),
        (993, False, 993, Security.IMPLICIT),
        (143, False, 143, Security.STARTTLS),
        (143, True, 143, Security.STARTTLS),
        (993, True, 993, Security.STARTTLS),
        (10993, False, 10993, Security.IMPLICIT),
        (10143, True, 10143, Security.STARTTLS),
    ],
)
def test_tls_is_never_left_out(trust: str, port: int | None, starttls: bool, expected: int, security: Security) -> None:
    endpoint = source_endpoint("mail.example.net", port, tls=trust, starttls=starttls)
    assert endpoint == Endpoint("mail.example.net", expected, security, Trust(trust))


@pytest.mark.parametrize(("port", "expected"), [(None, 143), (143, 143), (993, 993), (1143, 1143)])
def test_plain_text_only_when_told(port: int | None, expected: int) -> None:
    assert source_endpoint("h", port, tls="off", starttls=False) == Endpoint("h", expected, Security.PLAIN)


@pytest.mark.parametrize(
    ("port", "tls", "starttls"), [(None, "off", True), (0, "verify", False), (65536, "pin", False), (None, "maybe", False)]
)
def test_what_cannot_be_meant_is_refused(port: int | None, tls: str, starttls: bool) -> None:
    with pytest.raises(EndpointError):
        source_endpoint("h", port, tls=tls, starttls=starttls)


@pytest.mark.parametrize(
    ("url", "tls", "starttls", "host", "port", "security", "login"),
    [
        ("imaps://mx.example.net", "verify", False, "mx.example.net", 993, Security.IMPLICIT, ""),
        ("IMAPS://mx.example.net/", "pin", False, "mx.example.net", 993, Security.IMPLICIT, ""),
        (" imaps://mx.example.net:10993 ", "verify", False, "mx.example.net", 10993, Security.IMPLICIT, ""),
        ("imaps://anna@mx.example.net", "verify", False, "mx.example.net", 993, Security.IMPLICIT, "anna"),
        ("imaps://anna@example.net@mx.example.net:994", "verify", False, "mx.example.net", 994, Security.IMPLICIT, "anna@example.net"),
        ("imaps://anna%40example.net@[2001:db8::1]", "verify", False, "2001:db8::1", 993, Security.IMPLICIT, "anna@example.net"),
        ("imaps://D%5Canna%3A1%20%C3%BC@mx", "verify", False, "mx", 993, Security.IMPLICIT, "D\\anna:1 ü"),
        ("imaps://a/b@mx", "verify", False, "mx", 993, Security.IMPLICIT, "a/b"),
        ("imaps://[2001:db8::1]:10993", "verify", False, "2001:db8::1", 10993, Security.IMPLICIT, ""),
        ("imap://anna@127.0.0.1:1143", "off", False, "127.0.0.1", 1143, Security.PLAIN, "anna"),
        ("imap://127.0.0.1", "off", False, "127.0.0.1", 143, Security.PLAIN, ""),
        ("imap://mx.example.net", "verify", True, "mx.example.net", 143, Security.STARTTLS, ""),
        ("imap://mx.example.net:1143", "pin", True, "mx.example.net", 1143, Security.STARTTLS, ""),
    ],
)
def test_urls(url: str, tls: str, starttls: bool, host: str, port: int, security: Security, login: str) -> None:
    endpoint, found = destination_url(url, tls=tls, starttls=starttls)
    assert (endpoint.host, endpoint.port, endpoint.security, found) == (host, port, security, login)


@pytest.mark.parametrize(
    ("url", "tls", "starttls", "words"),
    [
        ("mx.example.net", "verify", False, "imaps://host"),
        ("imaps:mx.example.net", "verify", False, "imaps://host"),
        ("https://mx.example.net", "verify", False, "https:// is not"),
        ("imap://mx.example.net", "verify", False, "plain text"),
        ("imap://mx.example.net:993", "pin", False, "write imaps://"),
        ("imaps://mx.example.net", "off", False, "--tls off forbids"),
        ("imaps://mx.example.net", "verify", True, "--starttls begins without"),
        ("imap://mx.example.net", "off", True, "leave one of them out"),
        ("imaps://mx.example.net:143", "verify", False, "Port 143"),
        ("imaps://", "verify", False, "server is missing"),
        ("imaps://anna@", "verify", False, "server is missing"),
        ("imaps://mx.example.net/INBOX", "verify", False, "not a host name"),
        ("imaps://mx.example.net:imap", "verify", False, "not a port"),
        ("imaps://%FF@mx.example.net", "verify", False, "UTF-8"),
        ("imaps://2001:db8::zz", "verify", False, "not an IPv6 address"),
    ],
)
def test_wrong_urls_say_what_to_write(url: str, tls: str, starttls: bool, words: str) -> None:
    with pytest.raises(EndpointError) as caught:
        destination_url(url, tls=tls, starttls=starttls)
    assert words in str(caught.value)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(EndpointError) as caught:
        destination_url("imaps://anna:hunter2@mx.example.net", tls="verify", starttls=False)
    assert "hunter2" not in str(caught.value)
    assert "files" in str(caught.value)


def test_literal_addresses_are_told_from_names() -> None:
    assert is_address("192.0.2.1")
    assert is_address("2001:db8::1")
    assert not is_address("mail.example.net")


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0X7F.0.0.1",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "0x7f.1",
        "127.0.0.1.",
        "127.0.0.1..",
        "256.0.0.1",
        "１２７.０.０.１",
        "127。0。0。1",
        "127．0．0．1",
        "127｡0｡0｡1",
        "①②⑦.⓪.⓪.①",
        "mail.example.org.1",
        "mail.0x7f",
    ],
)
def test_an_address_has_one_spelling(host: str) -> None:
    if host == "127.0.0.1.":
        assert parse_server(host) == ("127.0.0.1", None)
        return
    with pytest.raises(ServerError, match="not an IPv4 address"):
        parse_server(host)


@pytest.mark.parametrize(
    "host", ["local\u200bhost", "localhost%2e", "%31%32%37.0.0.1", "local\u00adhost", "user@127.0.0.1", "127.0.0.1/24", "a\\b"]
)
def test_what_is_no_name(host: str) -> None:
    with pytest.raises(ServerError):
        parse_server(host)
