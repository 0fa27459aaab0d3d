"""How a connection was protected, as reports have it."""

from __future__ import annotations

from trasloco.imap.endpoint import Endpoint, Security, Trust


def connection_facts(endpoint: Endpoint) -> dict[str, str | None]:
    """``{"server", "tls", "certificate", "fingerprint"}``: host and port; "implicit", "starttls" or "none"; "verified", "pinned" or
    "none"; of a pinned certificate the SHA-256 of its DER in hex, None before it was seen."""
    if endpoint.security is Security.PLAIN:
        return {"server": str(endpoint), "tls": "none", "certificate": "none", "fingerprint": None}
    pinned = endpoint.trust is Trust.PIN
    return {
        "server": str(endpoint),
        "tls": endpoint.security.value,
        "certificate": "pinned" if pinned else "verified",
        "fingerprint": endpoint.fingerprint if pinned else None,
    }
