"""Ends the process, as far as both servers can tell, at any one write to either of them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

import pytest

from trasloco.engine.account import Outcome
from trasloco.imap.connection import Connection


class Goes(Protocol):
    """An account whose runs can be killed."""

    def go(self, number: int = 1) -> Coroutine[Any, Any, Outcome]: ...


class Killer:
    """Ends the process, as far as both servers can tell, when it makes its ``at``-th write to either of them.

    half: only the first half of that write still goes out. writes: how many there were. outcome: None when it was killed.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, *, half: bool) -> None:
        self.writes = 0
        self._at, self._half = at, half
        self._connections: list[Connection] = []
        flush = Connection._flush

        def counting(connection: Connection) -> None:
            pieces = connection.protocol._out
            if pieces and connection.transport is not None and connection.error is None:
                self.writes += 1
                if connection not in self._connections:
                    self._connections.append(connection)
                if self.writes == self._at:
                    if self._half:
                        whole = b"".join(pieces)
                        pieces[:] = [whole[: len(whole) // 2]]
                    flush(connection)
                    self._end()
                    return
            flush(connection)

        monkeypatch.setattr(Connection, "_flush", counting)

    def _end(self) -> None:
        for connection in self._connections:
            connection.abort()
        assert self.task is not None
        self.task.cancel()

    task: asyncio.Task[Outcome] | None = None
    outcome: Outcome | None = None

    def run(self, account: Goes, number: int) -> bool:
        """Whether it was killed before it was done."""

        async def main() -> bool:
            self.task = asyncio.ensure_future(account.go(number))
            await asyncio.wait([self.task])
            if self.task.cancelled():
                return True
            self.outcome = self.task.result()
            return False

        return asyncio.run(main())
