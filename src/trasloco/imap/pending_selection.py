"""A SELECT or EXAMINE whose answer is still to come."""

from __future__ import annotations

from collections.abc import Generator

from trasloco.imap.connection import Answer
from trasloco.imap.selection import Selection
from trasloco.imap.values import Selected


class PendingSelection:
    """A SELECT or EXAMINE that was sent; ``await`` it for the mailbox. Raises CommandFailed."""

    def __init__(self, answer: Answer, selection: Selection) -> None:
        self._answer, self._selection = answer, selection

    def __await__(self) -> Generator[object, None, Selected]:
        return self._wait().__await__()

    async def _wait(self) -> Selected:
        return self._selection.selected(await self._answer.wait())
