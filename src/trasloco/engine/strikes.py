"""Which messages were on their way each time a connection broke.

A line that breaks once is a line that broke. The same messages on their way twice are suspects:
they go last and alone from then on, so that the next break names the one. One that breaks the line
again and again is given up, and the rest goes on; but only when the line has carried others since,
for a line that carries nothing says nothing about a message.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

SUSPECT_AFTER = 2
"""Lost connections with the same message on its way before it goes alone."""


class FolderStrikes:
    """Counts by source UID for one folder."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._proven: set[int] = set()

    def add(self, uids: Iterable[int]) -> None:
        self._counts.update(uids)

    def carried(self) -> None:
        """Some other message has arrived: the line works."""
        self._proven.update(self._counts)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._counts)

    def convicted(self, times: int, left: Collection[int]) -> set[int]:
        """UIDs of ``left`` (those still to be brought) to be given up. One that is left alone in its folder
        has nobody to prove the line by: it gets one more chance."""
        guilty = self.struck(times) & self._proven
        if len(left) == 1:
            guilty |= self.struck(times + 1)
        return {uid for uid in guilty if uid in left}

    def order(self, uid: int) -> int:
        """Sort key: suspects last. As long as the line is not proven, the least suspected of them first, to prove
        it; then the one nearest to its end first, so that it comes to one."""
        count = self._counts.get(uid, 0)
        if count < SUSPECT_AFTER:
            return 0
        return 1000 - count if uid in self._proven else count

    def suspects_last(self, positions: Iterable[int], uids: Sequence[int]) -> array[int]:
        """The positions as they come, but for those of suspects, which follow by ``order``. uids: by position."""
        plain = array("Q")
        suspects: list[int] = []
        for position in positions:
            (suspects if self.order(uids[position]) else plain).append(position)
        plain.extend(sorted(suspects, key=lambda position: self.order(uids[position])))
        return plain

    def struck(self, times: int) -> set[int]:
        """UIDs with at least so many strikes."""
        return {uid for uid, count in self._counts.items() if count >= times}


class Strikes:
    """Counts of one account's transfer, by the ledger's folder id; lives as long as the transfer."""

    def __init__(self) -> None:
        self._folders: dict[int, FolderStrikes] = {}

    def of(self, folder_id: int) -> FolderStrikes:
        return self._folders.setdefault(folder_id, FolderStrikes())
