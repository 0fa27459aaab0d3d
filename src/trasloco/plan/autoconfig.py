"""Reading an autoconfig file (the format of Thunderbird, "clientConfig" 1.1): the IMAP servers it names, in its order.

The file comes from a stranger: what has a document type (and so could hold entities), is larger than it needs
to be, or names a host that is none, is not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from trasloco.plan.endpoints import EndpointError, parse_server

MOST_BYTES = 64 * 1024

_LOGINS = {"%EMAILADDRESS%": "address", "%EMAILLOCALPART%": "local part"}


class AutoconfigError(ValueError):
    """The file cannot be used; str() says why."""


@dataclass(frozen=True, slots=True)
class NamedServer:
    """One IMAP server as somebody named it. login: as of ``providers.LOGINS``. token: it takes OAuth tokens."""

    host: str
    port: int
    starttls: bool = False
    login: str = "address"
    token: bool = False


def read_autoconfig(data: bytes, address: str) -> list[NamedServer]:
    """The servers for ``address`` that are encrypted; others are passed over. Raises AutoconfigError."""
    if len(data) > MOST_BYTES:
        raise AutoconfigError(f"it has more than {MOST_BYTES:,} bytes")
    if b"<!DOCTYPE" in data.upper() or b"<!ENTITY" in data.upper() or b"\0" in data:
        raise AutoconfigError("it has a document type, which no such file needs")
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - without a document type there are no entities to expand
    except ElementTree.ParseError as error:
        raise AutoconfigError(f"it is no XML ({error})") from None
    if root.tag != "clientConfig":
        raise AutoconfigError("it is no clientConfig")
    servers = (_server(item, address) for item in root.iterfind("./emailProvider/incomingServer[@type='imap']"))
    return list(dict.fromkeys(server for server in servers if server is not None))


def _server(item: ElementTree.Element, address: str) -> NamedServer | None:
    socket_type = (item.findtext("socketType") or "").strip().upper()
    if socket_type not in ("SSL", "STARTTLS"):
        return None
    local, _, domain = address.rpartition("@")
    name = (item.findtext("hostname") or "").strip()
    for mark, value in (("%EMAILDOMAIN%", domain), ("%EMAILLOCALPART%", local)):
        name = name.replace(mark, value)
    try:
        host, _ = parse_server(name)
        _, port = parse_server(f"x:{(item.findtext('port') or '').strip()}")
    except EndpointError:
        return None
    ways = {(way.text or "").strip().casefold() for way in item.iterfind("authentication")}
    login = _LOGINS.get((item.findtext("username") or "").strip().upper(), "any")
    return NamedServer(host, port or 993, socket_type == "STARTTLS", login, "oauth2" in ways)
