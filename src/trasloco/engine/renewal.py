"""Some servers hang up after so many refusals, and would take with them what is on its way: be earlier.

Exchange closes after ten errors in a session. Before the tenth, and only while nothing is under way,
the connection is replaced by another one with the same folder open. ``Restraint`` keeps no more on its way
than may fail.
"""

from __future__ import annotations

from collections import deque

from trasloco.engine.classify import blame
from trasloco.engine.identity import Place
from trasloco.engine.opener import credentials_now
from trasloco.imap import quirks
from trasloco.imap.append_command import PendingAppend
from trasloco.imap.errors import CommandFailed

ENOUGH = 8
"""Refusals after which a connection is renewed: ten are one too many, and one may come in between."""


def weary(place: Place) -> bool:
    """Has this server said no so often that it will hang up soon?"""
    return quirks.TEN_ERRORS.name in place.client.quirks and place.client.refusals >= ENOUGH


async def renew_if_weary(place: Place) -> None:
    """Nothing may be under way at ``place``. Raises TransferError."""
    if weary(place):
        with blame(place.side, "changing to a new connection", place.folder):
            await place.client.renew(await credentials_now(place.side))


class Restraint:
    """Appends on their way to one destination; only of servers that hang up after ten errors are they counted."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._unanswered: deque[PendingAppend] = deque()

    def sent(self, pending: PendingAppend) -> None:
        if quirks.TEN_ERRORS.name in self._place.client.quirks:
            self._unanswered.append(pending)

    async def before_next(self) -> None:
        """Wait for answers while all that are due could be the tenth refusal, and renew the connection when it
        is weary and nothing is on its way. Raises TransferError; a refusal is the sender's to judge."""
        client = self._place.client
        while self._unanswered and (self._unanswered[0].done or len(self._unanswered) + client.refusals >= ENOUGH):
            try:
                with blame(self._place.side, "adding messages", self._place.folder, refusals=True):
                    await self._unanswered.popleft()
            except CommandFailed:
                pass  # who sent it reads the same answer again
        if not self._unanswered:
            await renew_if_weary(self._place)
