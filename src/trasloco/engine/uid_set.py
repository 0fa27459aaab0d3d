"""``UidSet``: a set of the UIDs of a folder in nine bytes each, where a ``set`` of them takes some eighty.

A mailbox of a million messages must fit into a worker beside everything else, and what is looked for among them several
times over.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, MutableSet
from heapq import merge
from itertools import compress
from typing import Self

from trasloco.imap.number_set import place_of, rising


class UidSet(MutableSet[int]):
    """In rising order, whatever the order it was made of. What is added later than that takes as much as in a ``set``.

    UIDs are numbers of at most 64 bits (``number_set.LARGEST``).
    """

    __slots__ = ("_count", "_later", "_there", "_uids")

    def __init__(self, uids: Iterable[int] = ()) -> None:
        self._uids = rising(uids)
        self._there = bytearray(b"\1") * len(self._uids)
        self._count = len(self._uids)
        self._later: set[int] = set()

    @classmethod
    def with_room_for(cls, uids: array[int]) -> Self:
        """An empty one, to which these (in rising order, and not changed any more) are added at a byte each."""
        made = cls()
        made._uids, made._there = uids, bytearray(len(uids))
        return made

    def copy(self) -> Self:
        made = type(self)()
        made._uids, made._there, made._count, made._later = self._uids, self._there[:], self._count, self._later.copy()
        return made

    def __contains__(self, uid: object) -> bool:
        if not isinstance(uid, int):
            return False
        position = place_of(uid, self._uids)
        return uid in self._later if position is None else bool(self._there[position])

    def __iter__(self) -> Iterator[int]:
        kept = compress(self._uids, self._there)
        return merge(kept, sorted(self._later)) if self._later else kept

    def __len__(self) -> int:
        return self._count

    def add(self, value: int) -> None:
        position = place_of(value, self._uids)
        if position is not None:
            self._count += not self._there[position]
            self._there[position] = 1
        elif value not in self._later:
            self._later.add(value)
            self._count += 1

    def discard(self, value: int) -> None:
        position = place_of(value, self._uids)
        if position is not None:
            self._count -= self._there[position]
            self._there[position] = 0
        elif value in self._later:
            self._later.remove(value)
            self._count -= 1

    def discard_all(self, uids: Iterable[int]) -> None:
        """In any order; those in rising order are soonest found."""
        ours, there, place, before = self._uids, self._there, 0, -1
        for uid in uids:
            place = bisect_left(ours, uid, place if uid > before else 0)
            before = uid
            if place < len(ours) and ours[place] == uid:
                self._count -= there[place]
                there[place] = 0
            elif uid in self._later:
                self._later.remove(uid)
                self._count -= 1

    def update(self, uids: Iterable[int]) -> None:
        for uid in uids:
            self.add(uid)
