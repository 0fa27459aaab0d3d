"""From an ``Endpoint`` to an open, trusted connection with its greeting read.

TCP first (every address of the name, IPv6 and IPv4 in turn), then TLS as the endpoint says; each
failure is one of ``errors`` with the system's own words. An endpoint with ``address`` is connected
there and nowhere else; the name is still what the certificate must be for.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import itertools
import os
import socket
import ssl
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import cast

from trasloco.imap.commands import Command
from trasloco.imap.connection import Connection
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.endpoint import Endpoint, Security, Trust
from trasloco.imap.errors import (
    CommandFailed,
    ConnectFailed,
    ConnectionLost,
    ConnectReason,
    DeadlineExceeded,
    ProtocolViolation,
    TlsFailed,
    TlsReason,
)
from trasloco.imap.limits import Limits
from trasloco.imap.protocol import State
from trasloco.sentence import sentence as _

_EXPIRED = {9, 10}  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
_WRONG_NAME = {62, 64}  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_NEXT_ADDRESS_AFTER = 8.0  # seconds given to an address while there is another to try


async def open_connection(
    endpoint: Endpoint, deadlines: Deadlines, limits: Limits, log: Callable[[str], None] | None
) -> tuple[Connection, str | None]:
    """Connect, with TLS up and the greeting read; also the certificate's fingerprint (lower-case hex
    SHA-256 of the DER), None without TLS.

    Raises ConnectFailed, TlsFailed, NotImap, ConnectionLost, DeadlineExceeded, ProtocolViolation.
    """
    sock = await open_socket(endpoint, deadlines.connect)
    connection = Connection(deadlines, limits, log)
    fingerprint: str | None = None
    try:
        if endpoint.security is Security.IMPLICIT:
            await _tls_from_start(connection, sock, endpoint, deadlines.tls)
            fingerprint = check_pin(connection.transport, endpoint)
        else:
            await asyncio.get_running_loop().create_connection(lambda: connection, sock=sock)
        await _greeting(connection, deadlines.greeting)
        if endpoint.security is Security.STARTTLS:
            await _starttls(connection, endpoint, deadlines.tls)
            fingerprint = check_pin(connection.transport, endpoint)
    except BaseException:
        connection.abort()
        if connection.transport is None:
            sock.close()
        raise
    return connection, fingerprint


# -- TCP


async def open_socket(endpoint: Endpoint, seconds: float) -> socket.socket:
    """A TCP connection to it, within so many seconds. Raises ConnectFailed, ConnectionLost."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    addresses = await _addresses(endpoint, seconds)
    failure: ConnectFailed | ConnectionLost | None = None
    for number, (family, address) in enumerate(addresses):
        left = end - loop.time()
        if number + 1 < len(addresses):
            left = min(left, _NEXT_ADDRESS_AFTER)
        if left <= 0:
            break
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            # Whoever is killed or gives up takes along what the system has not sent yet: an APPEND must not be
            # completed behind the back of the next attempt.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            await asyncio.wait_for(loop.sock_connect(sock, address), left)
        except TimeoutError:
            sock.close()
            failure = ConnectFailed("timeout", f"{address[0]} port {endpoint.port}, {left:g} seconds")
        except ConnectionResetError as error:
            # Taken and dropped at once: somebody is there, and is just going away or coming up.
            sock.close()
            failure = ConnectionLost(_("connecting"), None, _words(error))
        except OSError as error:
            sock.close()
            failure = ConnectFailed(_connect_reason(error), f"{address[0]} port {endpoint.port}: {_words(error)}")
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure or ConnectFailed("timeout", f"{endpoint.host} port {endpoint.port}, {seconds:g} seconds")


async def _addresses(endpoint: Endpoint, seconds: float) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    """Where to connect, families in turn, beginning with what the system puts first."""
    host = endpoint.address or endpoint.host
    loop = asyncio.get_running_loop()
    try:
        found = await asyncio.wait_for(loop.getaddrinfo(host, endpoint.port, type=socket.SOCK_STREAM), seconds)
    except TimeoutError:
        raise ConnectFailed("timeout", f"the name {host} was not resolved within {seconds:g} seconds") from None
    except (OSError, UnicodeError) as error:
        raise ConnectFailed("unknown-host", f"{host}: {_words(error)}") from None
    families = list(dict.fromkeys(item[0] for item in found))
    columns = [[item for item in found if item[0] == family] for family in families]
    rows = itertools.chain.from_iterable(itertools.zip_longest(*columns))
    return [(item[0], cast("tuple[str, int]", item[4])) for item in rows if item is not None]


def _connect_reason(error: OSError) -> ConnectReason:
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if error.errno == errno.ETIMEDOUT:
        return "timeout"
    return "unreachable"


def _words(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


async def _greeting(connection: Connection, seconds: float) -> None:
    done, _waiting = await asyncio.wait((connection.greeting,), timeout=seconds)
    if not done:
        raise DeadlineExceeded("greeting", seconds, _("the greeting"))
    connection.greeting.result()


# -- TLS


async def _tls_from_start(connection: Connection, sock: socket.socket, endpoint: Endpoint, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    try:
        await asyncio.wait_for(
            loop.create_connection(
                lambda: connection,
                sock=sock,
                ssl=tls_context(endpoint.trust),
                server_hostname=endpoint.host,
                ssl_handshake_timeout=seconds + 5,  # ours below comes first, with our own words
            ),
            seconds,
        )
    except TimeoutError:
        raise DeadlineExceeded("tls", seconds, _("the TLS handshake")) from None
    except (OSError, ValueError) as error:
        raise tls_failure(error) from None


async def _starttls(connection: Connection, endpoint: Endpoint, seconds: float) -> None:
    """RFC 9051 6.2.1. Nothing learnt before the handshake is kept, and nothing that came in clear
    behind the OK is ever taken for something said under TLS."""
    protocol = connection.protocol
    if protocol.state is State.AUTHENTICATED:
        raise TlsFailed("starttls-missing", _("it began with PREAUTH, after which there is no STARTTLS"))
    if protocol.state is State.LOGOUT:
        raise ConnectionLost(_("the greeting"), protocol.bye)
    if not protocol.capabilities_told:
        await connection.ask(Command(b"CAPABILITY"), deadline="login").wait()
    if "STARTTLS" not in protocol.capabilities:
        raise TlsFailed("starttls-missing", _("STARTTLS is not among its capabilities"))
    answer = connection.ask(Command(b"STARTTLS"), deadline="login", on_tagged=connection.begin_tls)
    try:
        await answer.wait()
    except CommandFailed as error:
        raise TlsFailed("starttls-missing", _("it refuses STARTTLS: %(status)s", status=str(error.status))) from None
    if connection.stray_bytes:
        raise ProtocolViolation("the server, or somebody in between, sent data behind its OK to STARTTLS (RFC 9051 6.2.1)")
    assert connection.transport is not None
    try:
        transport = await asyncio.wait_for(
            asyncio.get_running_loop().start_tls(
                connection.transport,
                connection,
                tls_context(endpoint.trust),
                server_hostname=endpoint.host,
                ssl_handshake_timeout=seconds + 5,
            ),
            seconds,
        )
    except TimeoutError:
        raise DeadlineExceeded("tls", seconds, _("the TLS handshake")) from None
    except (OSError, ValueError) as error:
        raise tls_failure(error) from None
    if transport is None:
        raise TlsFailed("handshake", _("the server closed the connection"))
    connection.tls_begun(transport)


def tls_context(trust: Trust) -> ssl.SSLContext:
    """The context for a trust, shared: reading the system's authorities takes tens of milliseconds."""
    return _context(trust, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=8)
def _context(trust: Trust, _file: str | None, _directory: str | None) -> ssl.SSLContext:
    if trust is Trust.PIN:  # the fingerprint is what is checked, right after the handshake: no authority is asked, so none is read
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def check_pin(transport: asyncio.BaseTransport | None, endpoint: Endpoint) -> str:
    """The fingerprint of the certificate that was shown, in lower-case hex. Raises TlsFailed when another one is pinned."""
    assert transport is not None
    tls = transport.get_extra_info("ssl_object")
    certificate = tls.getpeercert(binary_form=True) if tls is not None else None
    if not certificate:
        raise TlsFailed("handshake", _("the server showed no certificate"))
    fingerprint = hashlib.sha256(certificate).hexdigest()
    if endpoint.trust is Trust.PIN and endpoint.fingerprint is not None and endpoint.fingerprint.lower() != fingerprint:
        raise TlsFailed("pin-changed", _("expected %(pinned)s, got %(shown)s", pinned=endpoint.fingerprint.lower(), shown=fingerprint))
    return fingerprint


def tls_failure(error: OSError | ValueError) -> TlsFailed:
    """What a handshake that failed comes to."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason: TlsReason = "not-trusted"
        if error.verify_code in _EXPIRED:
            reason = "expired"
        elif error.verify_code in _WRONG_NAME:
            reason = "wrong-name"
        return TlsFailed(reason, error.verify_message)
    if isinstance(error, ssl.SSLError):
        if error.reason in ("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
            return TlsFailed("handshake", _("the server does not speak TLS on this port"))
        return TlsFailed("handshake", (error.reason or str(error)).replace("_", " ").lower())
    if isinstance(error, ConnectionError):
        return TlsFailed("handshake", _("the server closed the connection: %(status)s", status=_words(error)))
    return TlsFailed("handshake", _words(error))
