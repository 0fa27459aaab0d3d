from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from trasloco.engine.failure import Failure, Retry, SideName
from trasloco.engine.reach import reach
from trasloco.engine.resolve import resolve
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.plan.address_policy import OPERATORS_WORD, AddressPolicy


async def found(host: str, *, allow_private: bool = False, address: str | None = None) -> Endpoint | Failure:
    endpoint = Endpoint(host, 993, Security.IMPLICIT, address=address)
    return await resolve(endpoint, reach(private=allow_private), name=SideName.SOURCE)


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """The name server says these; the test machine has none that could be asked."""

    async def look_up(self: object, host: str, port: int, **options: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)


async def test_an_address_is_its_own_answer() -> None:
    for host in ("8.8.8.8", "2001:4860:4860::8888"):
        endpoint = await found(host)
        assert isinstance(endpoint, Endpoint)
        assert endpoint.address == host


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "169.254.1.1", "::1", "::ffff:127.0.0.1", "fe80::1", "localhost"])
async def test_our_own_network_is_refused_unless_allowed(host: str) -> None:
    failure = await found(host)
    assert isinstance(failure, Failure)
    assert (failure.code, failure.retry) == ("address-not-allowed", Retry.NEVER)
    assert "--allow-private-addresses" in failure.words
    assert isinstance(await found(host, allow_private=True), Endpoint)


async def test_a_multicast_address_is_refused_in_any_case() -> None:
    failure = await found("224.0.0.1", allow_private=True)
    assert isinstance(failure, Failure)
    assert "--allow-private-addresses" not in failure.words


async def test_a_name_that_points_into_our_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "192.168.1.10")
    failure = await found("mail.example.org")
    assert isinstance(failure, Failure)
    assert "192.168.1.10 is a private address" in failure.words


async def test_a_name_that_points_inside_with_one_of_its_addresses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "1.1.1.1", "10.0.0.1")
    failure = await found("mail.example.org")
    assert isinstance(failure, Failure)
    assert "10.0.0.1 is a private address. Write the IP address" in failure.words


async def test_the_first_address_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "1.1.1.1", "8.8.8.8")
    endpoint = await found("mail.example.org")
    assert isinstance(endpoint, Endpoint)
    assert (endpoint.host, endpoint.address) == ("mail.example.org", "1.1.1.1")


async def test_a_pinned_address_is_kept_and_asked_again() -> None:
    endpoint = await found("mail.example.org", address="1.1.1.1")
    assert isinstance(endpoint, Endpoint)
    assert endpoint.address == "1.1.1.1"
    assert isinstance(await found("mail.example.org", address="127.0.0.1"), Failure)


@pytest.mark.parametrize(
    ("number", "code", "retry"), [(socket.EAI_NONAME, "unknown-host", Retry.NEVER), (socket.EAI_AGAIN, "host-not-looked-up", Retry.LATER)]
)
async def test_a_name_server_in_trouble_is_another_matter(monkeypatch: pytest.MonkeyPatch, number: int, code: str, retry: Retry) -> None:
    async def look_up(*words: object, **options: object) -> list[Any]:
        raise socket.gaierror(number, "said the resolver")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
    failure = await found("mail.example.org")
    assert isinstance(failure, Failure)
    assert (failure.code, failure.retry) == (code, retry)
    assert failure.words.startswith("Source mail.example.org:993: the name mail.example.org ")


@pytest.mark.parametrize("host", ["a..example.org", "x" * 64 + ".example.org"])
async def test_what_no_name_can_be_is_unknown(host: str) -> None:
    failure = await found(host)
    assert isinstance(failure, Failure)
    assert failure.code == "unknown-host"


async def test_a_silent_name_server_does_not_hold_us_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look_up(*words: object, **options: object) -> list[Any]:
        await asyncio.sleep(60)
        return []

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
    failure = await resolve(Endpoint("slow.example.org", 993, Security.IMPLICIT), AddressPolicy(), name=SideName.DESTINATION, seconds=0.1)
    assert isinstance(failure, Failure)
    assert failure.code == "host-not-looked-up"
    assert failure.retry is Retry.LATER


async def test_a_port_is_refused_before_its_host_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look_up(*words: object, **options: object) -> list[Any]:
        raise AssertionError("it was looked up")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
    endpoint = Endpoint("mail.example.org", 25, Security.STARTTLS)
    failure = await resolve(endpoint, AddressPolicy(), name=SideName.SOURCE)
    assert isinstance(failure, Failure)
    assert (failure.code, failure.retry) == ("port-not-allowed", Retry.NEVER)
    assert failure.words.startswith(
        "Source mail.example.org:25: it was not contacted: 25 is no usual port of IMAP or POP3 (110, 143, 993, 995)."
    )


async def test_what_the_operator_wrote_may_be_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "10.0.0.1")
    endpoint = await resolve(Endpoint("mail.example.org", 2525, Security.STARTTLS), OPERATORS_WORD, name=SideName.DESTINATION)
    assert isinstance(endpoint, Endpoint)
    assert endpoint.address == "10.0.0.1"
