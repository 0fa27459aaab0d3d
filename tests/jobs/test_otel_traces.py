"""Traces as a collector gets them, by the real protocol: a run, its accounts, their folders, their batches."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from asgiref.sync import sync_to_async

from tests.jobs.otlp_receiver import OtlpReceiver
from tests.jobs.test_worker import Copies, started, worked
from trasloco.engine.account import Outcome, Settings, Side
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.ledger import Ledger
from trasloco.engine.pace import AccountPace
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.records.key_ring import KeyRing

if TYPE_CHECKING:
    from trasloco.jobs.otel_traces import OtelTraces

pytestmark = pytest.mark.usefixtures("clean_database")


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    with OtlpReceiver() as receiver:
        yield receiver


@pytest.fixture
def traces(receiver: OtlpReceiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[OtelTraces]:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=movers")
    from trasloco.jobs.otel_traces import OtelTraces

    traces = OtelTraces(receiver.address)
    yield traces
    traces.close()


class Complaining(Copies):
    """Completes its folder, and has something to complain about."""

    async def __call__(
        self, source: Side, destination: Side, ledger: Ledger, settings: Settings, number: int, sink: Sink, *, pace: AccountPace
    ) -> Outcome:
        sink.write(Entry(Level.WARNING, "connection-lost", "Source anna@example.org: the connection was lost.", "Private letters"))
        outcome = await super().__call__(source, destination, ledger, settings, number, sink, pace=pace)
        await ledger.complete((await ledger.folders())[0])
        return outcome


async def test_a_collector_gets_run_account_folder_and_batch(ring: KeyRing, receiver: OtlpReceiver, traces: OtelTraces) -> None:
    run = await sync_to_async(started)(ring, 3)
    code = await sync_to_async(lambda: run.migration.code)()
    await worked(run, Complaining(), runs=[run.pk], traces=traces)
    await asyncio.to_thread(traces.close)
    assert sorted(span.name for span in receiver.spans) == ["account"] * 3 + ["batch"] * 3 + ["folder"] * 3 + ["run"]
    (whole,) = receiver.named("run")
    assert whole.parent == ""
    assert whole.attributes == {"trasloco.migration": code, "trasloco.run": 1, "trasloco.outcome": "completed"}
    assert receiver.headers[0]["x-tenant"] == "movers"
    for account in receiver.named("account"):
        assert account.parent == ""
        assert account.links == (f"{whole.trace} {whole.id}",)
        assert whole.begun <= account.begun < account.ended
        assert account.attributes["trasloco.migration"] == code
        assert account.attributes["trasloco.outcome"] == "completed"
        assert account.attributes["trasloco.bytes"] == 600
        assert account.events == ("connection-lost",)
        assert account.resource["service.name"] == "trasloco"
        (folder,) = (span for span in receiver.named("folder") if span.parent == account.id)
        (batch,) = (span for span in receiver.named("batch") if span.parent == folder.id)
        assert folder.trace == batch.trace == account.trace
        assert account.begun <= folder.begun <= batch.begun <= batch.ended <= folder.ended <= account.ended
        assert batch.attributes == {"trasloco.messages": 3, "trasloco.copied": 3, "trasloco.bytes": 600}
    assert len({account.trace for account in receiver.named("account")}) == 3


async def test_no_address_no_folder_and_no_words_leave_the_machine(ring: KeyRing, receiver: OtlpReceiver, traces: OtelTraces) -> None:
    run = await sync_to_async(started)(ring, 1)
    copies = Complaining()
    words = "Source mail.example.org says: anna@example.org is not known here."
    copies.failures["a1@example.org"] = [Failure(SideName.SOURCE, Scope.ACCOUNT, Retry.NEVER, "login-refused", words)]
    await worked(run, copies, runs=[run.pk], traces=traces)
    await asyncio.to_thread(traces.close)
    (account,) = receiver.named("account")
    assert (account.failed, account.attributes["error.type"], account.attributes["trasloco.side"]) == (True, "login-refused", "source")
    (whole,) = receiver.named("run")
    assert whole.failed
    sent = b"".join(receiver.raw)
    assert b"login-refused" in sent
    for private in (b"anna", b"example", b"INBOX", b"Private", b"not known"):
        assert private not in sent


async def test_what_is_put_down_says_so_and_leaves_no_span_open(ring: KeyRing, receiver: OtlpReceiver, traces: OtelTraces) -> None:
    from trasloco.jobs.worker import work
    from trasloco.records.models import LedgerIntent

    run = await sync_to_async(started)(ring, 5)
    copies, stop = Copies(), asyncio.Event()
    copies.let_go.clear()
    working = asyncio.create_task(work(runs=[run.pk], copy=copies, stop=stop, traces=traces))
    async with asyncio.timeout(60):
        while await sync_to_async(LedgerIntent.objects.count)() < 5:  # noqa: ASYNC110 - nobody sets an event
            await asyncio.sleep(0.05)
        stop.set()
        await working
    await asyncio.to_thread(traces.close)
    assert sorted(span.name for span in receiver.spans) == ["account"] * 5 + ["batch"] * 5 + ["folder"] * 5  # the run goes on
    assert {span.attributes["trasloco.outcome"] for span in receiver.named("account")} == {"put_down"}
    assert all(span.attributes["trasloco.interrupted"] for span in (*receiver.named("folder"), *receiver.named("batch")))


async def test_the_log_names_the_trace(ring: KeyRing, receiver: OtlpReceiver, traces: OtelTraces) -> None:
    from trasloco.records.log_fields import log_fields

    seen = []

    class Seeing(Copies):
        async def __call__(self, *arguments, **named) -> Outcome:  # type: ignore[no-untyped-def] # the engine's own
            seen.append(log_fields()["trace_id"])
            return await super().__call__(*arguments, **named)

    run = await sync_to_async(started)(ring, 1)
    await worked(run, Seeing(), runs=[run.pk], traces=traces)
    await asyncio.to_thread(traces.close)
    assert seen == [receiver.named("account")[0].trace]


async def test_accounts_that_a_sampler_leaves_out_cost_nothing_and_the_run_is_told(
    ring: KeyRing, receiver: OtlpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trasloco.jobs.otel_traces import OtelTraces

    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0")
    traces = OtelTraces(receiver.address)
    run = await sync_to_async(started)(ring, 2)
    await worked(run, Copies(), runs=[run.pk], traces=traces)
    await asyncio.to_thread(traces.close)
    assert [span.name for span in receiver.spans] == ["run"]


async def test_a_collector_that_is_away_holds_nobody_up(ring: KeyRing) -> None:
    from trasloco.jobs.otel_traces import OtelTraces

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # bound, and nobody listens
        traces = OtelTraces(f"http://127.0.0.1:{silent.getsockname()[1]}")
        run = await sync_to_async(started)(ring, 2)
        await worked(run, Copies(), runs=[run.pk], traces=traces)
        async with asyncio.timeout(30):
            await asyncio.to_thread(traces.close)


def test_a_collector_that_is_away_is_said_once_and_so_is_its_return(receiver: OtlpReceiver, caplog: pytest.LogCaptureFixture) -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    from trasloco.jobs import otel_export

    caplog.set_level("INFO")
    receiver.refuses = True
    exporter = otel_export.CollectorExporter(f"{receiver.address}/v1/traces")
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    for _ in range(3):
        provider.get_tracer("test").start_span("lost").end()
    receiver.refuses = False
    for _ in range(2):
        provider.get_tracer("test").start_span("found").end()
    provider.shutdown()
    assert [span.name for span in receiver.spans] == ["found", "found"]
    ours = [record.message for record in caplog.records if record.name == otel_export.__name__]
    assert ours == ["the collector takes no traces; they are lost until it does", "the collector takes traces again"]
    theirs = [record for record in caplog.records if record.name.startswith("opentelemetry")]
    assert len(theirs) == 1


def test_nothing_of_it_is_loaded_where_nobody_wants_traces() -> None:
    modules = "trasloco.project.commands.worker, trasloco.jobs.traces, trasloco.jobs.figures"
    words = f"import sys, {modules}; print([name for name in sys.modules if name.startswith(('opentelemetry', 'prometheus_client'))])"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"
