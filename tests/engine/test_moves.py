"""What goes with a message that moves. The cases themselves: test_three_ways.py, faults/test_moves.py."""

from __future__ import annotations

import asyncio

from tests.engine.conftest import Account
from tests.engine.test_three_ways import DONE, INBOX
from trasloco.engine.comparison import Verdict
from trasloco.engine.failure import SideName
from trasloco.engine.fate import Tally
from trasloco.engine.verify import verify_account
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.rehearsal import Rehearsal, lines
from trasloco.testing.wire_faults import Answer


def test_a_repaired_message_that_moves_is_still_known_as_repaired(account: Account) -> None:
    with lines(account.source_server, account.destination_server) as (source, destination):
        rehearsal = Rehearsal(source, destination, account.user)
        with source.filler(account.user) as filler:
            filler.create(DONE)
            filler.append(INBOX, [Mail(b"Message-ID: <r@x>\r\nSubject: r\r\n\r\na\rb\r\n")])
        destination.proxy.arm(Answer("APPEND", "NO bare newlines", times=2))
        assert rehearsal.run(1).tally == Tally(copied=1)
        with source.filler(account.user) as filler:
            filler.move(INBOX, [1], DONE)
        assert rehearsal.run(2).tally == Tally(moved=1)
        sides = (rehearsal.source.side(SideName.SOURCE, account.user), rehearsal.destination.side(SideName.DESTINATION, account.user))
        found = asyncio.run(verify_account(*sides, rehearsal.ledger))
        assert found.counts == {Verdict.REPAIRED: 1}
