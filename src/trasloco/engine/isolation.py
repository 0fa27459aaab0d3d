"""One message that a server will not show must not hide the others: a refused FETCH is taken apart."""

from __future__ import annotations

from array import array
from collections.abc import Awaitable, Callable, Collection, Container

from trasloco.engine.classify import busy
from trasloco.imap.errors import CommandFailed


async def isolate(
    uids: Collection[int], read: Callable[[Collection[int]], Awaitable[None]], got: Container[int]
) -> dict[int, CommandFailed]:
    """``read`` all of ``uids``, and after a NO or BAD ever smaller parts of those that are not ``got``.

    Returns the refusals of those refused alone. Raises CommandFailed when the answer says to wait or to
    look again (EXPUNGEISSUED), and what ends the connection.
    """
    refused: dict[int, CommandFailed] = {}
    waiting: list[Collection[int]] = [uids] if len(uids) else []
    while waiting:
        part = waiting.pop()
        try:
            await read(part)
        except CommandFailed as error:
            if busy(error.status) or error.status.code == "EXPUNGEISSUED":
                raise
            if len(part) == 1:
                refused[next(iter(part))] = error
                continue
            rest = array("Q", (uid for uid in part if uid not in got))
            middle = len(rest) // 2 if len(rest) == len(part) else len(rest)
            waiting += [half for half in (rest[middle:], rest[:middle]) if len(half)]
    return refused
