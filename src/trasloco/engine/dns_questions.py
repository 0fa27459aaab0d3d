"""Questions to the name server of TRASLOCO_DNS ("host:port"), or to the one this machine uses.

An answer is a list, [] when the name or the record does not exist, None when nobody could be asked.
"""

from __future__ import annotations

import asyncio
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


async def addresses(host: str) -> list[str] | None:
    """A and AAAA of a name."""
    answers = await asyncio.gather(ask(host, "A"), ask(host, "AAAA"))
    known = [records for records in answers if records is not None]
    return [record.address for records in known for record in records] if known else None


async def ask(name: str, kind: str) -> list[Any] | None:
    """The records of one kind, as dnspython has them."""
    try:
        return list(await resolver(dns.asyncresolver.Resolver).resolve(name, kind, lifetime=LIFETIME))
    except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
        return []
    except (dns.exception.DNSException, OSError, ValueError):
        return None
