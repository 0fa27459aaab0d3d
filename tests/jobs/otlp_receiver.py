"""A collector of OpenTelemetry: takes OTLP over HTTP (protobuf) on loopback, and keeps the spans as they came."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

from trasloco.testing.web_server import Answer, Request, WebServer


@dataclass(frozen=True, slots=True)
class Received:
    """A span. trace, id, parent, links: hexadecimal; parent "" of a root. begun, ended: nanoseconds. failed: its status."""

    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    links: tuple[str, ...]
    events: tuple[str, ...]
    begun: int
    ended: int
    failed: bool
    resource: dict[str, Any]


@dataclass
class OtlpReceiver:
    """``with OtlpReceiver() as receiver``; raw: the requests as they came. refuses: it takes nothing."""

    spans: list[Received] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    refuses: bool = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    def named(self, name: str) -> list[Received]:
        return [span for span in self.spans if span.name == name]

    def take(self, request: Request) -> Answer:
        if self.refuses:
            return Answer(b"not now", 400)
        assert request.headers["content-type"] == "application/x-protobuf"
        body = gzip.decompress(request.body) if request.headers.get("content-encoding") == "gzip" else request.body
        self.raw.append(body)
        self.headers.append(request.headers)
        for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource = _attributes(of_resource.resource.attributes)
            for scope in of_resource.scope_spans:
                self.spans += [_received(span, resource) for span in scope.spans]
        return Answer(ExportTraceServiceResponse().SerializeToString(), headers={"Content-Type": "application/x-protobuf"})

    def __enter__(self) -> Self:
        self._server = WebServer({"127.0.0.1/v1/traces": self.take})
        self._server.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.__exit__(kind, error, trace)


def _received(span: Any, resource: dict[str, Any]) -> Received:
    links = tuple(f"{link.trace_id.hex()} {link.span_id.hex()}" for link in span.links)
    ids = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
    times = span.start_time_unix_nano, span.end_time_unix_nano
    events = tuple(event.name for event in span.events)
    return Received(span.name, *ids, _attributes(span.attributes), links, events, *times, span.status.code == 2, resource)


def _attributes(found: Any) -> dict[str, Any]:
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in found}
