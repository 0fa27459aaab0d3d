"""The folders that go over one pair of connections, one after the other, the next one opened ahead.

While the destination's last answers for a folder are awaited the next one is opened already: of the three
round trips of a small folder one is spared.
"""

from __future__ import annotations

from collections.abc import Callable

from trasloco.engine.folder_run import FolderRun
from trasloco.engine.ledger import FolderRecord
from trasloco.imap.values import Status

Turn = tuple[FolderRecord, FolderRun, Status | None]
"""A pair of folders, its run, and the destination folder as listed."""


class Succession:
    """Iterate it for the turns of one lane; each run may call ``begin`` and ``take_back`` (``folder_run.Following``).

    next_turn: makes the next one, None when there is none left.
    """

    def __init__(self, next_turn: Callable[[], Turn | None]) -> None:
        self._next_turn = next_turn
        self._ahead: Turn | None = None

    def __iter__(self) -> Succession:
        return self

    def __next__(self) -> Turn:
        turn, self._ahead = self._ahead or self._next_turn(), None
        if turn is None:
            raise StopIteration
        return turn

    def begin(self) -> None:
        self._ahead = self._ahead or self._next_turn()
        if self._ahead is not None:
            _, run, status = self._ahead
            run.open_ahead(status)

    async def take_back(self) -> None:
        if self._ahead is not None:
            await self._ahead[1].close_again()

    def give_up(self) -> None:
        """The lane has ended, by a failure perhaps."""
        if self._ahead is not None:
            self._ahead[1].give_up()
