"""Where a server is and how far it is trusted: values only."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Security(enum.StrEnum):
    """How the connection is protected before the login."""

    IMPLICIT = "implicit"  # TLS from the first byte (RFC 8314), port 993
    STARTTLS = "starttls"  # RFC 9051 6.2.1; required, never skipped when the server lacks it
    PLAIN = "plain"  # no TLS at all; only when the operator said so


class Trust(enum.StrEnum):
    """What makes a certificate acceptable."""

    VERIFY = "verify"  # chain and name, by the system's trust store
    PIN = "pin"  # any certificate at first sight, then only that one (SHA-256 of the DER)


class Speech(enum.StrEnum):
    """What is spoken there."""

    IMAP = "imap"
    POP3 = "pop3"  # RFC 1939: one folder, no flags, one session at a time


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server, as connected to.

    host: name or literal address as the operator wrote it (used for SNI and the certificate).
    address: the IP address the name was resolved to, once; None = not resolved yet.
    fingerprint: lower-case hex SHA-256 of the pinned certificate (DER); None = none pinned yet.
    """

    host: str
    port: int
    security: Security
    trust: Trust = Trust.VERIFY
    address: str | None = None
    fingerprint: str | None = None
    speech: Speech = Speech.IMAP

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"
