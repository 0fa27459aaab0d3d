"""The traces of one worker process, where somebody wants them; the libraries for it are loaded only then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt

if TYPE_CHECKING:
    from trasloco.jobs.traces import Traces

_NEEDED = "opentelemetry.exporter.otlp.proto.http"


@contextmanager
def worker_traces(collector: str | None) -> Iterator[Traces | None]:
    """collector: its address, None when nobody wants traces. What is left is sent when the block ends. Django must be set up."""
    if collector is None:
        yield None
        return
    from trasloco.jobs.otel_traces import OtelTraces

    traces = OtelTraces(collector)
    try:
        yield traces
    finally:
        traces.close()


def check_traces(collector: str | None) -> None:
    """Before anything is begun. Raises ``Halt`` when the libraries for it are not there."""
    if collector is not None and not _is_there(_NEEDED):
        raise Halt("--traces needs libraries that are not installed. Install them: pip install 'trasloco[otel]'", ExitCode.USAGE)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even what it is a part of
        return False
