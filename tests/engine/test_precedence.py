from __future__ import annotations

import asyncio

from trasloco.engine.precedence import Precedence


async def test_who_waits_waits_for_those_before_and_for_nobody_after() -> None:
    precedence = Precedence()
    first, second, third = (precedence.listed() for _ in range(3))
    waiting = asyncio.ensure_future(precedence.wait_for_earlier(second))
    await asyncio.sleep(0)
    assert not waiting.done()
    precedence.done(third)
    await asyncio.sleep(0)
    assert not waiting.done()
    precedence.done(first)
    await asyncio.wait_for(waiting, 10)
    precedence.done(first)
    precedence.done(0)
    await precedence.wait_for_earlier(second)
