"""Something else happens at one step of a run, whichever it is: before, or in the middle of, its n-th write to a server
or to the ledger.

    with Moments(port, {7: rename, 9: remove}) as moments:
        run(ledger=moments.ledger(ledger))
    assert moments.steps >= 9

The run stands still while it happens, so that another client can do what it likes between any two steps of ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, cast

from trasloco.engine.ledger import Ledger
from trasloco.imap.connection import Connection

_VERBS = frozenset(
    {"bind", "rebind", "revalidate", "forget", "retire", "begin", "settle", "narrow", "record", "reflag", "complete", "left_out", "moved"}
)
_LET_READ = 0.01  # seconds: so that the server has most likely read what it was sent before; nothing depends on it


class Moments:
    """Counts steps: writes to the server at ``port``, and those to a ledger wrapped by ``ledger``.

    plan: what is done at which step, from 1. half: a write to the server is cut in two and it happens in between.
    steps: how many there were. last: the first bytes of the planned step that came last, or the verb.
    """

    def __init__(self, port: int, plan: Mapping[int, Callable[[], object]], *, half: bool = False) -> None:
        self.steps, self.last = 0, b""
        self._port, self._plan, self._half = port, plan, half
        self._flush = Connection._flush

    def __enter__(self) -> Self:
        flush, moments = self._flush, self

        def watched(connection: Connection) -> None:
            pieces = connection.protocol._out
            transport = connection.transport
            if pieces and connection.error is None and transport and transport.get_extra_info("peername")[1] == moments._port:
                moments._write(connection, pieces)
            flush(connection)

        Connection._flush = watched  # type: ignore[method-assign, assignment]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        Connection._flush = self._flush  # type: ignore[method-assign]

    def ledger(self, inner: Ledger) -> Ledger:
        return cast(Ledger, _Stepped(inner, self))

    def step(self, what: bytes) -> None:
        """One more step; what is planned for it happens now."""
        self.steps += 1
        planned = self._plan.get(self.steps)
        if planned is not None:
            self.last = what
            time.sleep(_LET_READ)
            planned()

    def _write(self, connection: Connection, pieces: list[bytes]) -> None:
        whole = b"".join(pieces)
        if self._half and self.steps + 1 in self._plan:
            pieces[:] = [whole[: len(whole) // 2]]
            self._flush(connection)
            connection.protocol._out.append(whole[len(whole) // 2 :])
        self.step(whole[:40])


class _Stepped:
    """A ledger whose writes are steps."""

    def __init__(self, inner: Ledger, moments: Moments) -> None:
        self._inner, self._moments = inner, moments

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._inner, name)
        if name not in _VERBS:
            return verb

        async def write(*arguments: Any, **named: Any) -> Any:
            self._moments.step(name.encode())
            return await verb(*arguments, **named)

        return write
