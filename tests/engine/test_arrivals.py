"""What came into the destination's folder that nobody told us of."""

from __future__ import annotations

import pytest

from tests.engine.conftest import Account
from tests.engine.test_three_ways import INBOX, mails
from trasloco.engine.arrivals import Arrivals, may_be_stored
from trasloco.engine.failure import SideName
from trasloco.engine.identity import Place
from trasloco.engine.opener import close, open_side
from trasloco.imap.errors import CommandFailed
from trasloco.imap.values import Kind, StatusText


@pytest.mark.parametrize(
    ("kind", "code", "doubtful"), [(Kind.NO, "", True), (Kind.NO, "TOOBIG", False), (Kind.NO, "OVERQUOTA", False), (Kind.BAD, "", False)]
)
def test_only_a_no_without_a_reason_leaves_it_open(kind: Kind, code: str, doubtful: bool) -> None:
    assert may_be_stored(CommandFailed(StatusText(kind, code, b"", "words"), "APPEND")) is doubtful


async def test_what_is_ours_is_no_arrival(account: Account) -> None:
    with account.destination_filler() as filler:
        filler.append(INBOX, mails(7))
    client, side = await open_side(account.side(SideName.DESTINATION))
    await client.select(b"INBOX", read_only=False)
    arrivals = Arrivals(Place(side, client, "INBOX"))
    arrivals.ours([2, 3])
    arrivals.ours([4, 6])
    assert await arrivals.since(2) == [5, 7]
    assert await arrivals.since(8) == []
    with account.destination_filler() as filler:
        filler.append(INBOX, mails(1, "late"))
    assert await arrivals.since(7) == [7, 8]
    await close(client)
