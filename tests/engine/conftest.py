"""An account on two real Dovecots, driven through the engine without database or command line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from trasloco.engine.account import Outcome, Settings, Side
from trasloco.engine.account_run import run_account
from trasloco.engine.failure import SideName
from trasloco.engine.ledger import Ledger
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.engine.sink import Entry, QuietSink
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.snapshot import Snapshot


class ListSink(QuietSink):
    """Keeps the log."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def write(self, entry: Entry) -> None:
        self.entries.append(entry)


@dataclass
class Account:
    """One user on both servers. ``run`` copies; the rest looks and changes as another client would."""

    source_server: Dovecot
    destination_server: Dovecot
    user: str
    ledger: Ledger = field(default_factory=MemoryLedger)
    settings: Settings = field(default_factory=Settings)
    sink: ListSink = field(default_factory=ListSink)

    def side(self, name: SideName) -> Side:
        server = self.source_server if name is SideName.SOURCE else self.destination_server
        return Side(name, Endpoint(server.host, server.port, Security.PLAIN), Credentials(self.user, Secret(server.password)))

    async def go(self, number: int = 1) -> Outcome:
        source, destination = self.side(SideName.SOURCE), self.side(SideName.DESTINATION)
        return await run_account(source, destination, self.ledger, self.settings, number, self.sink, sleep=_no_pause)

    def run(self, number: int = 1) -> Outcome:
        return asyncio.run(self.go(number))

    def source_filler(self) -> MailboxFiller:
        return MailboxFiller(self.source_server.host, self.source_server.port, self.user, self.source_server.password)

    def destination_filler(self) -> MailboxFiller:
        return MailboxFiller(self.destination_server.host, self.destination_server.port, self.user, self.destination_server.password)

    def source(self) -> Snapshot:
        return Snapshot.read(self.source_server.host, self.source_server.port, self.user, self.source_server.password)

    def destination(self) -> Snapshot:
        return Snapshot.read(self.destination_server.host, self.destination_server.port, self.user, self.destination_server.password)


@pytest.fixture
def account(dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]) -> Account:
    return Account(dovecot_source, dovecot_destination, fresh_user())


async def _no_pause(seconds: float) -> None:
    await asyncio.sleep(0)
