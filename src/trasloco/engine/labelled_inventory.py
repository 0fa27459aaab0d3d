"""Inventories that also know what Gmail tells of each message: its own number, and its labels."""

from __future__ import annotations

from array import array
from typing import cast

from trasloco.engine.inventory import Inventory
from trasloco.imap.values import Fetched


class IdentifiedInventory(Inventory):
    """An inventory that knows X-GM-MSGID: 8 bytes more for each message."""

    _columns = (*Inventory._columns, "_identities")

    def __init__(self) -> None:
        super().__init__()
        self._identities = array("Q")

    def identity(self, position: int) -> int | None:
        return self._identities[position] or None

    def _put(self, index: int, item: Fetched) -> None:
        super()._put(index, item)
        number = item.other.get("X-GM-MSGID")
        self._identities.insert(index, number if isinstance(number, int) else 0)


class LabelledInventory(IdentifiedInventory):
    """And X-GM-LABELS: 4 bytes more, since few sets of labels differ."""

    _columns = (*IdentifiedInventory._columns, "_sets")

    def __init__(self) -> None:
        super().__init__()
        self._sets = array("I")
        self.sets: list[frozenset[bytes]] = []
        self._numbers: dict[frozenset[bytes], int] = {}

    def set_number(self, position: int) -> int:
        """Which of ``sets`` the message has."""
        return self._sets[position]

    def _put(self, index: int, item: Fetched) -> None:
        super()._put(index, item)
        labels = frozenset(cast(tuple[bytes, ...], item.other.get("X-GM-LABELS") or ()))
        number = self._numbers.get(labels)
        if number is None:
            number = self._numbers[labels] = len(self.sets)
            self.sets.append(labels)
        self._sets.insert(index, number)
