"""Which dialects of a master login a server is worth trying with, by what it says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping

from trasloco.engine.master_user import Dialect, MasterUser
from trasloco.imap.values import Capabilities

MOST_TRIES = 2
"""Logins tried for one mailbox; a third wrong one may lock the account."""

_KINDS: tuple[tuple[re.Pattern[str], tuple[Dialect, ...]], ...] = (
    (re.compile(r"\bX-MASTERAUTH\b|\bKerio\b", re.IGNORECASE), (Dialect.MASTERAUTH,)),
    (re.compile(r"Microsoft Exchange", re.IGNORECASE), (Dialect.EXCHANGE, Dialect.AUTHZID)),
    (
        re.compile(r"\bX-NETSCAPE\b|\bXSENDER\b|\biPlanet\b|\bNetscape\b|Messaging (Server|Multiplexor)|\bPROXYAUTH\b", re.IGNORECASE),
        (Dialect.AUTHZID, Dialect.PROXYAUTH),
    ),
    (re.compile(r"\bDovecot\b|\bUW-?IMAP\b|\bStalwart\b", re.IGNORECASE), (Dialect.AUTHZID, Dialect.JOINED)),
    (re.compile(r"\bCyrus\b|\bZimbra\b", re.IGNORECASE), (Dialect.AUTHZID,)),
)
_UNKNOWN = (Dialect.AUTHZID, Dialect.JOINED)


def recognised(greeting: str, capabilities: Capabilities, server_id: Mapping[str, str]) -> tuple[Dialect, ...]:
    """The dialects of the kind of server this calls itself, best first; () when it does not say."""
    said = " ".join((greeting, *capabilities, server_id.get("name", ""), server_id.get("vendor", "")))
    return next((dialects for words, dialects in _KINDS if words.search(said)), ())


def dialects(known: tuple[Dialect, ...], capabilities: Capabilities, user: MasterUser) -> tuple[Dialect, ...]:
    """At most ``MOST_TRIES`` dialects to try, best first. known: of ``recognised``.

    Among those the server may speak, the one the operator named comes first; one the server does not offer is left out.
    """
    possible = list(known or _UNKNOWN)
    if "\\" in user.name and Dialect.EXCHANGE not in possible:
        possible = [Dialect.EXCHANGE, *possible]  # DOMAIN\admin is a name of Windows, whatever the greeting hides
    if user.preferred in possible and possible[0] is not Dialect.EXCHANGE:
        possible.sort(key=lambda dialect: dialect is not user.preferred)
    offered = [dialect for dialect in possible if dialect is not Dialect.AUTHZID or _has_authzid(capabilities)]
    return tuple((offered or possible)[:MOST_TRIES])


def _has_authzid(capabilities: Capabilities) -> bool:
    return any(f"AUTH={mechanism}" in capabilities for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-1"))
