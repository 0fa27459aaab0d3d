"""A ``DelayProxy`` in a process of its own, so that its work is nobody's processor time."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection as Pipe
from types import TracebackType
from typing import Self

from trasloco.testing.delay_proxy import DelayProxy


class Distance:
    """port: where the server is found at this distance. seconds, rate, listen: as of ``DelayProxy``."""

    def __init__(self, server_port: int, seconds: float = 0.0, rate: float | None = None, listen: str = "127.0.0.1") -> None:
        self._what = server_port, seconds, rate, listen
        self.host, self.port = listen, 0

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, *self._what), daemon=True)
        self._process.start()
        self.port = self._pipe.recv()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pipe.send("end")
        self._process.join(10)

    def turns(self) -> int:
        """Round trips since the last time this was asked."""
        return self._ask("turns")

    def most(self) -> int:
        """Connections that clients had open at once, at most, since the last time ``turns`` was asked."""
        return self._ask("most")

    def _ask(self, word: str) -> int:
        self._pipe.send(word)
        return int(self._pipe.recv())


def _serve(pipe: Pipe, server_port: int, seconds: float, rate: float | None, listen: str) -> None:
    with DelayProxy("127.0.0.1", server_port, seconds, rate, listen) as proxy:
        pipe.send(proxy.port)
        while (word := pipe.recv()) != "end":
            pipe.send(getattr(proxy, word))
            if word == "turns":
                proxy.reset()
