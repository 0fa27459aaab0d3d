"""Who brings a message that several folders show, when several folders are worked on at a time: the first to ask.

The others leave it aside, wait until it has been brought, and copy it on the destination. Nobody waits in a circle: who
waits holds nothing, since each folder lets go of what it brings before it asks for the rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable


class Reservations:
    """Of one attempt. Messages are known by the source's own number (``Inventory.identity``)."""

    def __init__(self) -> None:
        self._holders: dict[int, int] = {}
        self._changed = asyncio.Event()

    def take(self, folder_id: int, identities: Iterable[int]) -> set[int]:
        """This folder brings them; returns those that another one is bringing already."""
        return {identity for identity in identities if self._holders.setdefault(identity, folder_id) != folder_id}

    def release(self, folder_id: int) -> None:
        """Whatever has become of them."""
        self._holders = {identity: holder for identity, holder in self._holders.items() if holder != folder_id}
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, identities: Collection[int]) -> None:
        """Until nobody brings any of them."""
        while any(identity in self._holders for identity in identities):
            changed = self._changed
            await changed.wait()
