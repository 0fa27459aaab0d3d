"""Several folders at a time: further pairs of connections where distance or size asks for them.

Each folder goes over one pair from its opening to its last message, so the order within it stays. A lane is
such a pair. The first is the run's own; the others are opened beside the work and are no condition of it:
where a server refuses them, the folders go over those there are.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from trasloco.engine.failure import TransferError

FAR = 0.015
"""Seconds of a round trip from which waiting costs more than a connection."""

ENOUGH_MESSAGES = 50
"""To be brought altogether; below, the logins would take longer than they save."""

MUCH = 512 * 1024 * 1024
"""Bytes to be brought from which a second pair is opened whatever the distance."""

_Item = TypeVar("_Item")
_Lane = TypeVar("_Lane")


def lanes_wanted(round_trip: float, messages: Sequence[int], size: int | None, most: int) -> int:
    """How many pairs of connections a run should have.

    round_trip: seconds, of the farther side. messages: to be expected of each folder that has any.
    size: bytes in all, None when not known. most: what the operator or the provider allows.
    """
    useful = min(len(messages), most)
    if round_trip >= FAR and sum(messages) >= ENOUGH_MESSAGES:
        return max(1, useful)
    if size is not None and size >= MUCH:
        return max(1, min(useful, 2))
    return 1


class Lanes(Generic[_Lane, _Item]):
    """Works off ``items`` in their order over ``first`` and the lanes ``open_another`` gives.

    work: one item over one lane. open_another: raises TransferError where there is none to be had.
    """

    def __init__(self, first: _Lane, open_another: Callable[[], Awaitable[_Lane]], work: Callable[[_Lane, _Item], Awaitable[None]]) -> None:
        self._first, self._open_another, self._work = first, open_another, work
        self._items: deque[_Item] = deque()
        self._opening: set[asyncio.Task[None]] = set()
        self.refused: TransferError | None = None  # why a further lane could not be opened

    async def run(self, items: Sequence[_Item], lanes: int) -> None:
        """Raises what the first item to fail raises, when all other lanes have stopped."""
        self._items.extend(items)
        tasks = [asyncio.ensure_future(self._go(self._first))]
        self._opening = {asyncio.ensure_future(self._go_another()) for _ in range(lanes - 1)}
        tasks += self._opening
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            ended = [task for task in tasks if task.done()]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in ended:
            if not task.cancelled():
                task.result()

    async def _go(self, lane: _Lane) -> None:
        while self._items:
            await self._work(lane, self._items.popleft())
        # Whoever is still on the way comes too late.
        for task in self._opening:
            task.cancel()

    async def _go_another(self) -> None:
        try:
            lane = await self._open_another()
        except TransferError as error:
            self.refused = self.refused or error
            return
        self._opening = {task for task in self._opening if task is not asyncio.current_task()}
        await self._go(lane)
