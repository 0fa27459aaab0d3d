"""An account that gets no further, although neither of its servers is ever silent for long: it gives its place to others.

A server that answers each command at the last moment keeps every deadline of the wire, and an account for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from trasloco.engine.failure import Failure, Retry, Scope, SideName, TransferError
from trasloco.engine.watching import Watching
from trasloco.sentence import sentence as _


async def unless_stuck(work: Awaitable[None], watching: Watching, seconds: float) -> None:
    """Do the work; break it off when no message has got a fate for so many seconds. Raises TransferError, and what ``work`` raises."""
    clock = asyncio.get_running_loop().time
    patience = asyncio.timeout(seconds)

    def further() -> None:
        if not patience.expired():
            patience.reschedule(clock() + seconds)

    try:
        async with patience:
            watching.on_message = further
            await work
    except TimeoutError:
        if not patience.expired():
            raise
        raise TransferError(_stuck(seconds)) from None
    finally:
        watching.on_message = _nothing


def _nothing() -> None: ...


def _stuck(seconds: float) -> Failure:
    words = _(
        "Not one message got any further in %(hours)s hours, although the servers were never silent for long. The account "
        "gives its place to others; what was copied is safe, and Trasloco tries again later.",
        hours=f"{seconds / 3600:g}",
    )
    return Failure(SideName.OURS, Scope.ACCOUNT, Retry.LATER, "standstill", words, 3600.0)
