"""Which IP addresses a host of a CSV may have: no way into the operator's own network.

A CSV is untrusted input, and a name in it can be made to point anywhere. Refused are the ranges of
the IANA special-purpose registries (RFC 6890), also where IPv6 carries an IPv4 address inside:
IPv4-mapped and -compatible (RFC 4291), 6to4 (RFC 3056), NAT64 (RFC 6052, RFC 8215), Teredo (RFC 4380),
ISATAP (RFC 5214).
"""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

_V4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), words)
    for network, words in (
        ("0.0.0.0/8", "an unspecified address (this host)"),
        ("10.0.0.0/8", "a private address"),
        ("100.64.0.0/10", "an address of a carrier's own network (CGNAT)"),
        ("127.0.0.0/8", "a loopback address"),
        ("169.254.0.0/16", "a link-local address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.0/24", "an address reserved for protocols"),
        ("192.0.2.0/24", "an address reserved for documentation"),
        ("192.88.99.0/24", "an address of a 6to4 relay"),
        ("192.168.0.0/16", "a private address"),
        ("198.18.0.0/15", "an address reserved for benchmarks"),
        ("198.51.100.0/24", "an address reserved for documentation"),
        ("203.0.113.0/24", "an address reserved for documentation"),
        ("224.0.0.0/4", "a multicast address"),
        ("255.255.255.255/32", "the broadcast address"),
        ("240.0.0.0/4", "a reserved address"),
    )
)
_V6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), words)
    for network, words in (
        ("::/128", "an unspecified address (this host)"),
        ("::1/128", "a loopback address"),
        ("100::/64", "an address that discards everything"),
        ("2001:db8::/32", "an address reserved for documentation"),
        ("3fff::/20", "an address reserved for documentation"),
        ("5f00::/16", "an address reserved for segment routing"),
        ("fc00::/7", "a private address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a site-local address"),
        ("ff00::/8", "a multicast address"),
    )
)
_GLOBAL = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_PROTOCOLS = IPv6Network("2001::/23")


def allowed(address: str, *, allow_private: bool = False) -> str | None:
    """Why a server at this address is not contacted, in words; None = it may be.

    address: a literal IPv4 or IPv6 address (a zone after ``%`` is looked through). Anything else is
    refused: a name has to be resolved first. allow_private: the operator's ``--allow-private-addresses``,
    which lets every address pass but the ones no server can have (unspecified, multicast, broadcast)."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f'"{address}" is not an IP address'
    reason = _refusal(parsed)
    if reason is None or (allow_private and not _never(parsed)):
        return None
    return f"{address} is {reason}"


def _never(address: IPv4Address | IPv6Address) -> bool:
    inner = _embedded(address) if isinstance(address, IPv6Address) else None
    return any(item.is_multicast or item.is_unspecified or str(item) == "255.255.255.255" for item in (address, inner) if item)


def _refusal(address: IPv4Address | IPv6Address) -> str | None:
    if isinstance(address, IPv4Address):
        return next((words for network, words in _V4 if address in network), None)
    reason = next((words for network, words in _V6 if address in network), None)
    if reason:
        return reason
    inner = _embedded(address)
    if inner is not None:
        inside = _refusal(inner)
        return f"{inside}, {inner}, inside an IPv6 address" if inside else _unless_transition(address)
    if address in _PROTOCOLS:
        return "an address reserved for protocols"
    return None if address in _GLOBAL else "a reserved address"


def _unless_transition(address: IPv6Address) -> str | None:
    """A public IPv4 address inside: fine where the form is one that is routed, else not."""
    if address in _NAT64_LOCAL:
        return "an address of a local translator (NAT64)"
    routed = address.ipv4_mapped is not None or address in _NAT64 or address in _GLOBAL
    return None if routed else "a reserved address"


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a connection to this IPv6 address may end at."""
    number = int(address)
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64 or address in _NAT64_LOCAL or number >> 32 in {0, 0xFFFF0000} or (number >> 32) & 0xFDFFFFFF == 0x5EFE:
        return IPv4Address(number & 0xFFFFFFFF)  # NAT64, IPv4-compatible, SIIT (RFC 2765), ISATAP
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    return None
