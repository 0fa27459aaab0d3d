"""Where the panel listens: the options that ``serve`` and ``panel`` share, and the socket itself.

The socket is opened before anything else is started, so that a port that is taken is said at once and by nobody
else; ``serve`` keeps it open while a panel that died is started again, and its visitors wait instead of being refused.
"""

from __future__ import annotations

import errno
import socket

import click

from trasloco.project.halt import Halt
from trasloco.project.options import option, together

BACKLOG = 512

listening_options = together(
    option(
        "--host",
        default="127.0.0.1",
        show_default=True,
        metavar="ADDRESS",
        section="Panel",
        help="The address to listen on. Other names people use for it stand in TRASLOCO_HOSTS.",
    ),
    option(
        "--port",
        type=click.IntRange(1, 65535),
        default=8080,
        show_default=True,
        metavar="N",
        section="Panel",
        help="The port to listen on.",
    ),
    option(
        "--proxies",
        default="127.0.0.1,::1",
        show_default=True,
        metavar="ADDRESSES",
        section="Panel",
        help="Addresses or networks, separated by commas, of the proxies that may say for whom they ask (X-Forwarded-For).",
    ),
    option("--quiet", is_flag=True, default=False, section="Panel", help="Say nothing on the terminal but what is wrong."),
)


def listen(host: str, port: int, host_option: str = "--host", port_option: str = "--port") -> socket.socket:
    """The listening socket. Raises ``Halt`` with what is in the way, and the option that helps."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise Halt(_no_address(host, host_option)) from error
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # "::" is for both, as people expect
        opened.bind(address)
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        raise Halt(_refused(error, host, port, host_option, port_option)) from error
    return opened


def address_of(host: str, port: int) -> str:
    """As it is typed into a browser on this machine."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - compared, not bound
    return f"http://{shown}:{port}"


def _no_address(host: str, host_option: str) -> str:
    return f"{host} is no address of this machine. {host_option} takes one of its addresses, 127.0.0.1 or 0.0.0.0."


def _refused(error: OSError, host: str, port: int, host_option: str, port_option: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken by another program. Stop that one, or choose another port with {port_option}."
    if error.errno == errno.EACCES:
        return f"This user may not listen on port {port}. Choose one above 1023 with {port_option}, and let the proxy have 80 and 443."
    if error.errno == errno.EADDRNOTAVAIL:
        return _no_address(host, host_option)
    return f"Trasloco cannot listen on {host}, port {port}: {error.strerror or error}."
