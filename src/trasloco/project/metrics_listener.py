"""Where Prometheus asks: ``GET /metrics`` on an address of its own, beside the panel and never behind its proxy.

One question at a time, each with a time limit: so nobody who gets there can make it cost more. What is answered is no secret
(``jobs.prometheus_figures``), so there is no password; the address is loopback unless somebody says otherwise.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import HTTPServer
from typing import Any
from urllib.parse import urlsplit

from prometheus_client.exposition import MetricsHandler
from prometheus_client.registry import Collector

log = logging.getLogger(__name__)

PATH = "/metrics"
SECONDS = 10.0  # for a client to ask and to take its answer


@contextmanager
def listening(opened: socket.socket, registry: Collector) -> Iterator[None]:
    """Answer on this socket, in a thread of its own, as long as the block lasts; the socket is closed then."""
    server = _Server(opened, registry)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True, name="metrics")
    thread.start()
    log.info("metrics are to be had on %s", opened.getsockname()[:2])
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(HTTPServer):
    """On a socket that is open already."""

    def __init__(self, opened: socket.socket, registry: Collector) -> None:
        super().__init__(opened.getsockname()[:2], type("Handler", (_Handler,), {"registry": registry}), bind_and_activate=False)
        self.socket.close()
        self.socket = opened

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Standard error belongs to the command."""
        log.warning("a question for metrics was not answered", exc_info=True)


class _Handler(MetricsHandler):
    timeout = SECONDS
    server_version, sys_version = "Trasloco", ""

    def do_GET(self) -> None:  # noqa: N802 - the name of the library
        if urlsplit(self.path).path != PATH:
            self.send_error(HTTPStatus.NOT_FOUND, "There is only /metrics here.")
            return
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: it is asked every few seconds."""
