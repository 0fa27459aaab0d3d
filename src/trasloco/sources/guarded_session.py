"""``requests`` for addresses that may come from outside: the token endpoints of OAuth credentials, and what they name.

The host is looked up by us and held against the address policy at every connection, which then goes to that very address. Only
https; no redirection is followed, no proxy, no ``.netrc`` and no ``HTTPS_PROXY`` of the environment is used, for a proxy
would look the name up itself. Whom to trust: ``REQUESTS_CA_BUNDLE``, else ``SSL_CERT_FILE``, else the authorities that ``requests`` knows.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.util.connection import create_connection

from trasloco.engine.admission import NotAdmitted, admitted
from trasloco.engine.reach import reach
from trasloco.engine.token_source import TokenUnavailable
from trasloco.sentence import sentence as _

SECONDS = 30.0
"""Of silence."""


class GuardedSession(requests.Session):
    """As any session; a request to what the policy does not allow raises ``engine.admission.NotAdmitted``."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True
        self.adapters.clear()  # of http:// too: what is not https has no way out
        self.mount("https://", _Adapter(max_retries=1))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: an answer that leads elsewhere is the answer."""
        return None


def not_asked(error: NotAdmitted) -> TokenUnavailable:
    """A token endpoint that was not contacted."""
    passing = error.passing or error.code == "unknown-host"  # of a provider it is the name server that is wrong
    return TokenUnavailable(_("the sign-in service was not asked: %(why)s", why=error.words), error.remedy, permanent=not passing)


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        manager: urllib3.PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"https": _Pool}

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        return super().send(request, stream, timeout or SECONDS, verify, cert, None)


class _Connection(HTTPSConnection):
    """To the address that was admitted, under the name that was asked for."""

    def _new_conn(self) -> socket.socket:
        port = self.port or 443
        with ThreadPoolExecutor(1) as thread:  # who asks for a token may have a loop running in this one
            address = thread.submit(lambda: asyncio.run(admitted(self.host, port, reach().web))).result()
        try:
            return create_connection((address, port), self.timeout, socket_options=self.socket_options)
        except TimeoutError as error:
            raise urllib3.exceptions.ConnectTimeoutError(self, f"{self.host} does not answer") from error
        except OSError as error:
            raise urllib3.exceptions.NewConnectionError(self, f"{self.host} cannot be reached: {error}") from error


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection
