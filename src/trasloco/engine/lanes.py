"""Several folders at a time: further pairs of connections where distance or size asks for them.

Each folder goes over one pair from its opening to its last message, so the order within it stays. A lane is
such a pair. The first is the run's own; the others are opened beside the work and are no condition of it:
where a server refuses them, the folders go over those there are.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

from trasloco.engine.failure import TransferError
from trasloco.imap.client import Client
from trasloco.imap.values import Status

FAR = 0.015
"""Seconds of a round trip from which waiting costs more than a connection."""

ENOUGH_MESSAGES = 50
"""To be brought altogether; below, the logins would take longer than they save."""

MANY = 5000
MUCH = 512 * 1024 * 1024
"""Messages, or bytes, to be brought from which a second pair is opened whatever the distance: each server has then a second process,
and writes while the other one reads. For less the logins take longer than that saves."""

WORTH_PACKING = 8 * 1024 * 1024
"""Bytes to be expected from which a far line is relieved by COMPRESS: for less, its round trip is not earned back."""

_Item = TypeVar("_Item")

Pair = tuple[Client, Client]
"""A connection to the source and one to the destination, both signed in."""


def lanes_wanted(round_trip: float, messages: Sequence[int], size: int | None, most: int) -> int:
    """How many pairs of connections a run should have.

    round_trip: seconds, of the farther side. messages: to be expected of each folder that has any.
    size: bytes in all, None when not known. most: what the operator or the provider allows.
    """
    useful = min(len(messages), most)
    if round_trip >= FAR and sum(messages) >= ENOUGH_MESSAGES:
        return max(1, useful)
    if sum(messages) >= MANY or (size is not None and size >= MUCH):
        return max(1, min(useful, 2))
    return 1


def compression_pays(round_trip: float, statuses: Iterable[Status | None]) -> bool:
    """Whether the lines are likely to be slower than packing and unpacking.

    How broad a line is cannot be asked; one that goes far is seldom broader than the 80 MB a second that one
    core packs, one within a house usually is. statuses: of all source folders; sizes not told count as large.
    """
    known = [status for status in statuses if status is not None and status.messages]
    sizes = [status.size if status.size is not None else 50_000 * (status.messages or 0) for status in known]
    return round_trip >= FAR and sum(sizes) >= WORTH_PACKING


class Lanes(Generic[_Item]):
    """Works off items in their order over the first pair and those that ``open_another`` gives.

    open_another: raises TransferError where there is none to be had; why is then in ``refused``.
    """

    def __init__(self, first: Pair, open_another: Callable[[], Awaitable[Pair]]) -> None:
        self._first, self._open_another = first, open_another
        self._items: deque[_Item] = deque()
        self._opening: list[asyncio.Future[Pair]] = []
        self.refused: TransferError | None = None

    def open_ahead(self, lanes: int) -> None:
        """Begin to open so many in all, before there is anything to do for them."""
        self._opening += [asyncio.ensure_future(self._open_another()) for _ in range(lanes - 1 - len(self._opening))]

    @property
    def several(self) -> bool:
        """Whether there may be more than the first."""
        return bool(self._opening)

    def give_up(self) -> None:
        """Nobody waits any more for those that are not open yet."""
        for opening in self._opening:
            opening.cancel()
        asyncio.gather(*self._opening, return_exceptions=True)  # asyncio would complain about what nobody looked at

    async def run(self, items: Sequence[_Item], work: Callable[[Pair, Callable[[], _Item | None]], Awaitable[None]]) -> None:
        """work: over one pair, as many items as it takes before there is none left (None).

        Raises what the first one to fail raises, when all others have stopped.
        """
        self._items.extend(items)
        tasks = [asyncio.ensure_future(self._go(work, self._first))]
        tasks += [asyncio.ensure_future(self._go_another(work, opening)) for opening in self._opening]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            ended = [task for task in tasks if task.done()]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in ended:
            task.result()

    async def _go(self, work: Callable[[Pair, Callable[[], _Item | None]], Awaitable[None]], pair: Pair) -> None:
        await work(pair, lambda: self._items.popleft() if self._items else None)
        self.give_up()  # whoever is still on the way comes too late

    async def _go_another(self, work: Callable[[Pair, Callable[[], _Item | None]], Awaitable[None]], opening: asyncio.Future[Pair]) -> None:
        await asyncio.wait([opening])
        if opening.cancelled():
            return
        error = opening.exception()
        if isinstance(error, TransferError):
            self.refused = self.refused or error
            return
        await self._go(work, opening.result())
