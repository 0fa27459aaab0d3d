from __future__ import annotations

import ssl
from collections.abc import Callable

import pytest

from trasloco.sources.web_page import MOST_REDIRECTS, NoPage, WebPages
from trasloco.testing.certificates import Certificate
from trasloco.testing.web_server import Answer, WebServer
from trasloco.testing.zone import Zone

Trusting = Callable[[], ssl.SSLContext]


async def fetched(web: WebServer, trusting: Trusting, url: str = "https://old.example/a", seconds: float = 30, **more: bool) -> bytes:
    return await WebPages(**({"allow_private": True} | more), port=web.port, context=trusting).fetch(url, 100, seconds)


async def test_a_page_comes_from_the_server_of_its_name(zone: Callable[..., Zone], certificate: Certificate, trusting: Trusting) -> None:
    zone()
    with WebServer({"old.example/a": Answer(b"hello")}, certificate) as web:
        assert await fetched(web, trusting, "https://old.example/a?x=y") == b"hello"
        assert [(request.host, request.path) for request in web.requests] == [("old.example", "/a?x=y")]
        assert "cookie" not in web.requests[0].headers


async def test_a_redirection_to_https_is_followed(zone: Callable[..., Zone], certificate: Certificate, trusting: Trusting) -> None:
    zone()
    answers = {"old.example/a": Answer(status=302, headers={"Location": "/b"}), "old.example/b": Answer(b"there")}
    with WebServer(answers, certificate) as web:
        assert await fetched(web, trusting) == b"there"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=302, headers={"Location": "http://old.example/b"}), "does not lead to https"),
        (Answer(status=302, headers={"Location": "https://user:pass@old.example/b"}), "does not lead to https"),
        (Answer(status=302, headers={"Location": "https://[bad/b"}), "ValueError|leads to no URL"),
        (Answer(status=302, headers={"Location": "/a"}), f"more than {MOST_REDIRECTS} redirections"),
        (Answer(status=404), "answers 404"),
        (Answer(b"x" * 101), "larger than 100 bytes"),
        (Answer(status=302, headers={"Location": "https://nowhere.example/"}), "nowhere.example is not known"),
    ],
)
async def test_what_is_no_page(zone: Callable[..., Zone], certificate: Certificate, trusting: Trusting, answer: Answer, words: str) -> None:
    zone()
    with WebServer({"old.example/a": answer}, certificate) as web, pytest.raises(NoPage, match=words):
        await fetched(web, trusting)


async def test_private_addresses_are_not_contacted(zone: Callable[..., Zone], certificate: Certificate, trusting: Trusting) -> None:
    zone({("inside.example", "A"): ["10.0.0.1"]})
    with WebServer({"old.example/a": Answer(b"hello")}, certificate) as web:
        with pytest.raises(NoPage, match=r"127\.0\.0\.1 is a loopback address"):
            await fetched(web, trusting, allow_private=False)
        with pytest.raises(NoPage, match=r"10\.0\.0\.1 is a private address"):
            await fetched(web, trusting, "https://inside.example/", allow_private=False)
        assert not web.requests


async def test_a_redirection_into_the_own_network_is_not_followed(
    zone: Callable[..., Zone], certificate: Certificate, trusting: Trusting
) -> None:
    """Allowed is loopback only in this test; a redirection is held against the same policy as the first address."""
    zone({("zero.example", "A"): ["0.0.0.0"]})
    inside = Answer(status=302, headers={"Location": "https://zero.example/"})
    with WebServer({"old.example/a": inside}, certificate) as web, pytest.raises(NoPage, match="was not contacted"):
        await fetched(web, trusting)


async def test_an_untrusted_certificate_is_no_page(zone: Callable[..., Zone], certificate: Certificate) -> None:
    zone()
    with WebServer({"old.example/a": Answer(b"hello")}, certificate) as web, pytest.raises(NoPage, match="cannot be trusted"):
        await fetched(web, ssl.create_default_context)


async def test_a_silent_server_is_not_waited_for(zone: Callable[..., Zone], certificate: Certificate, trusting: Trusting) -> None:
    zone()
    with WebServer({"old.example/a": Answer(b"hello", seconds=60)}, certificate) as web, pytest.raises(NoPage, match="no answer"):
        await fetched(web, trusting, seconds=0.5)


async def test_a_closed_port_is_no_page(zone: Callable[..., Zone], trusting: Trusting) -> None:
    zone()
    with pytest.raises(NoPage, match="no answer from its web server"):
        await WebPages(True, 1, trusting).fetch("https://old.example/a", 100)
