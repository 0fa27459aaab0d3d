"""Requests stay small, whatever is sent: Django would put a large body into a file on the disk before anybody looks at it.

A body that says how large it is, and is too large, is not read at all; one that does not say is read as far as the
limit. Either way the page is asked for instead, without a body, with ``TOO_LARGE`` in its scope (``body_refused``), so that
the form itself can say what is wrong, beside the field.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.http import HttpRequest

from trasloco.panel.upload import MOST_BYTES

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BODY = 2 * MOST_BYTES + 1024 * 1024
"""A file, a pasted text, and what else is in the form. Django's own limits (``settings``) must be above it."""

TOO_LARGE = "trasloco.too_large"
_PATIENCE = 64 * 1024 * 1024
"""Up to here the rest is let in and thrown away: a browser shows the answer only when it has sent all it wanted."""
_ABOUT_BODY = (b"content-length", b"content-type", b"transfer-encoding", b"expect")


def body_refused(request: HttpRequest) -> bool:
    """Whether this is a request whose body was too large to be read."""
    return TOO_LARGE in getattr(request, "scope", {})


class BodyLimit:
    """An ASGI application around another one."""

    def __init__(self, application: Application, most: int = MOST_BODY) -> None:
        self._application = application
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length")
        if length is None and b"transfer-encoding" not in headers:
            await self._application(scope, receive, send)
        elif length is not None and int(length) > self._most:
            await self._refuse(scope, send, patient=int(length) <= _PATIENCE)
        elif length is not None:
            await self._application(scope, receive, send)
        else:
            await self._count(scope, receive, send)

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        """In pieces, without a length: gathered in memory, which is what the limit is for."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > self._most:
                await self._refuse(scope, send, patient=False)
                return
            if not message.get("more_body", False):
                break
        await self._application(scope, _Once(bytes(body), receive), send)

    async def _refuse(self, scope: Scope, send: Send, *, patient: bool) -> None:
        """Without patience the connection is closed after the answer: nobody is let send for ever."""

        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            await send(message)

        headers = [(name, value) for name, value in scope["headers"] if name not in _ABOUT_BODY]
        asked = {**scope, "method": "GET", "headers": headers, TOO_LARGE: True}
        await self._application(asked, _Once(b"", _never), send if patient else closing)


class _Once:
    """Gives a whole body, then what the server has to say."""

    def __init__(self, body: bytes, after: Receive) -> None:
        self._body: bytes | None = body
        self._after = after

    async def __call__(self) -> Message:
        body, self._body = self._body, None
        if body is None:
            return await self._after()
        return {"type": "http.request", "body": body, "more_body": False}


async def _never() -> Message:
    """The rest of a body that nobody reads; who waits for it is cancelled when the answer has gone."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable")
