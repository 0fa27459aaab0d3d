"""Which mail servers a domain has now, asked of the name server this machine uses (or TRASLOCO_DNS, "host:port")."""

from __future__ import annotations

import os

import dns.exception
import dns.resolver

LIFETIME = 5.0  # seconds for one domain, all tries together


def current_mx(domain: str) -> tuple[str, ...] | None:
    """Hosts in the order of their preference, () when there is none; None when nobody could be asked."""
    try:
        answer = _resolver().resolve(domain, "MX", lifetime=LIFETIME)
    except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
        return ()
    except (dns.exception.DNSException, OSError, ValueError):
        return None
    return tuple(record.exchange.to_text(omit_final_dot=True) for record in sorted(answer, key=lambda record: record.preference))


def _resolver() -> dns.resolver.Resolver:
    named = os.environ.get("TRASLOCO_DNS", "")
    if not named:
        return dns.resolver.Resolver()
    host, _, port = named.rpartition(":")
    found = dns.resolver.Resolver(configure=False)
    found.nameservers, found.port = [host or named], int(port) if host else 53
    return found
