from __future__ import annotations

import asyncio

import pytest

from trasloco.engine.failure import Retry, TransferError
from trasloco.engine.sink import QuietSink
from trasloco.engine.standstill import unless_stuck
from trasloco.engine.watching import Watching


async def test_an_attempt_that_gets_no_further_is_broken_off() -> None:
    broken_off = False

    async def work() -> None:
        nonlocal broken_off
        try:
            await asyncio.sleep(3600)
        finally:
            broken_off = True

    with pytest.raises(TransferError) as caught:
        await unless_stuck(work(), Watching(QuietSink()), 0.05)
    failure = caught.value.failure
    assert (failure.code, failure.retry, failure.after) == ("standstill", Retry.LATER, 3600)
    assert broken_off


async def test_each_message_gives_it_its_time_anew() -> None:
    watching = Watching(QuietSink())

    async def work() -> None:
        for _ in range(8):
            await asyncio.sleep(0.1)
            watching.advance(1, 10)

    await unless_stuck(work(), watching, 0.5)
    watching.advance(1, 10)  # afterwards nobody listens


async def test_what_it_raises_itself_passes_through() -> None:
    async def work() -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        await unless_stuck(work(), Watching(QuietSink()), 10)
