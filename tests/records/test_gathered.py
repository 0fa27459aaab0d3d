"""What is asked for side by side goes as one; each gets his own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from trasloco.records.gathered import MOST, Gathered


class Store:
    """Doubles numbers; refuses 13; keeps what came together. Waits for ``go`` first."""

    def __init__(self) -> None:
        self.statements: list[list[int]] = []
        self.asked, self.go = asyncio.Event(), asyncio.Event()
        self.go.set()
        self.lost = False

    async def send(self, items: Sequence[int]) -> Sequence[int | BaseException]:
        self.statements.append(list(items))
        self.asked.set()
        await self.go.wait()
        if self.lost:
            raise ConnectionError("the database is away")
        return [ValueError("not that one") if item == 13 else 2 * item for item in items]


@pytest.fixture
async def store() -> Store:
    return Store()


async def test_who_asks_in_the_same_turn_is_asked_for_together(store: Store) -> None:
    double = Gathered(store.send)
    assert await asyncio.gather(*(double(number) for number in range(5))) == [0, 2, 4, 6, 8]
    assert store.statements == [[0, 1, 2, 3, 4]]
    assert await double(7) == 14
    assert store.statements[1:] == [[7]]


async def test_a_refusal_is_one_callers_own(store: Store) -> None:
    double = Gathered(store.send)
    answers = await asyncio.gather(*(double(number) for number in (12, 13, 14)), return_exceptions=True)
    assert [answers[0], answers[2]] == [24, 28]
    assert isinstance(answers[1], ValueError)


async def test_what_ends_the_statement_ends_all_of_them(store: Store) -> None:
    store.lost = True
    double = Gathered(store.send)
    answers = await asyncio.gather(double(1), double(2), return_exceptions=True)
    assert all(isinstance(answer, ConnectionError) for answer in answers)


async def test_there_is_an_end_to_what_one_statement_takes(store: Store) -> None:
    double = Gathered(store.send)
    await asyncio.gather(*(double(number) for number in range(100, 101 + MOST)))
    assert [len(statement) for statement in store.statements] == [MOST, 1]


async def test_who_is_cancelled_before_it_goes_out_asks_for_nothing(store: Store) -> None:
    double = Gathered(store.send)
    gone, stays = asyncio.ensure_future(double(1)), asyncio.ensure_future(double(2))
    asyncio.get_running_loop().call_soon(gone.cancel)
    assert await stays == 4
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_who_is_cancelled_afterwards_leaves_when_it_is_decided(store: Store) -> None:
    """Else the next attempt would look what is there, and find it a moment later."""
    store.go.clear()
    double = Gathered(store.send)
    asking = asyncio.ensure_future(double(1))
    await store.asked.wait()
    asking.cancel()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not asking.done()
    store.go.set()
    with pytest.raises(asyncio.CancelledError):
        await asking
