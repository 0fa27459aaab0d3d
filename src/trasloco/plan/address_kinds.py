"""What kind of address this is, when it is none of a server on the internet: the ranges of the IANA special-purpose
registries (RFC 6890) and the metadata services of clouds, also where IPv6 carries an IPv4 address inside:
IPv4-mapped and -compatible (RFC 4291), 6to4 (RFC 3056), NAT64 (RFC 6052, RFC 8215), Teredo (RFC 4380),
ISATAP (RFC 5214).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from trasloco.sentence import sentence as _

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_V4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), words)
    for network, words in (
        ("0.0.0.0/8", _("an unspecified address (this host)")),
        ("10.0.0.0/8", _("a private address")),
        ("100.64.0.0/10", _("an address of a carrier's own network (CGNAT)")),
        ("127.0.0.0/8", _("a loopback address")),
        ("169.254.0.0/16", _("a link-local address")),
        ("172.16.0.0/12", _("a private address")),
        ("192.0.0.0/24", _("an address reserved for protocols")),
        ("192.0.2.0/24", _("an address reserved for documentation")),
        ("192.88.99.0/24", _("an address of a 6to4 relay")),
        ("192.168.0.0/16", _("a private address")),
        ("198.18.0.0/15", _("an address reserved for benchmarks")),
        ("198.51.100.0/24", _("an address reserved for documentation")),
        ("203.0.113.0/24", _("an address reserved for documentation")),
        ("224.0.0.0/4", _("a multicast address")),
        ("255.255.255.255/32", _("the broadcast address")),
        ("240.0.0.0/4", _("a reserved address")),
    )
)
_V6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), words)
    for network, words in (
        ("::/128", _("an unspecified address (this host)")),
        ("::1/128", _("a loopback address")),
        ("100::/64", _("an address that discards everything")),
        ("2001:db8::/32", _("an address reserved for documentation")),
        ("3fff::/20", _("an address reserved for documentation")),
        ("5f00::/16", _("an address reserved for segment routing")),
        ("fc00::/7", _("a private address")),
        ("fe80::/10", _("a link-local address")),
        ("fec0::/10", _("a site-local address")),
        ("ff00::/8", _("a multicast address")),
    )
)
_METADATA: tuple[Network, ...] = (
    IPv4Network("169.254.169.254/32"),  # Amazon, Google, Microsoft, Oracle, DigitalOcean, OpenStack
    IPv4Network("169.254.170.0/23"),  # Amazon's containers: .2 and .23
    IPv4Network("168.63.129.16/32"),  # Microsoft's wire server: of the public range, and of no use outside
    IPv4Network("100.100.100.200/32"),  # Alibaba
    IPv4Network("192.0.0.192/32"),  # Oracle
    IPv6Network("fd00:ec2::/64"),  # Amazon
    IPv6Network("fd20:ce::254/128"),  # Google
)
_GLOBAL = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_PROTOCOLS = IPv6Network("2001::/23")


def kind_of(address: Address) -> str | None:
    """What it is, in words ("a private address"); None = an address of the internet."""
    if metadata(address):
        return _("an address of a cloud's metadata service")
    return _special(address)


def never_a_server(address: Address) -> bool:
    """No server can have it, whatever is allowed: unspecified, multicast, broadcast."""
    return any(item.is_multicast or item.is_unspecified or str(item) == "255.255.255.255" for item in _both(address))


def metadata(address: Address) -> bool:
    """Is it where a cloud tells its machines their secrets?"""
    return any(item in network for item in _both(address) for network in _METADATA if item.version == network.version)


def _both(address: Address) -> tuple[Address, ...]:
    """The address, and the IPv4 address inside it."""
    inner = embedded(address)
    return (address,) if inner is None else (address, inner)


def _special(address: Address) -> str | None:
    if isinstance(address, IPv4Address):
        return next((words for network, words in _V4 if address in network), None)
    reason = next((words for network, words in _V6 if address in network), None)
    if reason:
        return reason
    inner = embedded(address)
    if inner is not None:
        inside = _special(inner)
        return _("%(why)s, %(address)s, inside an IPv6 address", why=inside, address=str(inner)) if inside else _unless_transition(address)
    if address in _PROTOCOLS:
        return _("an address reserved for protocols")
    return None if address in _GLOBAL else _("a reserved address")


def _unless_transition(address: IPv6Address) -> str | None:
    """A public IPv4 address inside: fine where the form is one that is routed, else not."""
    if address in _NAT64_LOCAL:
        return _("an address of a local translator (NAT64)")
    routed = address.ipv4_mapped is not None or address in _NAT64 or address in _GLOBAL
    return None if routed else _("a reserved address")


def embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that a connection to this IPv6 address may end at; None of every other."""
    if isinstance(address, IPv4Address):
        return None
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
