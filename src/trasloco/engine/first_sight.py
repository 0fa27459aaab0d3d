"""The certificate of a server of which any is accepted at first sight, and then only that one (``Trust.PIN``).

It is looked at before a name or password is sent, on a connection of its own; so all connections of all accounts
meet the same certificate, or fail.
"""

from __future__ import annotations

from trasloco.engine.account import Side
from trasloco.engine.probe import greet
from trasloco.imap.endpoint import Endpoint, Security, Trust


def unseen(endpoint: Endpoint) -> bool:
    """Is its certificate to be pinned, and not yet?"""
    return endpoint.trust is Trust.PIN and endpoint.security is not Security.PLAIN and endpoint.fingerprint is None


async def first_sight(side: Side) -> str | None:
    """The fingerprint of the certificate that the server shows now; None when it cannot be had, which the login will explain."""
    return (await greet(side)).facts.get("fingerprint") or None
