"""A ``DelayProxy`` in a process of its own, so that its work is nobody's processor time."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection as Pipe
from types import TracebackType
from typing import Self

from trasloco.testing.delay_proxy import DelayProxy


class Distance:
    """port: where the server is found at this distance. seconds: of the round trip."""

    def __init__(self, server_port: int, seconds: float) -> None:
        self._server_port, self._seconds = server_port, seconds
        self.port = 0

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._server_port, self._seconds), daemon=True)
        self._process.start()
        self.port = self._pipe.recv()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pipe.send("end")
        self._process.join(10)

    def turns(self) -> int:
        """Round trips since the last time this was asked."""
        self._pipe.send("turns")
        return int(self._pipe.recv())


def _serve(pipe: Pipe, server_port: int, seconds: float) -> None:
    with DelayProxy("127.0.0.1", server_port, seconds) as proxy:
        pipe.send(proxy.port)
        while pipe.recv() == "turns":
            pipe.send(proxy.turns)
            proxy.reset()
