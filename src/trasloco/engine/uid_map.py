"""``UidMap``: from UIDs of a folder to numbers, in 16 bytes each, where a ``dict`` takes a hundred."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, MutableMapping

from trasloco.imap.number_set import place_of, rising


class UidMap(MutableMapping[int, int]):
    """Empty at first, with room for ``uids``: what is set of others takes as much as in a ``dict``. Its order is that of the UIDs,
    those others at the end.

    The numbers are at least 0 and below 2^64 - 1.
    """

    __slots__ = ("_count", "_others", "_uids", "_values")

    def __init__(self, uids: Iterable[int] = ()) -> None:
        self._uids = rising(uids)
        self._values = array("Q", bytes(8 * len(self._uids)))  # the number and one: 0 is nothing
        self._count = 0
        self._others: dict[int, int] = {}

    def __getitem__(self, uid: int) -> int:
        position = place_of(uid, self._uids)
        if position is None:
            return self._others[uid]
        if not self._values[position]:
            raise KeyError(uid)
        return self._values[position] - 1

    def __setitem__(self, uid: int, number: int) -> None:
        position = place_of(uid, self._uids)
        if position is None:
            self._others[uid] = number
        else:
            self._count += not self._values[position]
            self._values[position] = number + 1

    def __delitem__(self, uid: int) -> None:
        position = place_of(uid, self._uids)
        if position is None:
            del self._others[uid]
        elif not self._values[position]:
            raise KeyError(uid)
        else:
            self._values[position] = 0
            self._count -= 1

    def __iter__(self) -> Iterator[int]:
        yield from (uid for uid, value in zip(self._uids, self._values, strict=True) if value)
        yield from self._others

    def __len__(self) -> int:
        return self._count + len(self._others)
