from __future__ import annotations

from tests.imap.conftest import Play


async def test_a_move_without_move(play: Play) -> None:
    async with play("move") as client:
        assert await client.move([3, 4], b"Other") == {3: 10, 4: 12}


async def test_a_move_and_a_copyuid_that_is_none(play: Play) -> None:
    async with play("move_by_move") as client:
        assert await client.move([3, 4], b"Other") == {3: 10, 4: 11}
        assert await client.move([5], b"Other") is None
