"""Name servers of old.example on loopback, each at an address of its own, behind the name server of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack

import pytest

from trasloco.engine import dns_questions
from trasloco.sources import mx_look
from trasloco.testing.zone import Zone

Records = Mapping[tuple[str, str], Sequence[str]]
NameServers = Callable[..., tuple[Zone, list[Zone]]]

NAMES = {("ns1.dns.example", "A"): ["127.0.0.2"], ("ns2.dns.example", "A"): ["127.0.0.3"]}
NS = {("old.example", "NS"): ["ns1.dns.example.", "ns2.dns.example."]}


@pytest.fixture
def name_servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServers]:
    """``name_servers({...}, {...})``: the resolver, and one name server for each, at 127.0.0.2 and so on. world: what the
    resolver knows besides their names. Nobody is waited for long."""
    with ExitStack() as stack:

        def serving(*each: Records, world: Records | None = None) -> tuple[Zone, list[Zone]]:
            resolver = stack.enter_context(Zone({**NAMES, **NS, **(world or {})}))
            found = [
                stack.enter_context(Zone({**NS, **records}, host=f"127.0.0.{number}", port=resolver.port, ttl=3600))
                for number, records in enumerate(each, 2)
            ]
            monkeypatch.setenv("TRASLOCO_DNS", resolver.address)
            monkeypatch.setenv("TRASLOCO_DNS_PORT", str(resolver.port))
            return resolver, found

        monkeypatch.setattr(mx_look, "ASK_SECONDS", (0.2, 0.2))
        monkeypatch.setattr(dns_questions, "LIFETIME", 1.0)
        yield serving
