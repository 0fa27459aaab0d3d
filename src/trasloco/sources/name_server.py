"""Questions to the name server this machine uses, or the one of TRASLOCO_DNS ("host:port").

An answer is a list, [] when the name or the record does not exist, None when nobody could be asked.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
from collections.abc import Callable
from typing import Any, TypeVar

import dns.asyncresolver
import dns.exception
import dns.resolver

LIFETIME = 5.0  # seconds for one question, all tries together

Resolver = TypeVar("Resolver", dns.resolver.Resolver, dns.asyncresolver.Resolver)


def resolver(kind: Callable[..., Resolver]) -> Resolver:
    """A resolver of dnspython, set up for this machine. Raises dns.exception.DNSException, OSError, ValueError."""
    named = os.environ.get("TRASLOCO_DNS", "")
    if not named:
        return kind()
    host, _, port = named.rpartition(":")
    found = kind(configure=False)
    found.nameservers, found.port = [host or named], int(port) if host else 53
    return found


async def mail_servers(domain: str) -> list[str] | None:
    """MX, in the order of their preference."""
    records = await _ask(domain, "MX")
    if records is None:
        return None
    hosts = [record.exchange.to_text(omit_final_dot=True) for record in sorted(records, key=lambda record: record.preference)]
    return [host for host in hosts if host not in (".", "")]  # RFC 7505: this domain takes no mail


async def services(domain: str, service: str) -> list[tuple[str, int]] | None:
    """SRV of ``_imaps._tcp`` or ``_imap._tcp`` (RFC 6186): host and port, best first."""
    records = await _ask(f"{service}.{domain}", "SRV")
    if records is None:
        return None
    best = sorted(records, key=lambda record: (record.priority, -record.weight))
    found = [(record.target.to_text(omit_final_dot=True), record.port) for record in best]
    return [(host, port) for host, port in found if host not in (".", "") and port]  # "." says: not offered here


async def addresses(host: str) -> list[str] | None:
    """A and AAAA of a host; a literal address is its own."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    answers = await asyncio.gather(_ask(host, "A"), _ask(host, "AAAA"))
    known = [records for records in answers if records is not None]
    return [record.address for records in known for record in records] if known else None


async def _ask(name: str, kind: str) -> list[Any] | None:
    try:
        return list(await resolver(dns.asyncresolver.Resolver).resolve(name, kind, lifetime=LIFETIME))
    except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
        return []
    except (dns.exception.DNSException, OSError, ValueError):
        return None
