"""The doors of Trasloco itself: its database, its panel, its metrics, its probes. Nobody is led there, whatever else is allowed.

``DATABASE_URL``, ``TRASLOCO_HOST``, ``TRASLOCO_PORT``, ``TRASLOCO_METRICS`` and ``TRASLOCO_HEALTH`` say where they are; the embedded
database listens on no port. They are looked at only where a port is one of theirs, so they cost nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import shlex
import socket
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qs, urlsplit

from trasloco.plan.address_kinds import Address, embedded
from trasloco.sentence import sentence as _

_DATABASE_PORT, _PANEL_PORT = "5432", "8080"


async def own_part(address: str, port: int) -> str:
    """Which part of Trasloco answers at this literal address and port, in words; "" when it is none."""
    parts = [(part, host) for part, host, its_port in _own(os.environ) if its_port == str(port)]
    for part, host in parts:
        if await asyncio.to_thread(_same_machine, host, address):
            return part
    return ""


def _own(environ: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """What, at which host ("" or one of this machine's = this machine), on which port."""
    yield _("panel"), environ.get("TRASLOCO_HOST", ""), environ.get("TRASLOCO_PORT", "") or _PANEL_PORT
    for part, variable in ((_("metrics"), "TRASLOCO_METRICS"), (_("probes"), "TRASLOCO_HEALTH")):
        if where := environ.get(variable, ""):
            yield part, *_split(where)
    yield from ((_("database"), host, port) for host, port in _database(environ))


def _database(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Hosts and ports of DATABASE_URL, as libpq reads a URL (several may be named) or keywords."""
    url = environ.get("DATABASE_URL", "")
    if "://" in url:
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        servers = [_split(server) for server in parts.netloc.rpartition("@")[2].split(",")]
        hosts, ports = [server[0] for server in servers], [server[1] for server in servers]
    else:
        query = dict(item.split("=", 1) for item in shlex.split(url) if "=" in item)
        hosts, ports = [""], [""]
    hosts = (query.get("hostaddr") or query.get("host") or "").split(",") if not any(hosts) else hosts
    ports = query["port"].split(",") if "port" in query else ports
    for number, host in enumerate(hosts if url else ()):
        if not host.startswith(("/", "%2F", "%2f", "@")):  # a socket of the file system
            yield host, ports[number if number < len(ports) else -1] or _DATABASE_PORT


def _split(server: str) -> tuple[str, str]:
    host, _colon, port = server.rpartition(":") if not server.endswith("]") and ":" in server else (server, "", "")
    return host.strip("[]"), port


def _same_machine(host: str, address: str) -> bool:
    """Is it the address of that host, or both are this machine's?"""
    here = _is_here(address)
    if not host:
        return here
    try:
        found = {str(answer[4][0]) for answer in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return True  # a host of ours that cannot be looked up now: nobody is let to its port
    return any(_plain(item) == _plain(address) or (here and _is_here(item)) for item in found)


def _plain(address: str) -> Address:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return embedded(parsed) or parsed


def _is_here(address: str) -> bool:
    """Has this machine the address? It lets a socket be bound to no other."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as trial:
            trial.bind((address, 0))
    except OSError:
        return False
    return True
