from __future__ import annotations

import pytest

from tests.imap.conftest import Play
from trasloco.imap.errors import ProtocolViolation
from trasloco.imap.values import Fetched


async def test_items_in_any_order_and_in_pieces(play: Play) -> None:
    async with play("fetch") as client:
        found = [fetched async for fetched in client.fetch([1, 2, 3], ["UID", "FLAGS", "RFC822.SIZE"])]
        assert found == [
            Fetched(1, 1, frozenset({"\\Seen", "foo]bar"}), size=12),
            Fetched(2, 2, frozenset(), size=7),
            Fetched(3, 3, frozenset()),
        ]


async def test_an_answer_lost_is_no_complete_answer(play: Play) -> None:
    async with play("fetch_unreadable") as client:
        found = []
        with pytest.raises(ProtocolViolation) as failure:
            async for fetched in client.fetch("1:2", ["FLAGS"]):
                found.append(fetched.uid)
        assert found == [1]
        assert failure.value.in_step
        await client.noop()
