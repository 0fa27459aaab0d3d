"""``Traces`` by OpenTelemetry, sent by OTLP over HTTP. Needs the packages of ``trasloco[otel]``.

Each attempt at an account is a trace: ``account``, in it a ``folder`` for each pair of folders that is looked into, in it a ``batch`` from
its intent to its rows. A run takes days, on many machines, and has thousands of accounts: it is a trace of its own, of one
span, sent when its last account has ended, and each account has a link to it. So what a sampler leaves out are whole accounts.

Spans name ids, codes and counts; no address, no folder's name, no words of a server: they go to another program, often another
machine (``docs/adr/0022-seeing.md``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Link, Span, SpanContext, Status, StatusCode, TraceFlags, Tracer

from trasloco import __version__
from trasloco.engine.account import Outcome, RunStatus
from trasloco.engine.fate import Fate
from trasloco.engine.ledger import FolderRecord, Ledger, MessageRow
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.jobs.otel_export import CollectorExporter
from trasloco.jobs.traces import AccountTrace, Traces
from trasloco.records.actions import Claim
from trasloco.records.ended_run import EndedRun
from trasloco.records.models import RunState

PATH = "/v1/traces"  # of OTLP over HTTP


class OtelTraces(Traces):
    """endpoint: of the collector, without a path: ``http://127.0.0.1:4318``. ``close()`` sends what is left.

    The variables OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES and their kin hold.
    """

    wanted = True

    def __init__(self, endpoint: str) -> None:
        resource = Resource.create({"service.name": "trasloco", "service.version": __version__})
        processor = BatchSpanProcessor(CollectorExporter(endpoint.rstrip("/") + PATH))
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("trasloco", __version__)
        self._ids = _RunIds()
        runs = TracerProvider(sampler=ALWAYS_ON, resource=resource, shutdown_on_exit=False, id_generator=self._ids)
        runs.add_span_processor(processor)
        self._runs = runs.get_tracer("trasloco", __version__)

    def close(self) -> None:
        """Send what is left; a few seconds at most."""
        self._provider.shutdown()

    def account(self, claim: Claim) -> AccountTrace:
        return _AccountTrace(self._tracer, claim)

    def run_ended(self, run: EndedRun) -> None:
        self._ids.of = _run_context(run.code, run.number)
        attributes = _of_run(run.code, run.number) | {"trasloco.outcome": run.status}
        span = self._runs.start_span("run", start_time=_nanoseconds(run.started_at), attributes=attributes)
        if run.status == RunState.FAILED:
            span.set_status(Status(StatusCode.ERROR))
        span.end(_nanoseconds(run.ended_at))


class _AccountTrace(AccountTrace):
    """folders, batches: spans that are open, by the ids that the ledger gives them."""

    def __init__(self, tracer: Tracer, claim: Claim) -> None:
        self._tracer = tracer
        code = claim.account.migration.code
        ids: dict[str, str | int] = {"trasloco.account_id": claim.account.pk, "trasloco.transfer_id": claim.transfer_id}
        link = Link(_run_context(code, claim.number))
        self._span = tracer.start_span("account", links=[link], attributes=_of_run(code, claim.number) | ids)
        self.fields: Mapping[str, str] = {"trace_id": trace.format_trace_id(self._span.get_span_context().trace_id)}
        self._folders: dict[int, Span] = {}
        self._batches: dict[int, Span] = {}

    def ledger(self, ledger: Ledger) -> Ledger:
        return cast(Ledger, _TracedLedger(ledger, self)) if self._span.is_recording() else ledger

    def sink(self, sink: Sink) -> Sink:
        return cast(Sink, _TracedSink(sink, self._span)) if self._span.is_recording() else sink

    def ended(self, how: str, outcome: Outcome | None = None) -> None:
        for span in (*self._batches.values(), *self._folders.values()):
            span.set_attribute("trasloco.interrupted", True)
            span.end()
        self._batches.clear()
        self._folders.clear()
        self._span.set_attribute("trasloco.outcome", how)
        if outcome is not None:
            self._span.set_attribute("trasloco.bytes", outcome.size)
            if outcome.failure is not None:
                self._span.set_attributes({"error.type": outcome.failure.code, "trasloco.side": outcome.failure.side.value})
            if outcome.status is RunStatus.FAILED:
                self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()

    def look_into(self, folder: int) -> Span:
        """The span of this folder, begun if it is not."""
        if folder not in self._folders:
            self._folders[folder] = self._child("folder", self._span, {"trasloco.folder_id": folder})
        return self._folders[folder]

    def complete(self, record: FolderRecord) -> None:
        """The pass over a folder has ended; one that was unchanged was never looked into."""
        if (span := self._folders.pop(record.id, None)) is not None:
            if record.tally is not None:
                span.set_attribute("trasloco.messages", record.tally.source)
            span.end()

    def begin(self, folder: int, intent: int, messages: int) -> None:
        self._batches[intent] = self._child("batch", self.look_into(folder), {"trasloco.messages": messages})

    def settle(self, intent: int, rows: Sequence[MessageRow]) -> None:
        if (span := self._batches.pop(intent, None)) is not None:
            span.set_attribute("trasloco.copied", sum([row.fate is Fate.COPIED for row in rows]))
            span.set_attribute("trasloco.bytes", sum([row.size for row in rows if row.fate is Fate.COPIED]))
            span.end()

    def _child(self, name: str, parent: Span, attributes: dict[str, int]) -> Span:
        return self._tracer.start_span(name, trace.set_span_in_context(parent), attributes=attributes)


class _TracedLedger:
    """Passes everything on; what concerns a folder or a batch is seen."""

    def __init__(self, ledger: Ledger, seen: _AccountTrace) -> None:
        self._ledger, self._seen = ledger, seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def revalidate(self, folder_id: int, *marks: Any) -> None:
        self._seen.look_into(folder_id)
        await self._ledger.revalidate(folder_id, *marks)

    async def intents(self, folder_id: int) -> Any:
        self._seen.look_into(folder_id)
        return await self._ledger.intents(folder_id)

    async def record(self, folder_id: int, rows: Sequence[MessageRow]) -> None:
        self._seen.look_into(folder_id)
        await self._ledger.record(folder_id, rows)

    async def begin(self, folder_id: int, uidvalidity: int | None, uidnext: int, uids: Sequence[int], *more: Any, **named: Any) -> int:
        intent = await self._ledger.begin(folder_id, uidvalidity, uidnext, uids, *more, **named)
        self._seen.begin(folder_id, intent, len(uids))
        return intent

    async def settle(self, intent_id: int, rows: Sequence[MessageRow]) -> None:
        await self._ledger.settle(intent_id, rows)
        self._seen.settle(intent_id, rows)

    async def moved(self, *where: Any, intent: int | None = None, **known: Any) -> None:
        await self._ledger.moved(*where, intent=intent, **known)
        if intent is not None:
            self._seen.settle(intent, where[-1])

    async def complete(self, record: FolderRecord) -> None:
        await self._ledger.complete(record)
        self._seen.complete(record)


class _TracedSink:
    """Passes everything on; what went wrong meanwhile is an event of the account, by its name."""

    def __init__(self, sink: Sink, span: Span) -> None:
        self._sink, self._span = sink, span

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sink, name)

    def write(self, entry: Entry) -> None:
        if entry.level is not Level.INFO:
            self._span.add_event(entry.action, {"trasloco.level": entry.level.value})
        self._sink.write(entry)


class _RunIds(IdGenerator):
    """of: the span that is made next."""

    of: SpanContext

    def generate_trace_id(self) -> int:
        return self.of.trace_id

    def generate_span_id(self) -> int:
        return self.of.span_id


def _run_context(code: str, number: int) -> SpanContext:
    """Of the span of a run: the same on all machines, before there is one."""
    digest = hashlib.sha256(f"trasloco run {code} {number}".encode()).digest()
    ids = int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:24], "big")
    return SpanContext(*ids, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _of_run(code: str, number: int) -> dict[str, str | int]:
    return {"trasloco.migration": code, "trasloco.run": number}


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000
