"""Where a name that strangers wrote may lead: to which addresses, and to which ports.

A CSV is untrusted input, as is what a stranger's DNS and web server answer; and a name can be made to point anywhere. Allowed are
addresses of the internet and the ports of IMAP and POP3, or of https; what the operator allows beside them is given in
ranges. A name all of whose addresses pass is contacted, no other: one that leads inside with one of its answers is not
trusted with the rest.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from trasloco.plan.address_kinds import Address, Network, embedded, kind_of, metadata, never_a_server
from trasloco.sentence import sentence as _

MAIL_PORTS = frozenset({143, 993, 110, 995})
WEB_PORTS = frozenset({443})

Ports = tuple[int, int]
"""The first and the last of a range."""

_SEPARATORS = re.compile(r"[;,\s]+")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody is not contacted. code: "address-not-allowed" or "port-not-allowed". words: "10.0.0.1 is a private address".
    remedy: what to do about it, a clause; "" when nothing can be done. address: the one at fault, "" of a port."""

    code: str
    words: str
    remedy: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """private: private, loopback and link-local addresses too, as of ``--allow-private-addresses``. ranges, ports: allowed
    beside. usual: the ports that need no leave. anywhere: for servers that the operator named himself."""

    private: bool = False
    ranges: tuple[Network, ...] = ()
    ports: tuple[Ports, ...] = ()
    usual: frozenset[int] = MAIL_PORTS
    anywhere: bool = False

    @property
    def web(self) -> AddressPolicy:
        """The same for https: another usual port."""
        return replace(self, usual=WEB_PORTS)

    def port_refusal(self, port: int) -> Refusal | None:
        """Why nothing is contacted on this port; None = it may be."""
        if self.anywhere or port in self.usual or any(first <= port <= last for first, last in self.ports):
            return None
        usual = ", ".join(map(str, sorted(self.usual)))
        remedy = _("Correct the port, or allow it (--allow-ports %(port)s, or TRASLOCO_ALLOW_PORTS in the environment)", port=str(port))
        if self.usual == MAIL_PORTS:
            words = _("%(port)s is no usual port of IMAP or POP3 (%(ports)s)", port=str(port), ports=usual)
        else:
            words = _("%(port)s is no usual port of https (%(ports)s)", port=str(port), ports=usual)
        return Refusal("port-not-allowed", words, remedy)

    def refusal(self, addresses: Sequence[str]) -> Refusal | None:
        """Why a server with these addresses (literal ones, a zone after ``%`` is looked through) is not contacted; None = it may be."""
        for address in addresses:
            if (words := self._words(address)) is not None:
                return Refusal("address-not-allowed", words, self._remedy(address, addresses), address)
        return None

    def _words(self, address: str) -> str | None:
        parsed = _parsed(address)
        if parsed is None:
            return _('"%(address)s" is not an IP address', address=address)
        kind = kind_of(parsed)
        if kind is None or (self._lets(parsed) and not never_a_server(parsed)):
            return None
        return _("%(address)s is %(why)s", address=address, why=kind)

    def _lets(self, address: Address) -> bool:
        if self.anywhere or (self.private and not metadata(address)):
            return True
        inner = embedded(address)
        return any(item in network for item in (address, inner) if item for network in self.ranges if item.version == network.version)

    def _remedy(self, address: str, addresses: Sequence[str]) -> str:
        parsed = _parsed(address)
        if parsed is None or never_a_server(parsed) or self.anywhere:
            return ""
        if any(self._words(other) is None for other in addresses):
            return _("Write the IP address of the server that is meant instead of its name")
        allowed = address.partition("%")[0]
        if metadata(parsed) or self.usual == WEB_PORTS:
            return _(
                "If this server really is your own, allow it (--allow-addresses %(address)s, or TRASLOCO_ALLOW_ADDRESSES "
                "in the environment)",
                address=allowed,
            )
        return _(
            "If this server really is your own, allow it (--allow-addresses %(address)s, or --allow-private-addresses; "
            "in the panel its operator does so under Settings)",
            address=allowed,
        )


OPERATORS_WORD = AddressPolicy(anywhere=True)
"""For what the operator wrote himself: destinations, and both ends of ``trasloco copy``."""


def parse_ranges(text: str) -> tuple[Network, ...]:
    """Addresses and ranges (``10.1.0.0/16``) between semicolons, commas or blanks. Raises ValueError with the one that is none."""
    return tuple(_range(item) for item in _items(text))


def parse_ports(text: str) -> tuple[Ports, ...]:
    """Ports and ranges of them (``2000-2999``), divided in the same way. Raises ValueError with the one that is none."""
    found = []
    for item in _items(text):
        first, dash, last = item.partition("-")
        numbers = [int(number) for number in (first, last if dash else first) if number.isascii() and number.isdigit()]
        if len(numbers) != 2 or not 1 <= numbers[0] <= numbers[1] <= 65535:
            raise ValueError(item)
        found.append((numbers[0], numbers[1]))
    return tuple(found)


def _items(text: str) -> Iterable[str]:
    return filter(None, _SEPARATORS.split(text))


def _range(item: str) -> Network:
    try:
        return ipaddress.ip_network(item)
    except ValueError:
        raise ValueError(item) from None


def _parsed(address: str) -> Address | None:
    try:
        return ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
