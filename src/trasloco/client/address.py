"""The address of a server to which a token may be sent."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

PREFIX = "/api/v1"


def api_address(server: str) -> str:
    """The address of the API of the panel at ``server`` (``https://trasloco.example.net``), without a slash at the end.

    Raises ``ValueError`` with words: plain HTTP is for this machine only, as a token would be read by everybody on the way; a name and
    password in the address would stand in logs."""
    parts = urlsplit(server.strip())
    try:
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(f"“{server}” is not an address: {error}.") from error
    if parts.scheme not in ("https", "http") or not host:
        raise ValueError(f"“{server}” is not an address of a panel. Write it as the browser shows it: https://trasloco.example.net.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("The address holds a name or a password. Leave them out: who asks is proved by the token.")
    if parts.query or parts.fragment:
        raise ValueError(f"“{server}” has more than an address: leave out what comes after ? or #.")
    if parts.scheme == "http" and not is_this_machine(host):
        raise ValueError(f"http://{host} is not encrypted: the token would be read on the way. Use https://.")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}{PREFIX}"


def is_this_machine(host: str) -> bool:
    """Loopback, by name or number."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
