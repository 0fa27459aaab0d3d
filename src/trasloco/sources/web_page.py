"""One small file from a stranger's web server, or one message to it: HTTPS only, to an address that passed the address policy, with limits.

The connection goes to the very address that was held against the policy. A redirection leads to another https URL or
nowhere, is held against the policy again, and there are few of them. No proxy of the environment is used. No cookie, no
password and nothing of the operator's is sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from trasloco import __version__
from trasloco.engine.admission import NotAdmitted, admitted
from trasloco.engine.reach import reach
from trasloco.sentence import sentence as _

MOST_REDIRECTS = 3
SECONDS = 8.0  # for one page, with all its redirections
_SILENCE = 4.0
_AGENT = f"Trasloco/{__version__}"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


T = TypeVar("T")


class NoPage(Exception):
    """The page could not be had; str() says why, in words."""


@dataclass(frozen=True, slots=True)
class WebPages:
    """How pages are fetched. port: where https:// without a port goes; context: whom to trust. Both for tests."""

    allow_private: bool = False
    port: int = 443
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context

    async def fetch(self, url: str, most_bytes: int, seconds: float = SECONDS) -> bytes:
        """The body of ``url``, at most ``most_bytes``. Raises NoPage."""
        try:
            async with asyncio.timeout(seconds):
                for _time in range(MOST_REDIRECTS + 1):
                    answer = await self._one(url, partial(_fetched, url, most_bytes))
                    if isinstance(answer, bytes):
                        return answer
                    url = answer
        except TimeoutError:
            raise NoPage(_("no answer within %(seconds)s s", seconds=f"{seconds:.0f}")) from None
        raise NoPage(_("more than %(most)s redirections", most=str(MOST_REDIRECTS)))

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], seconds: float = SECONDS) -> int:
        """The status of the answer; what it says is not read, and no redirection is followed. Raises NoPage."""
        try:
            async with asyncio.timeout(seconds):
                return await self._one(url, lambda connection, path: _posted(connection, path, body, headers))
        except TimeoutError:
            raise NoPage(_("no answer within %(seconds)s s", seconds=f"{seconds:.0f}")) from None

    async def _one(self, url: str, exchange: Callable[[_Pinned, str], T]) -> T:
        """What the exchange makes of a connection to the server of a URL, and the path there."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or self.port
        except ValueError:
            raise NoPage(_("the redirection leads to no URL")) from None
        if parts.scheme != "https" or not host or parts.username is not None:
            raise NoPage(_("the redirection does not lead to https"))
        address = await self._address(host, parts.port or 443)
        connection = _Pinned(host, port, address, self.context())
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        try:
            return await asyncio.to_thread(exchange, connection, path)
        finally:
            connection.give_up()  # a thread that still waits for a silent server ends with its socket

    async def _address(self, host: str, port: int) -> str:
        try:
            return await admitted(host, port, reach(private=self.allow_private).web)
        except NotAdmitted as error:
            raise NoPage(error.words) from None


class _Pinned(http.client.HTTPSConnection):
    """Connects to the address that was checked, under the name that was asked for."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=_SILENCE, context=context)
        self._address, self._tls = address, context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), _SILENCE)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()  # now, when ``give_up`` can reach it

    def give_up(self) -> None:
        found = getattr(self, "sock", None)
        if found is not None:
            with contextlib.suppress(OSError):  # it was closed already
                found.shutdown(socket.SHUT_RDWR)


def _fetched(url: str, most_bytes: int, connection: _Pinned, path: str) -> bytes | str:
    """The body, or where it is instead."""
    with _said(connection):
        connection.request("GET", path, headers={"User-Agent": _AGENT, "Accept": "application/xml, text/xml, */*"})
        response = connection.getresponse()
        if response.status in _REDIRECTS:
            return urljoin(url, response.getheader("Location") or "")
        if response.status != 200:
            raise NoPage(_("the web server answers %(status)s", status=str(response.status)))
        body = response.read(most_bytes + 1)
        if len(body) > most_bytes:
            raise NoPage(_("it is larger than %(size)s bytes", size=most_bytes))
        return body


def _posted(connection: _Pinned, path: str, body: bytes, headers: Mapping[str, str]) -> int:
    with _said(connection):
        connection.request("POST", path, body, {"User-Agent": _AGENT, **headers})
        return connection.getresponse().status


@contextlib.contextmanager
def _said(connection: _Pinned) -> Iterator[None]:
    """What goes wrong on the way, in words; the connection is closed."""
    try:
        yield
    except ssl.SSLError as error:
        raise NoPage(_("its certificate or TLS cannot be trusted (%(words)s)", words=error.reason or "handshake failed")) from None
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise NoPage(_("no answer from its web server (%(name)s)", name=type(error).__name__)) from None
    finally:
        connection.close()
