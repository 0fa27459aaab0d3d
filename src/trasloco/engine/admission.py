"""A host that strangers named becomes an address, once; whoever connects, connects to that address.

Every connection to such a host begins here: IMAP and POP3, autoconfig, the token endpoints of OAuth. So there is no time
between the check of a name and its use in which it could come to mean something else. The next connection asks again, or
keeps the address it was given.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket

from trasloco.engine.own_ports import own_part
from trasloco.plan.address_policy import AddressPolicy, Refusal
from trasloco.plan.clauses import with_advice
from trasloco.sentence import sentence as _

RESOLVE_SECONDS = 20.0  # a name server that is silent for longer will not help anybody

# What getaddrinfo says when the name itself is at fault; all else is a name server in trouble.
_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME), getattr(socket, "EAI_ADDRFAMILY", socket.EAI_NONAME)}


class NotAdmitted(Exception):
    """Nothing was contacted. code: of the failure (docs/errors.md). words: why, a clause; remedy: a clause, or "".
    passing: it may be better in a while."""

    def __init__(self, code: str, words: str, remedy: str = "", *, passing: bool = False) -> None:
        super().__init__(code, words, remedy)
        self.code, self.words, self.remedy, self.passing = code, words, remedy, passing

    def __str__(self) -> str:
        return with_advice(self.words, self.remedy)


async def admitted(host: str, port: int, policy: AddressPolicy, *, address: str | None = None, seconds: float = RESOLVE_SECONDS) -> str:
    """The address to connect to: the first of the host's own in the system's order (RFC 6724). Raises NotAdmitted.

    address: the one it was given before; it is kept, but the policy is asked again. seconds: deadline of the lookup. Names
    that strangers wrote are looked up at the name server of TRASLOCO_DNS, where there is one.
    """
    if (refusal := policy.port_refusal(port)) is not None:
        raise _not_contacted(refusal, host)
    addresses = [address] if address is not None else await _look_up(host, port, seconds, by_us=not policy.anywhere)
    if (refusal := policy.refusal(addresses)) is not None:
        raise _not_contacted(refusal, host)
    if not policy.anywhere and (part := await own_part(addresses[0], port)):
        words = _(
            "it was not contacted: %(address)s port %(port)s is Trasloco's own %(doing)s", address=addresses[0], port=str(port), doing=part
        )
        raise NotAdmitted("address-not-allowed", words)
    return addresses[0]


def _not_contacted(refusal: Refusal, host: str) -> NotAdmitted:
    if refusal.address in ("", host):
        words = _("it was not contacted: %(why)s", why=refusal.words)
    else:
        words = _("it was not contacted (its address is %(address)s): %(why)s", address=refusal.address, why=refusal.words)
    return NotAdmitted(refusal.code, words, refusal.remedy)


async def _look_up(host: str, port: int, seconds: float, *, by_us: bool) -> list[str]:
    """All addresses of the host, without repetition."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    try:
        async with asyncio.timeout(seconds):
            by_dns = by_us and os.environ.get("TRASLOCO_DNS", "") and not _is_localhost(host)
            addresses = await (_by_dns(host) if by_dns else _by_system(host, port))
    except TimeoutError:
        raise _name_server_trouble(host, _("no answer within %(seconds)s s", seconds=f"{seconds:.0f}")) from None
    if not addresses:
        raise _unknown(host)
    return list(dict.fromkeys(addresses))


def _is_localhost(host: str) -> bool:
    """No name server is asked for it (RFC 6761 6.3)."""
    return host.casefold().removesuffix(".").rpartition(".")[2] == "localhost"


async def _by_dns(host: str) -> list[str]:
    from trasloco.engine.dns_questions import addresses  # dnspython takes a tenth of a second to load

    found = await addresses(host)
    if found is None:
        raise _name_server_trouble(host, _("the name server of TRASLOCO_DNS could not be asked"))
    return found


async def _by_system(host: str, port: int) -> list[str]:
    try:
        answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in _NO_SUCH_NAME:
            raise _unknown(host) from None
        raise _name_server_trouble(host, error.strerror or str(error)) from None
    except (UnicodeError, ValueError):
        raise _unknown(host) from None  # a label that no name can have: empty or over 63 bytes
    except OSError as error:
        raise _name_server_trouble(host, error.strerror or str(error)) from None
    return [str(answer[4][0]) for answer in answers]


def _unknown(host: str) -> NotAdmitted:
    words = _("the name %(host)s is not known to the DNS", host=host)
    return NotAdmitted("unknown-host", words, _("Correct the server's name, or write its IP address"))


def _name_server_trouble(host: str, reason: str) -> NotAdmitted:
    words = _("the name %(host)s could not be looked up (%(why)s)", host=host, why=reason)
    return NotAdmitted("host-not-looked-up", words, _("Check the name server of this machine"), passing=True)
