"""One pair of folders being opened: EXAMINE and the list of messages here, SELECT there, all on their way at once.

It may be begun while the last answers of the folder before are still awaited; whoever needs that folder again
then opens it again.
"""

from __future__ import annotations

import asyncio

from trasloco.engine.changes import Changes, Since
from trasloco.engine.classify import blame
from trasloco.engine.failure import Scope, TransferError
from trasloco.engine.identity import Place
from trasloco.engine.inventory import PLAIN, Inventory, Lister
from trasloco.engine.ledger import FolderRecord
from trasloco.imap import quirks
from trasloco.imap.values import Selected, Status

Listed = tuple[Selected, Inventory | Changes | None]
"""A source folder and its messages, None when they are to be asked for."""


class Opening:
    """Begins when it is made. ``await result()`` once, or ``give_up``.

    since: ask for what has changed since then, and no more. lister: what is asked of each message. early: the source's
    side, where it was begun already. turn: the source is not waited for before it is set, as others' messages come first.
    """

    def __init__(
        self,
        source: Place,
        destination: Place,
        record: FolderRecord,
        status: Status | None,
        since: Since | None = None,
        lister: Lister = PLAIN,
        early: asyncio.Future[Listed] | None = None,
        turn: asyncio.Event | None = None,
    ) -> None:
        self._ours = early or asyncio.ensure_future(listed(source, record.source_name, status, since, lister, turn))
        self._theirs = asyncio.ensure_future(select(destination, record.destination_name, read_only=False))

    async def result(self) -> tuple[Selected, Inventory | Changes | None, Selected]:
        """The source folder, its messages (None when they are to be asked for), the destination folder. Raises TransferError."""
        # Both are awaited to their end, so that no late answer meets the next folder.
        ours, theirs = await asyncio.gather(self._ours, self._theirs, return_exceptions=True)
        if isinstance(ours, BaseException):
            raise ours
        if isinstance(theirs, BaseException):
            raise theirs
        return *ours, theirs

    async def undo(self) -> None:
        """Wait for it and forget it. Raises TransferError when a connection is the trouble."""
        try:
            await self.result()
        except TransferError as error:
            if error.failure.scope is not Scope.FOLDER:
                raise

    def give_up(self) -> None:
        """The connections are not used any more."""
        self._ours.cancel()
        self._theirs.cancel()
        asyncio.gather(self._ours, self._theirs, return_exceptions=True)  # asyncio would complain about what nobody looked at


async def listed(
    place: Place,
    name: bytes,
    status: Status | None,
    since: Since | None = None,
    lister: Lister = PLAIN,
    turn: asyncio.Event | None = None,
) -> Listed:
    """Open for reading, and ask in the same breath for what is known to be there."""
    client = place.client
    found: Inventory | Changes
    if status is None or not status.messages or quirks.TEN_ERRORS.name in client.quirks:
        with blame(place.side, "opening the folder", place.folder, Scope.FOLDER):
            return await client.examine_and_fetch(name, (), lister.make().add, turn=turn), None
    with blame(place.side, "opening the folder", place.folder, Scope.FOLDER):
        if since is not None and "CONDSTORE" in client.capabilities:
            found = changes = Changes(since, lister)
            selected = await client.examine_and_fetch(name, since.fetches(lister.items), changes.take, turn=turn)
        else:
            found = inventory = lister.make()
            selected = await client.examine_and_fetch(name, (("1:*", lister.items, None),), inventory.add, inventory.add_many, turn)
            inventory.in_order()
    return selected, found


async def select(place: Place, name: bytes, *, read_only: bool) -> Selected:
    """Open one folder. Raises TransferError."""
    with blame(place.side, "opening the folder", place.folder, Scope.FOLDER):
        return await place.client.select(name, read_only=read_only)
