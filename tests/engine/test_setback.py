"""Numbers that are given again. Restored servers: faults/test_setbacks.py."""

from __future__ import annotations

from array import array

import pytest

from tests.engine.conftest import Account
from tests.engine.test_three_ways import INBOX, mails
from trasloco.engine.diff import Work
from trasloco.engine.failure import SideName
from trasloco.engine.identity import Place
from trasloco.engine.inventory import Inventory
from trasloco.engine.ledger import FolderRecord
from trasloco.engine.opener import close, open_side
from trasloco.engine.setback import destination_went_back, source_went_back
from trasloco.imap.values import Fetched, Selected


def inventory(*uids: int) -> Inventory:
    found = Inventory()
    for number, uid in enumerate(uids, 1):
        found.add(Fetched(number, uid, frozenset(), None, 1))
    return found


@pytest.mark.parametrize(
    ("uids", "highest", "uidnext", "back"),
    [
        ((1, 2), 2, 3, False),
        ((1,), 2, 3, False),  # the last one was deleted
        ((1,), 2, 2, True),
        ((), 9, 1, True),
        ((1, 7), 9, 2, False),  # it shows messages above its own UIDNEXT: that says nothing
        ((1,), 9, None, False),
    ],
)
def test_the_source_went_back_when_the_ledger_knows_what_it_has_not_given(
    uids: tuple[int, ...], highest: int, uidnext: int | None, back: bool
) -> None:
    assert source_went_back(inventory(*uids), Work(highest=highest), Selected(b"INBOX", len(uids), 1, uidnext)) is back


@pytest.mark.parametrize(
    ("bound", "known", "uidnext", "back"),
    [
        ((1, 2), None, 4, False),
        ((9,), None, 4, True),
        ((), 12, 4, True),
        ((2,), 4, 4, False),
        ((9,), None, 2, False),  # messages stand at 2 and 3: this UIDNEXT is none
        ((9,), 99, None, False),
    ],
)
async def test_the_destination_went_back_when_it_has_less_than_it_was_given(
    account: Account, bound: tuple[int, ...], known: int | None, uidnext: int | None, back: bool
) -> None:
    with account.destination_filler() as filler:
        filler.append(INBOX, mails(3))
    client, side = await open_side(account.side(SideName.DESTINATION))
    await client.select(b"INBOX", read_only=True)
    record = FolderRecord(1, b"INBOX", b"INBOX", destination_uidnext=known)
    work, selected = Work(bound=array("Q", bound)), Selected(b"INBOX", 3, 1, uidnext)
    assert await destination_went_back(record, work, selected, Place(side, client, "INBOX")) is back
    await close(client)


async def test_an_empty_destination_that_was_filled_went_back(account: Account) -> None:
    client, side = await open_side(account.side(SideName.DESTINATION))
    record = FolderRecord(1, b"INBOX", b"INBOX", destination_uidnext=5)
    assert await destination_went_back(record, Work(), Selected(b"INBOX", 0, 1, 1), Place(side, client, "INBOX"))
    await close(client)
