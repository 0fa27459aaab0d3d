"""A host name becomes an address once, by us, before anything is connected to it.

The host in a CSV is untrusted input: whoever writes it could point us at a machine of our own
network. So the name is looked up here, the answer is held against ``plan.address_policy``, and the
address that passed is pinned into the ``Endpoint``: what is connected to is what was checked, in
both runs, even when an MX change moves the name in between.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.imap.endpoint import Endpoint
from trasloco.plan.address_policy import allowed

RESOLVE_SECONDS = 20.0  # a name server that is silent for longer will not help anybody

_ALLOW = "allow it (--allow-private-addresses; in the panel its operator does so under Settings)"

# What getaddrinfo says when the name itself is at fault; all else is a name server in trouble.
_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME), getattr(socket, "EAI_ADDRFAMILY", socket.EAI_NONAME)}


async def resolve(endpoint: Endpoint, *, allow_private: bool, name: SideName, seconds: float = RESOLVE_SECONDS) -> Endpoint | Failure:
    """Return the endpoint with ``address`` filled in, or the ``Failure`` of its account.

    An endpoint that has its address already keeps it, but the policy is asked again. Of several
    addresses the first allowed one in the system's order (RFC 6724) is taken. ``allow_private``
    is for servers the operator named himself, or with --allow-private-addresses.
    ``seconds``: deadline of the lookup.
    """
    if endpoint.address is not None:
        addresses = [endpoint.address]
    else:
        found = await _look_up(endpoint, name, seconds)
        if isinstance(found, Failure):
            return found
        addresses = found
    reasons = [(address, allowed(address, allow_private=allow_private)) for address in addresses]
    for address, reason in reasons:
        if reason is None:
            return replace(endpoint, address=address)
    address, reason = reasons[0]
    shown = "" if address == endpoint.host else f" (its address is {address})"
    remedy = "" if allow_private else f". If this server really is your own, {_ALLOW}"
    return _failure(endpoint, name, Retry.NEVER, "address-not-allowed", f"was not contacted{shown}: {reason}{remedy}")


async def _look_up(endpoint: Endpoint, name: SideName, seconds: float) -> list[str] | Failure:
    """All addresses of the host without repetition, or why there are none."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            answers = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except TimeoutError:
        return _name_server_trouble(endpoint, name, f"no answer within {seconds:.0f} s")
    except socket.gaierror as error:
        if error.errno in _NO_SUCH_NAME:
            return _unknown(endpoint, name)
        return _name_server_trouble(endpoint, name, error.strerror or str(error))
    except (UnicodeError, ValueError):
        return _unknown(endpoint, name)  # a label that no name can have: empty or over 63 bytes
    except OSError as error:
        return _name_server_trouble(endpoint, name, error.strerror or str(error))
    addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    return addresses or _unknown(endpoint, name)


def _unknown(endpoint: Endpoint, name: SideName) -> Failure:
    words = f"the name {endpoint.host} is not known to the DNS. Correct the server's name, or write its IP address"
    return _failure(endpoint, name, Retry.NEVER, "unknown-host", words)


def _name_server_trouble(endpoint: Endpoint, name: SideName, reason: str) -> Failure:
    words = f"the name {endpoint.host} could not be looked up ({reason}). Check the name server of this machine"
    return _failure(endpoint, name, Retry.LATER, "host-not-looked-up", words)


def _failure(endpoint: Endpoint, name: SideName, retry: Retry, code: str, words: str) -> Failure:
    return Failure(name, Scope.ACCOUNT, retry, code, f"{name.value.capitalize()} {endpoint}: {words}.")
