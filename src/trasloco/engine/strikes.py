"""Which messages were on their way each time a connection broke.

A line that breaks once is a line that broke. The same messages on their way twice are suspects:
they go alone from then on, so that the next break names the one. One that breaks the line alone
again and again is given up, and the rest goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable


class FolderStrikes:
    """Counts by source UID for one folder."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def add(self, uids: Iterable[int]) -> None:
        self._counts.update(uids)

    def struck(self, times: int) -> set[int]:
        """UIDs with at least so many strikes."""
        return {uid for uid, count in self._counts.items() if count >= times}


class Strikes:
    """Counts of one account's transfer, by the ledger's folder id; lives as long as the transfer."""

    def __init__(self) -> None:
        self._folders: dict[int, FolderStrikes] = {}

    def of(self, folder_id: int) -> FolderStrikes:
        return self._folders.setdefault(folder_id, FolderStrikes())
