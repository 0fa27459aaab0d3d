"""The metrics of the panel's process, and of what the database knows; under ``serve`` those of all its processes, which it answers for."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from trasloco.project.metrics_sharing import listen_for_metrics

if TYPE_CHECKING:
    from trasloco.panel.body_limit import Application


@contextmanager
def panel_metrics(
    address: tuple[str, int] | None, opened: int | None, place: Path | None
) -> Iterator[Callable[[Application], Application]]:
    """Gives what is to be put around the panel's application.

    address: where this process answers for itself. opened, place: under ``serve``, the file descriptor of the socket, and where the
    process keeps its metrics, beside those of the others. Django must be set up. Raises ``Halt``.
    """
    if address is None and opened is None:
        yield lambda application: application
        return
    from prometheus_client import CollectorRegistry

    from trasloco.project.measured_requests import MeasuredRequests
    from trasloco.project.metrics_files import sum_of, write_into
    from trasloco.project.metrics_listener import listening
    from trasloco.project.standing_metrics import StandingMetrics

    own = shown = CollectorRegistry()
    with ExitStack() as stack:
        if place is not None:
            write_into(place)
            shown = sum_of(place.parent)
        shown.register(StandingMetrics())
        listener = socket.socket(fileno=opened) if opened is not None else listen_for_metrics(address or ("", 0))
        stack.enter_context(listening(stack.enter_context(listener), shown))
        yield lambda application: MeasuredRequests(application, own)
