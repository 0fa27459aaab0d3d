"""Servers of domains that Thunderbird's database knows, as data (``thunderbird.toml``): asked where our own presets know nothing.

The facts are read once and checked, so that a wrong file fails at the first use and names the paragraph.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from trasloco.plan.autoconfig import NamedServer
from trasloco.plan.endpoints import IMAPS_PORT, EndpointError, parse_server
from trasloco.plan.providers import LOGINS

_KEYS = {"host", "port", "starttls", "login", "domains", "mx"}


def server_of_domain(domain: str) -> NamedServer | None:
    """The server of addresses that end in ``domain`` (ASCII)."""
    wanted = domain.casefold().rstrip(".")
    facts = _by_domain().get(wanted)
    return _server(facts, wanted) if facts else None


def server_of_mx(host: str, domain: str) -> NamedServer | None:
    """The server of a ``domain`` whose MX names ``host``."""
    wanted = host.casefold().rstrip(".")
    for facts in _paragraphs().values():
        if any(wanted == end or wanted.endswith(f".{end}") for end in facts.get("mx", ())):
            return _server(facts, domain.casefold().rstrip("."))
    return None


@cache
def _by_domain() -> Mapping[str, Mapping[str, Any]]:
    return {domain: facts for facts in _paragraphs().values() for domain in facts["domains"]}


@cache
def _paragraphs() -> Mapping[str, Mapping[str, Any]]:
    """Raises ValueError for a wrong data file."""
    text = resources.files("trasloco.plan").joinpath("thunderbird.toml").read_text("utf-8")
    found: Mapping[str, Mapping[str, Any]] = tomllib.loads(text)
    known: set[str] = set()
    for name, facts in found.items():
        domains = facts.get("domains", [])
        if not domains or set(facts) - _KEYS or known & set(domains) or facts.get("login", "address") not in LOGINS:
            raise ValueError(f"thunderbird.toml: the paragraph {name} has a wrong key, no domain, or one that stands twice")
        known |= set(domains)
        try:
            parse_server(str(_server(facts, domains[0]).host))
        except EndpointError as error:
            raise ValueError(f"thunderbird.toml: {name}: {error}") from error
    return found


def _server(facts: Mapping[str, Any], domain: str) -> NamedServer:
    host = str(facts.get("host", "")).replace("{domain}", domain)
    return NamedServer(host, int(facts.get("port", IMAPS_PORT)), bool(facts.get("starttls", False)), str(facts.get("login", "address")))
