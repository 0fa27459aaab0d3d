"""How long the panel takes, by method and class of status, whatever is asked for."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry

from trasloco.panel.body_limit import Message, Receive, Scope, Send
from trasloco.project.measured_requests import MeasuredRequests


async def unasked() -> Message:
    return {}


async def ignored(message: Message) -> None:
    pass


def answered(registry: CollectorRegistry, method: str, path: str, status: int) -> None:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.02)
        await send({"type": "http.response.start", "status": status})
        await send({"type": "http.response.body"})
        await asyncio.sleep(0.2)  # a stream of events goes on for as long as somebody looks: that is no slowness

    measured = MeasuredRequests(application, registry)
    asyncio.run(measured({"type": "http", "method": method, "path": path}, unasked, ignored))


def test_the_time_until_an_answer_begins_is_measured() -> None:
    registry = CollectorRegistry()
    answered(registry, "POST", "/migrations/k7m2q9xd/", 302)
    labels = {"method": "POST", "status": "3xx"}
    assert registry.get_sample_value("trasloco_panel_request_seconds_count", labels) == 1
    seconds = registry.get_sample_value("trasloco_panel_request_seconds_sum", labels)
    assert seconds is not None
    assert seconds >= 0.02


def test_methods_that_somebody_makes_up_are_one_series() -> None:
    registry = CollectorRegistry()
    answered(registry, "BREW", "/anything/at/all", 405)
    assert registry.get_sample_value("trasloco_panel_request_seconds_count", {"method": "other", "status": "4xx"}) == 1
    assert "anything" not in str(list(registry.collect()))


def test_what_is_no_request_passes() -> None:
    seen = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    asyncio.run(MeasuredRequests(application, CollectorRegistry())({"type": "lifespan"}, unasked, ignored))
    assert seen == ["lifespan"]
