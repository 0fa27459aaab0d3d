"""Small folders that are new, many in one go: what is to be asked of one is asked of all before any answer is awaited.

A folder by itself takes two or three round trips, whatever is in it. Here all of them are listed in one, all of their
messages asked for in the next, and the APPENDs follow each other; what that costs does not depend on how many there are.
The order of things is the same for each folder: its list, its validities and its intent in the ledger, then the first
byte to the destination, then its rows; each step is taken side by side, so that a ledger may take it as one. What is not
plain (something there already, a size that is not told, a message refused) is left to ``folder_run``, which finds in the
ledger what has been done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from typing import TypeVar

from trasloco.engine.account import Settings
from trasloco.engine.failure import TransferError
from trasloco.engine.ledger import FolderRecord
from trasloco.engine.session import Session
from trasloco.engine.small_folder import SmallFolder
from trasloco.imap import quirks
from trasloco.imap.client import Client
from trasloco.imap.values import Status

MOST_FOLDERS = 100
MOST_MESSAGES = 2000
MOST_BYTES = 16 * 1024 * 1024
"""What goes together at the most: lists are kept until their folder's turn, and a broken line costs as much again."""

_T = TypeVar("_T")


def may_go_together(source: Client, destination: Client) -> bool:
    """Whether these servers take commands ahead of their answers: LITERAL+ for messages without a word between them,
    UIDPLUS to know where they went, and no counting of errors."""
    known = source.quirks | destination.quirks
    if known & {quirks.TEN_ERRORS.name, quirks.LATE_UID.name, quirks.UIDPLUS_WITHOUT_APPENDUID.name}:
        return False
    return {"LITERAL+", "UIDPLUS"} <= set(destination.capabilities)


def is_small(record: FolderRecord, source: Status | None, destination: Status | None, settings: Settings) -> bool:
    """Whether a folder may be plain, as far as lists and ledger tell: new, no more than one batch, nothing there yet."""
    if record.source_uidvalidity is not None or record.begun or source is None or source.messages is None or source.uidnext is None:
        return False
    if destination is not None and destination.messages:
        return False
    return source.messages <= settings.batch_messages and (source.size or 0) <= settings.batch_bytes


def gather_together(folders: Iterable[tuple[FolderRecord, Status]]) -> list[list[FolderRecord]]:
    """Cut folders, in their order, into groups that go together."""
    groups: list[list[FolderRecord]] = []
    held_messages = held_bytes = 0
    for record, status in folders:
        messages, size = status.messages or 0, status.size or 0
        if groups and len(groups[-1]) < MOST_FOLDERS and held_messages + messages <= MOST_MESSAGES and held_bytes + size <= MOST_BYTES:
            groups[-1].append(record)
        else:
            groups.append([record])
            held_messages = held_bytes = 0
        held_messages += messages
        held_bytes += size
    return groups


class Together:
    """``await run()`` once. Afterwards each folder has its ``done``, or is left to be gone through by itself."""

    def __init__(self, session: Session, folders: Sequence[SmallFolder]) -> None:
        self._session, self._folders = session, folders

    async def run(self) -> None:
        """Raises TransferError when a connection or a mailbox is the trouble, Fenced, LedgerUnavailable."""
        try:
            for folder in self._folders:
                folder.look()
            await _all(folder.seen() for folder in self._folders)
            plain = [folder for folder in self._folders if folder.plain]
            for folder in plain:
                folder.ask()
            await _all(folder.begin() for folder in plain)
            for folder in plain:
                await folder.carry()
            await _all(folder.finish() for folder in plain)
        finally:
            for folder in self._folders:
                folder.close()


async def _all(work: Iterable[Awaitable[_T]]) -> list[_T]:
    """Each to its end, then the first failure: nothing goes on behind the back of who drops the connections."""
    results = await asyncio.gather(*work, return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    for failure in sorted(failures, key=lambda failure: isinstance(failure, TransferError)):
        raise failure
    return [result for result in results if not isinstance(result, BaseException)]
