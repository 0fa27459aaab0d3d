"""Which mail servers a domain has now."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import dns.exception
import dns.resolver

from trasloco.engine.dns_questions import LIFETIME, resolver

AT_ONCE = 20


def current_mx(domain: str) -> tuple[str, ...] | None:
    """Hosts in the order of their preference, () when there is none; None when nobody could be asked."""
    try:
        answer = resolver(dns.resolver.Resolver).resolve(domain, "MX", lifetime=LIFETIME)
    except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
        return ()
    except (dns.exception.DNSException, OSError, ValueError):
        return None
    return tuple(record.exchange.to_text(omit_final_dot=True) for record in sorted(answer, key=lambda record: record.preference))


def current_mx_of(domains: Sequence[str]) -> list[tuple[str, tuple[str, ...] | None]]:
    """Several at once, in their order: names that nobody answers for cost the time of one."""
    if not domains:
        return []
    with ThreadPoolExecutor(min(len(domains), AT_ONCE)) as lookups:
        return list(zip(domains, lookups.map(current_mx, domains), strict=True))
