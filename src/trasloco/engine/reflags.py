"""``Reflags``: changes of flags by the hundred thousand, 16 bytes each: a folder that is adopted may have as many as messages."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reflag:
    """Flags changed on the source since the ledger last saw them."""

    source_uid: int
    destination_uid: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Alike:
    """The messages whose flags changed from the same to the same; their UIDs go side by side."""

    before: str
    after: str
    source_uids: array[int]
    destination_uids: array[int]


class Reflags:
    """Kept by what changed into what, so in no order. A message has one change at most."""

    def __init__(self, changes: Iterable[Reflag] = ()) -> None:
        self._alike: dict[tuple[str, str], Alike] = {}
        self.extend(changes)

    def __len__(self) -> int:
        return sum(len(alike.source_uids) for alike in self._alike.values())

    def __iter__(self) -> Iterator[Reflag]:
        for alike in self._alike.values():
            for source_uid, destination_uid in zip(alike.source_uids, alike.destination_uids, strict=True):
                yield Reflag(source_uid, destination_uid, alike.before, alike.after)

    @property
    def alike(self) -> Iterable[Alike]:
        return self._alike.values()

    def append(self, change: Reflag) -> None:
        key = change.before, change.after
        alike = self._alike.get(key)
        if alike is None:
            alike = self._alike[key] = Alike(*key, array("Q"), array("Q"))
        alike.source_uids.append(change.source_uid)
        alike.destination_uids.append(change.destination_uid)

    def extend(self, changes: Iterable[Reflag]) -> None:
        for change in changes:
            self.append(change)
