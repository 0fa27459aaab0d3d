from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from trasloco.engine.failure import Failure, Retry, Scope, SideName, TransferError
from trasloco.engine.lanes import ENOUGH_MESSAGES, FAR, MANY, MUCH, Lanes, Pair, compression_pays, lanes_wanted
from trasloco.imap.values import Status

FIRST, SECOND = cast(Pair, ("a", "b")), cast(Pair, ("c", "d"))
Take = Callable[[], int | None]


def refusal() -> TransferError:
    return TransferError(Failure(SideName.SOURCE, Scope.ACCOUNT, Retry.LATER, "server-busy", "too many connections"))


@pytest.mark.parametrize(
    ("round_trip", "messages", "size", "most", "lanes"),
    [
        (0.001, [1000, 1000], 10**6, 3, 1),
        (FAR, [1000, 1000], 10**6, 3, 2),
        (FAR, [1000, 1000, 1, 1], None, 3, 3),
        (FAR, [1000, 1000, 1], None, 1, 1),
        (FAR, [1, ENOUGH_MESSAGES - 2], None, 3, 1),
        (FAR, [], None, 3, 1),
        (0.001, [10, 10, 10], MUCH, 3, 2),
        (0.001, [10], MUCH, 3, 1),
        (0.001, [MANY // 2, MANY // 2, 10], 10**6, 3, 2),
        (0.001, [MANY // 2, MANY // 2 - 1], 10**6, 3, 1),
        (0.001, [MANY], None, 3, 1),
    ],
)
def test_distance_and_size_ask_for_further_connections(
    round_trip: float, messages: list[int], size: int | None, most: int, lanes: int
) -> None:
    assert lanes_wanted(round_trip, messages, size, most) == lanes


def test_compression_is_for_far_lines_with_much_to_carry() -> None:
    much, little = [Status(messages=100, size=10**8)], [Status(messages=100, size=10**5), None]
    assert compression_pays(FAR, much)
    assert not compression_pays(0.001, much)
    assert not compression_pays(FAR, little)
    assert compression_pays(FAR, [Status(messages=1000)]), "sizes that are not told count as large"


async def test_the_lanes_share_the_items_and_each_item_is_taken_once() -> None:
    worked: list[tuple[Pair, int]] = []

    async def work(pair: Pair, take: Take) -> None:
        while (item := take()) is not None:
            worked.append((pair, item))
            await asyncio.sleep(0)

    async def second() -> Pair:
        return SECOND

    lanes: Lanes[int] = Lanes(FIRST, second)
    lanes.open_ahead(2)
    await lanes.run(range(20), work)
    assert sorted(item for _, item in worked) == list(range(20))
    assert {pair for pair, _ in worked} == {FIRST, SECOND}


async def test_a_refused_lane_is_remembered_and_the_first_does_all() -> None:
    worked: list[int] = []

    async def work(pair: Pair, take: Take) -> None:
        assert pair == FIRST
        while (item := take()) is not None:
            worked.append(item)
            await asyncio.sleep(0)

    async def refused() -> Pair:
        raise refusal()

    lanes: Lanes[int] = Lanes(FIRST, refused)
    lanes.open_ahead(3)
    await lanes.run(range(5), work)
    assert worked == list(range(5))
    assert lanes.refused is not None


async def test_one_that_is_never_open_is_not_waited_for() -> None:
    worked: list[int] = []

    async def work(pair: Pair, take: Take) -> None:
        while (item := take()) is not None:
            worked.append(item)
            await asyncio.sleep(0)

    async def never() -> Pair:
        await asyncio.Event().wait()
        return SECOND

    lanes: Lanes[int] = Lanes(FIRST, never)
    lanes.open_ahead(2)
    await asyncio.wait_for(lanes.run(range(5), work), 30)
    assert worked == list(range(5))


async def test_the_first_failure_stops_the_others_and_is_raised() -> None:
    stopped = False

    async def work(pair: Pair, take: Take) -> None:
        nonlocal stopped
        take()
        if pair == SECOND:
            raise refusal()
        try:
            await asyncio.Event().wait()
        finally:
            stopped = True

    async def second() -> Pair:
        return SECOND

    lanes: Lanes[int] = Lanes(FIRST, second)
    lanes.open_ahead(2)
    with pytest.raises(TransferError):
        await asyncio.wait_for(lanes.run(range(5), work), 30)
    assert stopped
