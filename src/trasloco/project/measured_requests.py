"""How long the panel takes to answer: an ASGI application around another one. No path is a label: there are as many as migrations."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Histogram

from trasloco.panel.body_limit import Application, Message, Receive, Scope, Send

_METHODS = ("GET", "POST")
OTHER = "other"
_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class MeasuredRequests:
    """registry: where the metric is kept; one for a process."""

    def __init__(self, application: Application, registry: CollectorRegistry) -> None:
        self._application = application
        self._seconds = Histogram(
            "trasloco_panel_request_seconds",
            "How long the panel and the API took until an answer began.",
            ["method", "status"],
            registry=registry,
            buckets=_BUCKETS,
        )
        for status in ("2xx", "4xx", "5xx"):
            self._seconds.labels("GET", status)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        begun = time.perf_counter()

        async def measured(message: Message) -> None:
            if message["type"] == "http.response.start":
                method = scope["method"] if scope["method"] in _METHODS else OTHER
                self._seconds.labels(method, f"{message['status'] // 100}xx").observe(time.perf_counter() - begun)
            await send(message)

        await self._application(scope, receive, measured)
