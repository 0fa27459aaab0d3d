"""``Gathered``: what several coroutines ask for in the same turn of the loop goes to the database as one statement.

Folders that are brought together take each of their steps side by side: what would be a hundred statements, each with
its way there and back, is one. Who asks alone does not wait for others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 500
"""Items of one statement."""


class Gathered(Generic[Item, Result]):
    """Call it with an item, and await its result. send: asks for many, and returns a result for each, in their order;
    a result that is an exception is raised to who asked for it, and what ``send`` raises to all of them."""

    def __init__(self, send: Callable[[Sequence[Item]], Awaitable[Sequence[Result | BaseException]]]) -> None:
        self._send = send
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def __call__(self, item: Item) -> Result:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._begin)
        self._waiting.append((item, future))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            if any(asked is future for _, asked in self._waiting):
                self._waiting = [pair for pair in self._waiting if pair[1] is not future]
            else:  # it may be written already: nobody may look what is there before that is decided
                await self._until_sent(future)
            raise

    async def _until_sent(self, future: asyncio.Future[Result]) -> None:
        while self._sending and not future.done():
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)

    def _begin(self) -> None:
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), MOST):
            task = asyncio.ensure_future(self._settle(waiting[start : start + MOST]))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _settle(self, waiting: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        results: Sequence[Result | BaseException]
        try:
            results = await self._send([item for item, _ in waiting])
        except asyncio.CancelledError:
            for _, future in waiting:
                future.cancel()
            raise
        except Exception as error:
            results = [error] * len(waiting)
        for (_, future), result in zip(waiting, results, strict=True):
            _give(future, result)


def _give(future: asyncio.Future[Result], result: Result | BaseException) -> None:
    if future.done():
        return
    if isinstance(result, BaseException):
        future.set_exception(result)
        future.exception()  # whoever asked may be gone: asyncio is not to complain of that
    else:
        future.set_result(result)
