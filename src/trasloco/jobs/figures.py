"""What is counted of a worker's work: a port, and the body that counts nothing.

``prometheus_figures.PrometheusFigures`` is the other body. What is said here concerns a batch, a statement or a transfer, never
a single message, so that counting costs nothing that could be measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from trasloco.engine.account import Outcome
from trasloco.engine.failure import SideName
from trasloco.engine.ledger import Ledger, MessageRow


class Figures:
    """All methods are quick and raise nothing."""

    def in_hand(self, transfers: int) -> None:
        """So many transfers are under way in this process now."""

    def ended(self, outcome: Outcome) -> None:
        """An attempt at a transfer came to an end that was written down."""

    def put_down(self, *, taken_over: bool) -> None:
        """An attempt ended without one: this worker stops, or somebody else has the transfer (taken_over)."""

    def written(self, rows: Sequence[MessageRow]) -> None:
        """Rows of messages are in the ledger."""

    def statement(self, name: str, seconds: float) -> None:
        """A statement of the ledger, by its name, with the wait for a connection."""

    def throttled(self, side: SideName) -> None:
        """A server said that it was too much."""

    def loop_was_late(self, seconds: float) -> None:
        """The event loop came back so much later than it was asked to."""


def counted(ledger: Ledger, figures: Figures) -> Ledger:
    """``ledger``, whose rows are counted when they are written."""
    return cast(Ledger, _CountedLedger(ledger, figures))


class _CountedLedger:
    """Passes everything on; the three verbs that write rows count them."""

    def __init__(self, ledger: Ledger, figures: Figures) -> None:
        self._ledger, self._figures = ledger, figures

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def settle(self, intent_id: int, rows: Sequence[MessageRow]) -> None:
        await self._ledger.settle(intent_id, rows)
        self._figures.written(rows)

    async def record(self, folder_id: int, rows: Sequence[MessageRow]) -> None:
        await self._ledger.record(folder_id, rows)
        self._figures.written(rows)

    async def moved(
        self, old_folder_id: int | None, old_uids: Sequence[int], folder_id: int, rows: Sequence[MessageRow], **known: Any
    ) -> None:
        await self._ledger.moved(old_folder_id, old_uids, folder_id, rows, **known)
        self._figures.written(rows)
