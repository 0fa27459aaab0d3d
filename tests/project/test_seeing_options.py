from __future__ import annotations

import os

import click
import pytest
from click.testing import CliRunner, Result

from trasloco.engine.own_ports import own_part
from trasloco.project import worker_traces
from trasloco.project.halt import Halt
from trasloco.project.options import SectionedCommand
from trasloco.project.seeing_options import health_option, seeing_options, traces_option

NAMES = ("TRASLOCO_LOG_FORMAT", "TRASLOCO_LOG_TO", "TRASLOCO_METRICS", "TRASLOCO_TRACES", "TRASLOCO_HEALTH")


@click.command(cls=SectionedCommand)
@seeing_options
@traces_option
@health_option
def probe(metrics: tuple[str, int] | None, health: tuple[str, int] | None) -> None:
    """Says what this process, and those it starts, would find."""
    click.echo(" ".join([str(metrics), *(os.environ[name] for name in NAMES[:4])]))


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """The options write into the environment."""
    for name in NAMES:
        monkeypatch.setenv(name, "")


def run(*words: str) -> Result:
    return CliRunner().invoke(probe, list(words))


def test_what_is_said_is_found_by_the_processes_we_start() -> None:
    done = run("--log-format", "json", "--log-to", "stderr", "--metrics", "9464", "--traces", "http://127.0.0.1:4318/")
    assert done.output == "('127.0.0.1', 9464) json stderr 127.0.0.1:9464 http://127.0.0.1:4318\n"


def test_nothing_is_on_that_was_not_asked_for() -> None:
    assert run().output == "None text file  \n"


@pytest.mark.parametrize(
    ("words", "found"),
    [("0.0.0.0:9464", ("0.0.0.0", 9464)), ("[::1]:80", ("::1", 80)), ("metrics.example.net:1", ("metrics.example.net", 1))],
)
def test_an_address_may_stand_before_the_port(words: str, found: tuple[str, int]) -> None:
    assert run("--metrics", words).output.startswith(str(found))


@pytest.mark.parametrize("words", ["", ":9464", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:-1", "http://127.0.0.1"])
def test_what_is_no_address_is_said(words: str) -> None:
    done = run("--metrics", words)
    assert (done.exit_code, "Write for example 9464, or 127.0.0.1:9464." in done.output) == (2, True)


@pytest.mark.parametrize("words", ["127.0.0.1:4318", "ftp://127.0.0.1", "http://", "http://c/?key=1"])
def test_what_is_no_collector_is_said(words: str) -> None:
    done = run("--traces", words)
    assert (done.exit_code, "is not the address of a collector" in done.output) == (2, True)


@pytest.mark.parametrize(
    "words", ["https://movers:never-repeated@collector.example", "movers:never-repeated@collector", "ftp://m:never-repeated@c"]
)
def test_a_password_in_the_address_is_refused_and_not_repeated(words: str) -> None:
    done = run("--traces", words)
    assert done.exit_code == 2
    assert "OTEL_EXPORTER_OTLP_HEADERS" in done.output
    assert "repeated" not in done.output


async def test_nobody_is_led_to_the_metrics_or_probes() -> None:
    run("--metrics", "127.0.0.1:9464", "--health", "8081")
    assert await own_part("127.0.0.1", 9464) == "metrics"
    assert await own_part("127.0.0.1", 8081) == "probes"
    assert await own_part("127.0.0.1", 9465) == ""


def test_traces_without_their_libraries_end_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_traces, "_NEEDED", "opentelemetry_that_nobody_has.exporter")
    worker_traces.check_traces(None)
    with pytest.raises(Halt, match=r"pip install 'trasloco\[otel\]'"):
        worker_traces.check_traces("http://127.0.0.1:4318")
