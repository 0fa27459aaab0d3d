"""A ledger whose rows are given the source's identity of their message as they are written, whoever writes them.

Copied, adopted, moved, left out or refused: every row of a folder has it, so that a later folder or run finds the message by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from trasloco.engine.inventory import Inventory
from trasloco.engine.ledger import Ledger, MessageRow


def identified(ledger: Ledger, inventory: Inventory) -> Ledger:
    """``ledger`` for the folder whose messages ``inventory`` lists."""
    return cast(Ledger, _IdentifiedLedger(ledger, inventory))


class _IdentifiedLedger:
    """Passes everything on; only the four verbs that write rows see to them first."""

    def __init__(self, ledger: Ledger, inventory: Inventory) -> None:
        self._ledger, self._inventory = ledger, inventory

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def settle(self, intent_id: int, rows: Sequence[MessageRow]) -> None:
        self._identify(rows)
        await self._ledger.settle(intent_id, rows)

    async def narrow(self, intent_id: int, source_uids: Sequence[int], flags: Sequence[str] = (), rows: Sequence[MessageRow] = ()) -> None:
        self._identify(rows)
        await self._ledger.narrow(intent_id, source_uids, flags, rows)

    async def record(self, folder_id: int, rows: Sequence[MessageRow]) -> None:
        self._identify(rows)
        await self._ledger.record(folder_id, rows)

    async def moved(
        self, old_folder_id: int | None, old_uids: Sequence[int], folder_id: int, rows: Sequence[MessageRow], **known: Any
    ) -> None:
        self._identify(rows)
        await self._ledger.moved(old_folder_id, old_uids, folder_id, rows, **known)

    def _identify(self, rows: Iterable[MessageRow]) -> None:
        for row in rows:
            position = self._inventory.position(row.source_uid)
            if position is not None:
                row.identity = self._inventory.identity(position)
