"""A source that never gives the same bytes of a message twice: killed at any write of the ledger, it is still brought once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from tests.doubles.migration import differences
from tests.engine.test_cut_at_every_write import Stop, StoppingLedger
from tests.imap.meets import meets
from trasloco.engine.account import Outcome, Settings, Side
from trasloco.engine.account_run import run_account
from trasloco.engine.failure import SideName
from trasloco.engine.fate import Tally
from trasloco.engine.ledger import Ledger
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.engine.sink import QuietSink
from trasloco.engine.verify import verify_account
from trasloco.imap import quirks
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.imap_double.doors import Door
from trasloco.testing.imap_double.flavour import flavour
from trasloco.testing.imap_double.server import ImapDouble
from trasloco.testing.imap_double.store import Mailbox
from trasloco.testing.letters import Letters
from trasloco.testing.snapshot import Snapshot

ANEW = replace(flavour("office365"), basic=True)  # as on-prem: passwords, and everything else that makes it hard


@dataclass
class Brought:
    """One mailbox of a double, brought to a real Dovecot by the engine alone."""

    double: ImapDouble
    home: Dovecot
    user: str
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    settings: Settings = field(default_factory=lambda: replace(Settings(), batch_messages=4))

    def sides(self) -> tuple[Side, Side]:
        here = Endpoint(self.double.host, self.double.port, Security.PLAIN), Credentials("anna", Secret("secret"))
        there = Endpoint(self.home.host, self.home.port, Security.PLAIN), Credentials(self.user, Secret(self.home.password))
        return Side(SideName.SOURCE, *here), Side(SideName.DESTINATION, *there)

    def run(self, number: int, ledger: Ledger | None = None) -> Outcome:
        source, destination = self.sides()
        run = run_account(source, destination, ledger or self.ledger, self.settings, number, QuietSink(), sleep=_short_pause)
        return asyncio.run(run)

    def stop_at(self, number: int, at: int, *, done: bool) -> bool:
        """Whether there was such a write."""
        try:
            self.run(number, StoppingLedger(self.ledger, at, done=done))
        except Stop:
            return True
        return False

    def arrived(self) -> Snapshot:
        return Snapshot.read(self.home.host, self.home.port, self.user, self.home.password)


async def _short_pause(seconds: float) -> None:
    """What a stopped attempt had on its way has to arrive before it is looked for: of such a source it is not recognised later (ADR 5)."""
    await asyncio.sleep(min(seconds, 0.15))


def multipart(number: int, *, message_id: bool = True) -> bytes:
    """A letter whose boundary is another one each time it is read."""
    boundary = b"----=_NextPart_%06d" % number
    head = b"Message-ID: <%d@old.example>\r\n" % number if message_id else b""
    parts = b"".join(b"--%s\r\nContent-Type: text/plain\r\n\r\npart %d of %d\r\n" % (boundary, part, number) for part in (1, 2))
    return b'%sSubject: letter\r\nContent-Type: multipart/mixed;\r\n\tboundary="%s"\r\n\r\n%s--%s--\r\n' % (head, boundary, parts, boundary)


def filled() -> Mailbox:
    """Letters of one part and of several; some without a Message-ID, and twins."""
    mailbox = Mailbox("Archive", "Sent Items")
    names = list(mailbox.folders)
    for number in range(24):
        mailbox.add(names[number % 3], multipart(number, message_id=number % 4 != 0), flags=["\\Seen"])
    for _ in range(2):
        mailbox.add("INBOX", multipart(99))
    for letter in Letters("anew").take(12):
        mailbox.add("INBOX", letter.content, date=letter.date)
    return mailbox


@pytest.fixture
def door() -> Door:
    return Door()


@meets(quirks.MADE_ANEW)
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_stop_at_any_write_doubles_nothing(home: Dovecot, fresh_user: Callable[[], str], done: bool) -> None:
    at, stopped = 0, True
    while stopped:
        at += 1
        mailbox, door = filled(), Door()
        door.password("anna", "secret", mailbox)
        with ImapDouble(ANEW, door) as double:
            brought = Brought(double, home, fresh_user())
            stopped = brought.stop_at(1, at, done=done)
            again = brought.run(2)
            assert again.failure is None
            assert differences(mailbox, brought.arrived()) == []
            before = brought.arrived()
            assert brought.run(3).tally == Tally(adopted=38)
            assert brought.arrived() == before
    assert at > 20


def test_a_lost_ledger_and_a_renumbered_folder_double_nothing(home: Dovecot, fresh_user: Callable[[], str]) -> None:
    mailbox, door = filled(), Door()
    door.password("anna", "secret", mailbox)
    with ImapDouble(ANEW, door) as double:
        brought = Brought(double, home, fresh_user())
        assert brought.run(1).tally == Tally(copied=38)
        mailbox.folders["Archive"].uidvalidity += 7
        assert brought.run(2).tally == Tally(adopted=38)
        brought.ledger = MemoryLedger()
        assert brought.run(1).tally == Tally(adopted=38)
        assert differences(mailbox, brought.arrived()) == []
        found = asyncio.run(verify_account(*brought.sides(), brought.ledger))
        assert not [finding for finding in found.findings if finding.verdict.bad]
