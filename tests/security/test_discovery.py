"""A domain that leads whoever looks for its mail server inside: by its records, by its autoconfig file, by redirections."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Callable
from functools import partial

import pytest
from click.testing import CliRunner

from tests.security.conftest import Door
from tests.security.inside import READABLE
from trasloco.project.commands.discover import discover
from trasloco.sources import discovery
from trasloco.sources.web_page import WebPages
from trasloco.testing.certificates import Certificate
from trasloco.testing.web_server import Answer, WebServer
from trasloco.testing.zone import Zone

OUTSIDE = "127.0.0.2"
"""The one address that is allowed: the stranger's web server is there."""

NAMED = [name for name in READABLE if name.endswith(".example")]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    names = ("old.example", "autoconfig.old.example")
    return Certificate.make(tmp_path_factory.mktemp("certificate"), self_signed=False, names=names)


@pytest.fixture(autouse=True)
def _outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRASLOCO_ALLOW_ADDRESSES", OUTSIDE)


def told() -> str:
    done = CliRunner().invoke(discover, ["anna@old.example"], standalone_mode=False)
    assert done.return_value == 1, done.output
    return done.output


def from_web(monkeypatch: pytest.MonkeyPatch, certificate: Certificate, port: int) -> None:
    """https is at that port, and this authority is trusted."""

    def trusting() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=certificate.ca_file)

    monkeypatch.setattr(discovery, "WebPages", partial(WebPages, port=port, context=trusting))


@pytest.mark.parametrize("name", NAMED)
def test_an_srv_record_leads_nobody_inside(name: str, door: Door, zone: Callable[..., Zone]) -> None:
    zone({("_imaps._tcp.old.example", "SRV"): [f"0 1 {door.port} {name.removesuffix('.')}."]})
    assert "it was not contacted" in told()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "2130706433"])
def test_an_srv_record_with_an_address_for_a_name_leads_nobody_inside(name: str, door: Door, zone: Callable[..., Zone]) -> None:
    zone({("_imap._tcp.old.example", "SRV"): [f"0 1 {door.port} {name}."]})
    assert any(words in told() for words in ("it was not contacted", "is not known"))


def test_the_usual_names_lead_nobody_inside(zone: Callable[..., Zone]) -> None:
    zone({("imap.old.example", "A"): ["127.0.0.1"], ("mail.old.example", "CNAME"): ["inside.example."]})
    assert told().count("it was not contacted (its address is 127.0.0.1)") == 2


@pytest.mark.parametrize("name", [*READABLE, "2130706433", "0x7f000001", "127.1", "①②⑦.⓪.⓪.①"])
def test_an_autoconfig_file_leads_nobody_inside(
    name: str, door: Door, zone: Callable[..., Zone], certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone({("autoconfig.old.example", "A"): [OUTSIDE]})
    server = f"<hostname>{name}</hostname><port>{door.port}</port><socketType>SSL</socketType><username>%EMAILADDRESS%</username>"
    file = f'<clientConfig><emailProvider><incomingServer type="imap">{server}</incomingServer></emailProvider></clientConfig>'
    with WebServer({"/mail/config-v1.1.xml": Answer(file.encode())}, certificate, host=OUTSIDE) as web:
        from_web(monkeypatch, certificate, web.port)
        words = told()
        assert web.requests
    assert "it was not contacted" in words or "names no encrypted IMAP server" in words, words


@pytest.mark.parametrize("name", ["inside.example", "mapped.example", "alias.example", "mixed.example", "inside6.example"])
def test_the_web_server_itself_is_not_inside(
    name: str, door: Door, zone: Callable[..., Zone], certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone({("autoconfig.old.example", "CNAME"): [f"{name}."], ("old.example", "A"): ["127.0.0.1"]})
    from_web(monkeypatch, certificate, door.port)
    assert "autoconfig: it was not contacted (its address is " in told()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirection_leads_inside(
    status: int, door: Door, zone: Callable[..., Zone], certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    redirected(f"https://127.0.0.1:{door.port}/", door, zone, certificate, monkeypatch, status)


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "https://localhost:{port}/",
        "https://[::1]:{port}/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "https://2130706433:{port}/",
        "https://0x7f000001:{port}/",
        "https://0177.0.0.1:{port}/",
        "https://127.1:{port}/",
        "https://１２７.０.０.１:{port}/",
        "https://127。0。0。1:{port}/",
        "https://%31%32%37.0.0.1:{port}/",
        "https://inside.example:{port}/",
        "https://mapped.example:{port}/",
        "https://alias.example:{port}/",
        "https://mixed.example:{port}/",
        "https://old.example@127.0.0.1:{port}/",
        "https://old.example:x@127.0.0.1:{port}/",
        "https://127.0.0.1:{port}\\@old.example/",
        "https://old.example\\@127.0.0.1:{port}/",
        "https://127.0.0.1:{port}#@old.example/",
        "HTTPS://127.0.0.1:{port}/",
        " https://127.0.0.1:{port}/",
        "https:127.0.0.1:{port}/",
        "https:///127.0.0.1:{port}/",
        "gopher://127.0.0.1:{port}/",
        "file:///etc/passwd",
        "https://metadata.example/latest/meta-data/",
        "https://169.254.169.254/latest/meta-data/",
    ],
)
def test_no_spelling_of_a_redirection_leads_inside(
    target: str, door: Door, zone: Callable[..., Zone], certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    redirected(target.format(port=door.port), door, zone, certificate, monkeypatch)


def redirected(
    target: str, door: Door, zone: Callable[..., Zone], certificate: Certificate, monkeypatch: pytest.MonkeyPatch, status: int = 302
) -> None:
    """The file is said to be there; nobody goes."""
    zone({("autoconfig.old.example", "A"): [OUTSIDE], ("old.example", "A"): [OUTSIDE]})
    location = {"Location": target.encode().decode("latin-1")}
    with WebServer({"/mail/config-v1.1.xml": Answer(status=status, headers=location)}, certificate, host=OUTSIDE) as web:
        from_web(monkeypatch, certificate, web.port)
        assert "No IMAP server answers" in told()
        assert web.requests


def test_the_web_server_is_where_it_was_when_it_was_checked(
    zone: Callable[..., Zone], certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = itertools.chain([OUTSIDE], itertools.repeat("127.0.0.1"))
    served = zone({("autoconfig.old.example", "A"): lambda: [next(answers)]})
    with WebServer({}, certificate, host=OUTSIDE) as web, Door("127.0.0.1", web.port) as inside:
        from_web(monkeypatch, certificate, web.port)
        assert "the web server answers 404" in told()
        assert len(web.requests) == served.asked.count(("autoconfig.old.example", "A")) == 1
    assert inside.callers == []


def test_a_proxy_of_the_environment_is_not_asked(
    door: Door, zone: Callable[..., Zone], certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone({("autoconfig.old.example", "A"): [OUTSIDE]})
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{door.port}")
    with WebServer({}, certificate, host=OUTSIDE) as web:
        from_web(monkeypatch, certificate, web.port)
        assert "the web server answers 404" in told()
        assert web.requests


@pytest.mark.parametrize("port", [25, 80, 443, 5432, 8080])
def test_a_record_opens_no_other_port(port: int, zone: Callable[..., Zone], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRASLOCO_ALLOW_PORTS", "")
    zone({("_imaps._tcp.old.example", "SRV"): [f"0 1 {port} imap.old.example."], ("imap.old.example", "A"): [OUTSIDE]})
    assert f"{port} is no usual port of IMAP or POP3" in told()
