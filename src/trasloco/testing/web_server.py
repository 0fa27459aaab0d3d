"""A web server on loopback whose answers are given: HTTPS with a certificate, or plain HTTP.

    with WebServer({"old.example/mail/config-v1.1.xml": Answer(b"<clientConfig/>")}, certificate) as web: ...

An answer is found by host and path; ``requests`` keeps what was asked for. A callable instead of an Answer is given
the request's body and makes the answer then.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from trasloco.testing.certificates import Certificate


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back. seconds: of silence before. headers: a Content-Length among them wins over that of the body."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: host without port, path with query, headers by lower-case name."""

    host: str
    path: str
    body: bytes
    headers: Mapping[str, str]


Reply = Answer | Callable[[Request], Answer]


class WebServer:
    """Serves while it is entered; what it does not know is a 404. host: a loopback address to listen on."""

    def __init__(self, answers: Mapping[str, Reply], certificate: Certificate | None = None, *, host: str = "127.0.0.1") -> None:
        self.answers = dict(answers)
        self.requests: list[Request] = []
        self._ended = threading.Event()
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.serve(self)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names are http.server's

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self._server.daemon_threads = True
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.chain, certificate.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.scheme = "http" if certificate is None else "https"

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        """``http://127.0.0.1:port``."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        host = (handler.headers.get("Host") or "").rpartition(":")[0] or handler.headers.get("Host") or ""
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        request = Request(host, handler.path, body, {name.lower(): value for name, value in handler.headers.items()})
        self.requests.append(request)
        known = self.answers.get(host + urlsplit(handler.path).path, self.answers.get(urlsplit(handler.path).path, Answer(status=404)))
        answer = known if isinstance(known, Answer) else known(request)
        if answer.seconds:
            self._ended.wait(answer.seconds)
        try:
            handler.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(answer.body)
        except OSError:
            pass  # the client has left, which is its right

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
