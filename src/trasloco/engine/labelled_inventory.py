"""Inventories that also know what Gmail tells of each message: its own number, and its labels."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import cast

from trasloco.engine.inventory import Inventory
from trasloco.engine.ledger import Known
from trasloco.imap.values import Fetched

_LARGEST = 2**64 - 1  # what a message is known by; a server that says more has not understood it


class IdentifiedInventory(Inventory):
    """An inventory that knows X-GM-MSGID: 8 bytes more for each message."""

    _columns = (*Inventory._columns, "_identities")

    def __init__(self) -> None:
        super().__init__()
        self._identities = array("Q")

    def identity(self, position: int) -> int | None:
        return self._identities[position] or None

    def add_known(self, rows: Sequence[Known]) -> None:
        super().add_known(rows)
        self._identities.extend([row.identity or 0 for row in rows])

    def _more(self, columns: Sequence[Sequence[bytes | None]]) -> None:
        self._identities.extend([min(int(number or 0), _LARGEST) for number in columns[6]])

    def _put(self, index: int, item: Fetched) -> None:
        super()._put(index, item)
        number = item.other.get("X-GM-MSGID")
        self._identities.insert(index, min(number, _LARGEST) if isinstance(number, int) else 0)


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
        self._sets.insert(index, self._number(labels))

    def add_known(self, rows: Sequence[Known]) -> None:
        super().add_known(rows)
        self._sets.extend([self._number(frozenset())] * len(rows))

    def _more(self, columns: Sequence[Sequence[bytes | None]]) -> None:
        super()._more(columns)
        self._sets.extend([self._number(frozenset())] * len(columns[1]))  # lines that tell labels come one by one

    def _number(self, labels: frozenset[bytes]) -> int:
        number = self._numbers.get(labels)
        if number is None:
            number = self._numbers[labels] = len(self.sets)
            self.sets.append(labels)
        return number
