from __future__ import annotations

import asyncio

from trasloco.engine.precedence import Precedence


async def test_who_waits_waits_for_those_begun_before_its_list_was_read_and_for_nobody_after() -> None:
    precedence = Precedence()
    first, second, third = (precedence.begin() for _ in range(3))
    precedence.listed(second)
    fourth = precedence.begin()
    waiting = asyncio.ensure_future(precedence.wait_for_earlier(second))
    await asyncio.sleep(0)
    precedence.done(first)
    await asyncio.sleep(0.01)
    assert not waiting.done(), "the third may have been listed before"
    precedence.done(third)
    await asyncio.wait_for(waiting, 10)
    precedence.done(first)
    precedence.done(0)
    await precedence.wait_for_earlier(second)
    precedence.done(fourth)


async def test_of_two_that_wait_for_each_other_the_first_goes_on_and_the_other_after_it() -> None:
    precedence = Precedence()
    first, second = precedence.begin(), precedence.begin()
    precedence.listed(first)
    precedence.listed(second)
    after = asyncio.ensure_future(precedence.wait_for_earlier(second))
    await asyncio.sleep(0)
    await asyncio.wait_for(precedence.wait_for_earlier(first), 10)
    await asyncio.sleep(0.01)
    assert not after.done()
    precedence.done(first)
    await asyncio.wait_for(after, 10)


async def test_a_folder_opened_ahead_of_its_turn_is_waited_for() -> None:
    precedence = Precedence()
    present, ahead = precedence.begin(), precedence.begin()
    precedence.listed(present)
    waiting = asyncio.ensure_future(precedence.wait_for_earlier(present))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    precedence.listed(ahead)
    precedence.done(ahead)
    await asyncio.wait_for(waiting, 10)
