"""Where metrics are to be had, of one process or of one with children. Opened first, so that a taken port is said at once."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from trasloco.project.listening import listen

_OPTION = "--metrics"


@dataclass(frozen=True, slots=True)
class SharedMetrics:
    """Of a supervisor and its children. socket, directory: None when nobody wants metrics."""

    socket: socket.socket | None = None
    directory: Path | None = None

    def words(self, place: int) -> list[str]:
        """For the command line of the child at this place."""
        return [] if self.directory is None else ["--metrics-as", str(self.directory / str(place))]

    def words_of_answerer(self) -> list[str]:
        """For the child that answers for all."""
        return [] if self.socket is None else ["--metrics-listening", str(self.socket.fileno())]

    @property
    def kept(self) -> list[int]:
        """File descriptors that the children inherit."""
        return [] if self.socket is None else [self.socket.fileno()]

    def died(self, place: int) -> None:
        """The child at this place."""
        if self.directory is not None:
            from trasloco.project.metrics_files import forget_present

            forget_present(self.directory / str(place))

    @contextmanager
    def answered(self) -> Iterator[None]:
        """By this process itself, as long as the block lasts."""
        if self.socket is None or self.directory is None:
            yield
            return
        from trasloco.project.metrics_files import sum_of
        from trasloco.project.metrics_listener import listening

        with listening(self.socket, sum_of(self.directory)):
            yield


@contextmanager
def shared_metrics(address: tuple[str, int] | None, state: Path) -> Iterator[SharedMetrics]:
    """For the children of this process. address: host and port, None when nobody wants metrics. Raises ``Halt``, OSError."""
    with ExitStack() as stack:
        if address is None:
            yield SharedMetrics()
            return
        from trasloco.project.metrics_files import metrics_directory

        opened = stack.enter_context(listen_for_metrics(address))
        yield SharedMetrics(opened, stack.enter_context(metrics_directory(state)))


def listen_for_metrics(address: tuple[str, int]) -> socket.socket:
    """The listening socket. Raises ``Halt``."""
    return listen(*address, host_option=_OPTION, port_option=_OPTION)
