"""The figures of one worker process: counted for the process's own listener, or into the files its supervisor looks after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from trasloco.project.metrics_sharing import listen_for_metrics

if TYPE_CHECKING:
    from trasloco.jobs.figures import Figures


@contextmanager
def worker_figures(address: tuple[str, int] | None, place: Path | None) -> Iterator[Figures | None]:
    """address: where this process answers itself. place: of its files, when another one answers for it. None for both: nothing is counted.

    Import of Django's models must be possible by now. Raises ``Halt``.
    """
    if address is None and place is None:
        yield None
        return
    from prometheus_client import CollectorRegistry

    from trasloco.jobs.prometheus_figures import PrometheusFigures
    from trasloco.project.metrics_files import write_into
    from trasloco.project.metrics_listener import listening

    with ExitStack() as stack:
        registry = CollectorRegistry()
        if place is not None:
            write_into(place)
        elif address is not None:
            stack.enter_context(listening(stack.enter_context(listen_for_metrics(address)), registry))
        yield PrometheusFigures(registry)
