"""Repaired messages whose rows were lost are found again on the destination."""

from __future__ import annotations

import pytest

from tests.engine.conftest import Account
from tests.engine.test_three_ways import INBOX, mails
from trasloco.engine.failure import SideName
from trasloco.engine.identity import Place
from trasloco.engine.inventory import Inventory
from trasloco.engine.job import Job
from trasloco.engine.opener import close, open_side
from trasloco.engine.repair import Rung, repair
from trasloco.engine.unbound import Unbound
from trasloco.testing.mailbox_filler import Mail

BARE = b"Message-ID: <bare@x>\r\nSubject: bare\r\n\r\na\rb\r\n"
LONG = b"Message-ID: <long@x>\r\nSubject: gr\xfc\xdfe " + b"e " * 800 + b"\r\n\r\na\rb\r\n"


async def found(account: Account, uids: list[int], *, there: list[int] | None = None) -> dict[int, int]:
    """What ``find_repaired`` says of these source UIDs, asked of the destination's INBOX or of some UIDs there."""
    unbound_uids = [entry.uid for entry in account.destination()["INBOX"]] if there is None else there
    clients, places = [], []
    for name in SideName.SOURCE, SideName.DESTINATION:
        client, side = await open_side(account.side(name))
        await client.select(b"INBOX", read_only=True)
        clients.append(client)
        places.append(Place(side, client, "INBOX"))
    job = Job(places[0], places[1], b"INBOX", Inventory(), account.ledger, 1, account.settings, 1)
    try:
        repaired_ones = await Unbound(job.destination, unbound_uids).find_repaired(job, uids)
        return {ours: theirs for ours, (theirs, _) in repaired_ones.items()}
    finally:
        for client in clients:
            await close(client)


@pytest.fixture
def repaired(account: Account) -> Account:
    """The source's messages 1 and 2 need a repair; the destination has both repaired, and another message."""
    with account.source_filler() as filler:
        filler.append(INBOX, [Mail(BARE), Mail(LONG), *mails(1)])
    sent = repair(repair(repair(LONG, Rung.LONG_LINES), Rung.HEADERS), Rung.LINE_ENDS)
    with account.destination_filler() as filler:
        filler.append(INBOX, [*mails(1, "foreign"), Mail(sent), Mail(repair(BARE, Rung.LINE_ENDS))])
    return account


async def test_a_repaired_message_is_found_whatever_its_rungs(repaired: Account) -> None:
    assert await found(repaired, [1, 2, 3]) == {1: 3, 2: 2}


async def test_what_the_ledger_knows_already_is_not_taken_for_it(repaired: Account) -> None:
    assert await found(repaired, [1, 2], there=[1, 2]) == {2: 2}
    assert await found(repaired, [1, 2], there=[]) == {}


async def test_a_message_that_left_the_source_is_not_found(repaired: Account) -> None:
    with repaired.source_filler() as filler:
        filler.delete(INBOX, [1])
    assert await found(repaired, [1, 2]) == {2: 2}


async def test_twins_are_found_one_for_one(account: Account) -> None:
    with account.source_filler() as filler:
        filler.append(INBOX, [Mail(BARE), Mail(BARE), Mail(BARE)])
    with account.destination_filler() as filler:
        filler.append(INBOX, [Mail(repair(BARE, Rung.LINE_ENDS))] * 2)
    assert await found(account, [1, 2, 3]) == {1: 1, 2: 2}


async def test_the_message_as_it_is_counts_as_no_repaired_form(account: Account) -> None:
    """It was compared before, as the source has it."""
    for filler in account.source_filler(), account.destination_filler():
        with filler:
            filler.append(INBOX, [Mail(BARE)])
    assert await found(account, [1]) == {}
