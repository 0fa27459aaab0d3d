"""Several things side by side, none of which is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from trasloco.engine.failure import Scope, TransferError

_T = TypeVar("_T")


async def all_to_their_end(work: Iterable[Awaitable[_T]]) -> list[_T]:
    """Each to its end, then the first failure: nothing goes on behind the back of who drops the connections. What says more
    than that a server is the trouble (Fenced, LedgerUnavailable, a mistake of ours) goes first, what concerns one folder last."""
    results = await asyncio.gather(*work, return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    if failures:
        raise gravest(failures)
    return [result for result in results if not isinstance(result, BaseException)]


def gravest(failures: Iterable[BaseException]) -> BaseException:
    """The first of those that say most. At least one."""
    return min(failures, key=_narrow)


def _narrow(failure: BaseException) -> int:
    if not isinstance(failure, TransferError):
        return 0
    return 2 if failure.failure.scope is Scope.FOLDER else 1
