"""Small folders that are new, many in one go: what is to be asked of one is asked of all before any answer is awaited.

A folder by itself takes two or three round trips, whatever is in it. Here all of them are listed in one, all of their
messages asked for in the next, and the APPENDs follow each other; what that costs does not depend on how many there are.
Behind the messages of one group the lists of the next one are asked for, and what a group has to hear and to write at its end
happens while the next one's messages pass: neither server waits for the other, nor for the ledger.
The order of things is the same for each folder: its list, its validities and its intent in the ledger, then the first
byte to the destination, then its rows; each step is taken side by side, so that a ledger may take it as one. What is not
plain (something there already, a size that is not told, a message refused) is left to ``folder_run``, which finds in the
ledger what has been done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from trasloco.engine.account import Settings
from trasloco.engine.all_to_their_end import all_to_their_end, gravest
from trasloco.engine.failure import SideName, TransferError
from trasloco.engine.ledger import FolderRecord
from trasloco.engine.session import Session
from trasloco.engine.small_folder import MOST_BYTES, MOST_MESSAGES, SmallFolder
from trasloco.imap import quirks
from trasloco.imap.client import Client
from trasloco.imap.values import Status

MOST_FOLDERS = 100

ENOUGH_MESSAGES = 500
ENOUGH_BYTES = 8 * 1024 * 1024
"""What is enough for two folders or more where the servers are near: while a group is listed the destination has nothing
to do but for the group before it."""


def may_go_together(source: Client, destination: Client) -> bool:
    """Whether these servers take commands ahead of their answers: LITERAL+ for messages without a word between them,
    UIDPLUS to know where they went, and no counting of errors."""
    known = source.quirks | destination.quirks
    if known & {quirks.TEN_ERRORS.name, quirks.LATE_UID.name, quirks.UIDPLUS_WITHOUT_APPENDUID.name}:
        return False
    return {"LITERAL+", "UIDPLUS"} <= set(destination.capabilities)


def is_small(record: FolderRecord, source: Status | None, destination: Status | None, settings: Settings, *, near: bool = False) -> bool:
    """Whether a folder may be plain, as far as lists and ledger tell: new, nothing there yet, no more than one batch; where the
    servers are near, no more bytes than one batch may have, and no more messages than a group."""
    if record.source_uidvalidity is not None or record.begun or source is None or source.messages is None or source.uidnext is None:
        return False
    if destination is not None and destination.messages:
        return False
    most = MOST_MESSAGES if near else settings.batch_messages
    return source.messages <= most and (source.size or 0) <= settings.batch_bytes


def gather_together(folders: Iterable[tuple[FolderRecord, Status]], *, near: bool = False) -> list[list[FolderRecord]]:
    """Cut folders, in their order, into groups that go together. near: the first server's words are soon heard."""
    groups: list[list[FolderRecord]] = []
    held_messages = held_bytes = 0
    for record, status in folders:
        messages, size = status.messages or 0, status.size or 0
        full = not groups or len(groups[-1]) >= MOST_FOLDERS or held_messages + messages > MOST_MESSAGES or held_bytes + size > MOST_BYTES
        if full or (near and len(groups[-1]) > 1 and (held_messages >= ENOUGH_MESSAGES or held_bytes >= ENOUGH_BYTES)):
            groups.append([])
            held_messages = held_bytes = 0
        groups[-1].append(record)
        held_messages += messages
        held_bytes += size
    return groups


class Together:
    """``await run()`` once. Each folder has its ``done`` then, or is left to be gone through by itself.

    take: gives the next group, None when there is none, or none is to be begun. halted: whether none is to be begun any more. put: is
    given each group when nothing more is done for it, whatever became of it.
    """

    def __init__(
        self,
        session: Session,
        take: Callable[[], Sequence[SmallFolder] | None],
        put: Callable[[Sequence[SmallFolder]], None],
        halted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._session, self._take, self._put, self._halted = session, take, put, halted
        self._looked: list[Sequence[SmallFolder]] = []
        self._carried: list[SmallFolder] = []
        self._finishing: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Raises TransferError when a connection or a mailbox is the trouble, Fenced, LedgerUnavailable."""
        try:
            group = self._look()
            while group is not None and not self._halted():
                group = await self._bring(group)
            await self._finished()
            await all_to_their_end(folder.undo() for left in self._looked for folder in left)
        except Exception as error:
            # What stands behind may have met something that says more than what the connections have.
            says_more = gravest([error, *await self._end_behind(error)])
            if says_more is error:
                raise
            raise says_more from error
        finally:
            await self._leave_all()

    async def _end_behind(self, error: Exception) -> list[BaseException]:
        """The group that was ending when ``error`` came, to its end; its failure, if it has one.

        Where the source is the trouble, what the destination has whole is not sent a second time: only answers are taken and rows
        are written. In any other case the intents tell the next attempt.
        """
        finishing, self._finishing = self._finishing, None
        goes_on = isinstance(error, TransferError) and error.failure.side is SideName.SOURCE
        if finishing is not None and not goes_on:
            finishing.cancel()
        behind = [] if finishing is None else [finishing]
        if goes_on:
            behind.append(asyncio.ensure_future(_end(self._carried)))
        ended = await asyncio.gather(*behind, return_exceptions=True)
        return [each for each in ended if isinstance(each, Exception)]

    def _look(self) -> Sequence[SmallFolder] | None:
        """Ask for the lists of the next group."""
        group = self._take()
        if group is not None:
            self._looked.append(group)
            for folder in group:
                folder.look()
        return group

    async def _bring(self, group: Sequence[SmallFolder]) -> Sequence[SmallFolder] | None:
        """The messages of a group that was looked at; returns the next one, looked at too."""
        await all_to_their_end(folder.seen() for folder in group)
        plain = [folder for folder in group if folder.plain]
        for folder in plain:
            folder.ask()
        # Another pair of connections may have nothing to do: then it is to have the next group.
        following = None if self._session.several else self._look()
        await all_to_their_end(folder.begin() for folder in plain)
        self._carried.clear()
        for folder in plain:
            if self._finishing is not None and self._finishing.done():
                await self._finished()  # no APPEND is open here: if it has failed, no more is sent
            await folder.carry()
            self._carried.append(folder)
        await self._finished()
        self._carried.clear()
        self._finishing = asyncio.ensure_future(self._finish(group, plain))
        return following or self._look()

    async def _finished(self) -> None:
        finishing, self._finishing = self._finishing, None
        if finishing is not None:
            await finishing

    async def _finish(self, group: Sequence[SmallFolder], plain: Sequence[SmallFolder]) -> None:
        await _end(plain)
        self._leave(group)

    async def _leave_all(self) -> None:
        try:
            if self._finishing is not None:
                self._finishing.cancel()
                await asyncio.gather(self._finishing, return_exceptions=True)
        finally:
            for left in tuple(self._looked):
                self._leave(left)

    def _leave(self, group: Sequence[SmallFolder]) -> None:
        self._looked = [left for left in self._looked if left is not group]
        for folder in group:
            folder.close()
        self._put(group)


async def _end(folders: Sequence[SmallFolder]) -> None:
    """Answers come one by one; what is written when all have come is one statement each, and nobody waits for it."""
    await all_to_their_end(folder.hear() for folder in folders)
    await all_to_their_end(folder.finish() for folder in folders)
