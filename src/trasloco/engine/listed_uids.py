"""The UIDs of the open folder, of either side."""

from __future__ import annotations

from array import array

from trasloco.engine.uid_set import UidSet
from trasloco.imap.client import Client
from trasloco.imap.fetch_response import ListedItems


async def listed_uids(client: Client) -> UidSet:
    """By FETCH and not by SEARCH: several servers hide messages from SEARCH. Raises ImapError."""
    there = array("Q")

    def take_many(lines: list[ListedItems]) -> None:
        there.extend([int(items[1] or 0) for items in lines])

    async for item in client.fetch("1:*", ("UID",), take_many=take_many):
        if item.uid is not None:
            there.append(item.uid)
    return UidSet(there)
