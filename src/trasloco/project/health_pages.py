"""``/healthz``: this process answers. ``/readyz``: it can do its work, or which part is missing. For probes and watchers.

They stand before everything else: no host name, no TLS, no session is asked for (a probe comes by an address and in plain HTTP), no
request is counted. ``/readyz?exclude=worker`` leaves a part out, as Kubernetes' own does: a panel without a worker has pages to show.
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import parse_qs

from trasloco.panel.body_limit import Application, Receive, Scope, Send
from trasloco.project.readiness import PARTS, Readiness

HEALTH, READY = "/healthz", "/readyz"

_HEADERS = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'"),
]


class HealthPages:
    """An ASGI application: around another one, or alone, and then there is nothing else."""

    def __init__(self, readiness: Readiness, application: Application | None = None) -> None:
        self._readiness = readiness
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["path"] in (HEALTH, READY) or self._application is None):
            status, words = await self._answer(scope)
            await _send(send, status, words, body=scope["method"] != "HEAD")
        elif self._application is not None:
            await self._application(scope, receive, send)

    async def _answer(self, scope: Scope) -> tuple[HTTPStatus, str]:
        if scope["path"] not in (HEALTH, READY):
            return HTTPStatus.NOT_FOUND, f"There are only {HEALTH} and {READY} here."
        if scope["method"] not in ("GET", "HEAD"):
            return HTTPStatus.METHOD_NOT_ALLOWED, "Ask with GET."
        if scope["path"] == HEALTH:
            return HTTPStatus.OK, "ok"
        asked = parse_qs(scope["query_string"].decode("ascii", "replace"), keep_blank_values=True)
        excluded = {part for text in asked.get("exclude", []) for part in text.split(",")}
        if not excluded <= set(PARTS):
            return HTTPStatus.BAD_REQUEST, f"exclude takes {', '.join(PARTS)}."
        checks = [check for check in await self._readiness.checks() if check.part not in excluded]
        ready = not any(check.missing for check in checks)
        lines = [f"{check.part}: {check.missing or 'ok'}" for check in checks]
        return (HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE), "\n".join(lines)


async def _send(send: Send, status: HTTPStatus, words: str, *, body: bool) -> None:
    data = f"{words}\n".encode()
    headers = [*_HEADERS, (b"content-length", str(len(data)).encode())]
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append((b"allow", b"GET, HEAD"))
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": data if body else b""})
