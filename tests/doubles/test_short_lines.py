"""Lines that never live as long as a batch takes: each attempt gets something settled all the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.doubles.migration import differences
from tests.doubles.test_made_anew import Brought
from trasloco.engine.account import Settings
from trasloco.engine.fate import Tally
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.imap_double.doors import Door
from trasloco.testing.imap_double.flavour import flavour
from trasloco.testing.imap_double.server import ImapDouble
from trasloco.testing.imap_double.store import Mailbox
from trasloco.testing.letters import Letters


def _filled(count: int) -> tuple[Mailbox, Door]:
    mailbox, door = Mailbox(), Door()
    door.password("anna", "secret", mailbox)
    for letter in Letters("short").take(count):
        mailbox.add("INBOX", letter.content, date=letter.date)
    return mailbox, door


@pytest.mark.parametrize("words", ["Session expired, please login again.", "Session invalidated - AccessTokenExpired", ""])
def test_a_server_that_hangs_up_after_every_twenty_messages_is_emptied(home: Dovecot, fresh_user: Callable[[], str], words: str) -> None:
    mailbox, door = _filled(150)
    with ImapDouble(flavour("standard"), door) as double:
        double.moods.hang_up(*((20 * number, words) for number in range(1, 200)))
        brought = Brought(double, home, fresh_user(), settings=Settings())
        outcome = brought.run(1)
        assert (outcome.failure, outcome.tally) == (None, Tally(copied=150))
        assert differences(mailbox, brought.arrived()) == []


@pytest.mark.parametrize("words", ["Session invalidated - AccessTokenExpired", "Disconnected for inactivity."])
def test_no_message_is_blamed_for_sessions_that_are_over(home: Dovecot, fresh_user: Callable[[], str], words: str) -> None:
    """The last ones are on their way five times; the line has carried others."""
    mailbox, door = _filled(12)
    with ImapDouble(flavour("standard"), door) as double:
        double.moods.hang_up((4, words), *[(8, words)] * 4)
        brought = Brought(double, home, fresh_user(), settings=Settings(batch_messages=4))
        outcome = brought.run(1)
        assert (outcome.failure, outcome.tally) == (None, Tally(copied=12))
        assert differences(mailbox, brought.arrived()) == []
