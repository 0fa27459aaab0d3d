"""``Client.examine_and_fetch``: one breath, two answers."""

from __future__ import annotations

import pytest

from tests.imap.conftest import Play
from trasloco.imap.errors import CommandFailed
from trasloco.imap.values import Fetched

ITEMS = ("UID", "FLAGS", "RFC822.SIZE")
ALL = (("1:*", ITEMS, None),)


async def test_what_was_told_before_the_ok_speaks_of_another_mailbox_and_a_refusal_leaves_the_line_in_step(play: Play) -> None:
    async with play("examine_and_fetch") as client:
        found: list[Fetched] = []
        selected = await client.examine_and_fetch(b"one", ALL, found.append)
        assert (selected.exists, selected.uidvalidity, selected.read_only) == (2, 5, True)
        assert [(item.uid, item.size) for item in found] == [(1, 10), (4, 20)]
        assert client.selected == selected

        with pytest.raises(CommandFailed, match="no such mailbox"):
            await client.examine_and_fetch(b"none", ALL, found.append)
        assert client.selected is None

        # Emptied since its messages were counted: no failure, whatever the server thinks of 1:*.
        selected = await client.examine_and_fetch(b"empty", ALL, found.append)
        assert selected.exists == 0
        assert len(found) == 2

        with pytest.raises(CommandFailed, match="not today"):
            await client.examine_and_fetch(b"broken", (("1:3", ("UID", "FLAGS"), 7), ("4:*", ITEMS, None)), found.append)
        assert len(found) == 2

        # In whatever form a line comes: a list that is in order stays so.
        uids: list[int | None] = []
        await client.examine_and_fetch(
            b"many", ALL, lambda item: uids.append(item.uid), lambda lines: uids.extend(int(line[1] or 0) for line in lines)
        )
        assert uids == [1, 2, 3, 5, 4]
        await client.noop()
