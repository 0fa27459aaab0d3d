from __future__ import annotations

import pytest

from tests.imap.conftest import Play
from trasloco.imap import quirks
from trasloco.imap.errors import LimitExceeded
from trasloco.imap.limits import Limits
from trasloco.imap.values import Mailbox, Status


async def test_all_in_one_round_trip(play: Play) -> None:
    async with play("tree") as client:
        assert await client.tree() == [
            Mailbox(b"inbox", "/", frozenset({"\\hasnochildren"}), True, Status(3, 9, 1, 77, 1000)),
            Mailbox(b"Gesend", "/", frozenset({"\\sent"})),
            Mailbox(b'a "b\\', "/", frozenset({"\\noselect"})),
            Mailbox(b"gone", "/", frozenset({"\\nonexistent"}), True),
        ]


async def test_a_server_that_knows_no_return(play: Play) -> None:
    async with play("tree_list_return_bad") as client:
        for _ in range(2):
            tree = await client.tree(status=False)
            assert quirks.LIST_RETURN_BAD.name in client.quirks
            if tree:
                assert tree == [Mailbox(b"INBOX", "/", subscribed=True), Mailbox("Entwürfe alt".encode("latin-1"), None)]


async def test_the_roles_of_xlist(play: Play) -> None:
    async with play("tree_xlist") as client:
        assert await client.tree(status=False) == [
            Mailbox(b"INBOX", "/", frozenset({"\\hasnochildren", "\\inbox"})),
            Mailbox(b"[Gmail]/Alle Nachrichten", "/", frozenset({"\\hasnochildren", "\\all"})),
        ]


async def test_a_name_beyond_all_measure(play: Play) -> None:
    async with play("too_large_literal") as client:
        with pytest.raises(LimitExceeded) as failure:
            await client.tree(status=False)
        assert failure.value.limit == "literal"
        assert client.closed


@pytest.mark.parametrize(("limits", "name"), [(Limits(mailboxes=2), "mailboxes"), (Limits(answer=40), "answer")])
async def test_more_mailboxes_than_anybody_has(play: Play, limits: Limits, name: str) -> None:
    async with play("endless_answer", limits=limits) as client:
        with pytest.raises(LimitExceeded) as failure:
            await client.tree(status=False)
        assert failure.value.limit == name
        assert client.closed
