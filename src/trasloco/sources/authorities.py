"""Which name servers answer for a domain, by its zone's own words: their names and their addresses.

Found by the name server of this machine, by walking up from the domain to the name that has NS records. Nothing is asked
of an address that the policy does not allow: a zone may name 127.0.0.1 as its server. Port 53, or that of TRASLOCO_DNS_PORT.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver

from trasloco.engine import dns_questions
from trasloco.plan.address_policy import AddressPolicy
from trasloco.plan.mx_answer import Heard, Silence
from trasloco.sentence import sentence as _

MOST_SERVERS = 13
"""Names of one zone that are looked up; the root itself has no more. What a hostile zone names beyond is left."""

MOST_ADDRESSES = 4  # of one server
LONGEST_DELEGATION = 2 * 86_400  # seconds; what the large top-level domains give


class NoZone(Exception):
    """The servers of a domain cannot be found; str() says why."""


@dataclass(frozen=True, slots=True)
class Delegation:
    """zone: whose servers they are. names: of the servers, in lower case. ttl: seconds for which caches know them."""

    zone: dns.name.Name
    names: tuple[str, ...]
    ttl: int


@dataclass(frozen=True, slots=True)
class Addresses:
    """usable: pairs of server and address, to be asked. unusable: why the others are not."""

    usable: tuple[tuple[str, str], ...]
    unusable: tuple[Heard, ...]


def authority_port() -> int:
    """Where the name servers of domains listen."""
    return int(os.environ.get("TRASLOCO_DNS_PORT") or 53)


async def delegation(domain: dns.name.Name) -> Delegation:
    """The closest name above a domain (or itself) that has NS records. Raises ``NoZone``."""
    name = domain
    while len(name) > 1:
        try:
            answer = await dns_questions.resolver(dns.asyncresolver.Resolver).resolve(name, "NS", lifetime=dns_questions.LIFETIME)
            if answer.canonical_name == name and answer.rrset is not None:
                return Delegation(name, _names(answer.rrset), min(int(answer.rrset.ttl), LONGEST_DELEGATION))
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
            pass
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise NoZone(
                _(
                    "the name server of this machine does not say who answers for %(name)s (%(words)s)",
                    name=text_of(name),
                    words=short(error),
                )
            ) from error
        name = name.parent()
    raise NoZone(_("nobody answers for %(name)s: no name above it has name servers", name=text_of(domain)))


async def addresses_of(names: tuple[str, ...], *, policy: AddressPolicy) -> Addresses:
    """Of each server at most a few addresses; those that must not be contacted are named, not asked."""
    usable: list[tuple[str, str]] = []
    unusable: list[Heard] = []
    found = await asyncio.gather(*(dns_questions.addresses(name) for name in names[:MOST_SERVERS]))
    for name, addresses in zip(names, found, strict=False):
        if not addresses:
            words = _("its address could not be looked up") if addresses is None else _("it has no address")
            unusable.append(Heard(name, "", None, Silence.UNASKED if addresses == [] else Silence.SILENT, words))
        for address in (addresses or [])[:MOST_ADDRESSES]:
            refusal = policy.refusal([address])
            if refusal is None:
                usable.append((name, address))
            else:
                unusable.append(Heard(name, address, None, Silence.UNASKED, _("it was not asked: %(why)s", why=refusal.words)))
    return Addresses(tuple(usable), tuple(unusable))


def text_of(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()


def short(error: BaseException) -> str:
    """One line of what dnspython or the system says."""
    return (str(error) or type(error).__name__).splitlines()[0][:200]


def _names(records: object) -> tuple[str, ...]:
    return tuple(sorted({text_of(record.target) for record in records}))  # type: ignore[attr-defined] # NS records have a target
