"""Something else happens while a run is under way: at a place of the run, not at a moment of the clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trasloco.engine.ledger import Ledger


class MeanwhileLedger:
    """A ledger that calls ``what`` once, before the ``at``-th call of one of its verbs ("begin", "settle", ...).

    What it does is done by another client, past the run, while the run waits: both servers' folders
    are open and messages are on their way.
    """

    def __init__(self, inner: Ledger, verb: str, at: int, what: Callable[[], object]) -> None:
        self._inner, self._verb, self._at, self._what = inner, verb, at, what
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._inner, name)
        if name != self._verb:
            return verb

        async def call(*arguments: Any, **named: Any) -> Any:
            self.calls += 1
            if self.calls == self._at:
                self._what()
            return await verb(*arguments, **named)

        return call
