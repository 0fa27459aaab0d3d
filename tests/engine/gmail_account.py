"""One mailbox of the Gmail double and one on a real server: run, change the labels, run again, compare folder by folder."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from trasloco.engine.account import Outcome, Settings, Side
from trasloco.engine.account_run import run_account
from trasloco.engine.failure import SideName
from trasloco.engine.ledger import Ledger
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret
from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.gmail_mailbox import GmailMailbox
from trasloco.testing.gmail_server import GmailServer
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.rehearsal import ListSink
from trasloco.testing.snapshot import Snapshot


def letter(number: int, size: int = 40) -> bytes:
    """A message of its own; the last digits of a size differ, so that sizes seldom tell messages apart."""
    head = f"Message-ID: <gm{number}@mail.gmail.com>\r\nFrom: a@gmail.com\r\nTo: b@gmail.com\r\nSubject: number {number}\r\n"
    return f"{head}Date: Thu, 20 Nov 2025 10:00:00 +0000\r\n\r\n{'x' * size}\r\n".encode()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class GmailAccount:
    """The source is ``mailbox`` behind ``gmail``, as anna; the destination a real server."""

    mailbox: GmailMailbox
    gmail: GmailServer
    server: Dovecot | Cyrus
    user: str
    ledger: Ledger = field(default_factory=MemoryLedger)
    settings: Settings = field(default_factory=lambda: replace(Settings(), batch_messages=50))
    sink: ListSink = field(default_factory=ListSink)
    destination_port: int = 0

    def side(self, name: SideName) -> Side:
        if name is SideName.SOURCE:
            endpoint = Endpoint(self.gmail.host, self.gmail.port, Security.PLAIN)
            return Side(name, endpoint, Credentials("anna@gmail.com", Secret(self.gmail.password)))
        endpoint = Endpoint(self.server.host, self.destination_port or self.server.port, Security.PLAIN)
        return Side(name, endpoint, Credentials(self.user, Secret(self.server.password)))

    async def go(self, number: int = 1) -> Outcome:
        sides = self.side(SideName.SOURCE), self.side(SideName.DESTINATION)
        return await run_account(*sides, self.ledger, self.settings, number, self.sink, sleep=_no_pause)

    def run(self, number: int = 1) -> Outcome:
        outcome = asyncio.run(self.go(number))
        assert outcome.failure is None, outcome.failure
        return outcome

    def destination(self) -> Snapshot:
        return Snapshot.read(self.server.host, self.server.port, self.user, self.server.password)

    def filler(self) -> MailboxFiller:
        return MailboxFiller(self.server.host, self.server.port, self.user, self.server.password)

    def said(self, action: str) -> list[str]:
        return [entry.words for entry in self.sink.entries if entry.action == action]

    def contents(self) -> dict[str, Counter[str]]:
        """What each folder of the destination holds; empty ones are missing."""
        here = self.destination()
        return {"/".join(path): Counter(entry.sha256 for entry in entries) for path, entries in here.folders.items() if entries}

    def expected(self, renamed: dict[str, str] | None = None, left_out: Iterable[str] = ()) -> dict[str, Counter[str]]:
        """What they should hold after a first run. renamed: names of Gmail's own folders there; left_out: of the source."""
        names = {"[Gmail]/Sent Mail": "Sent", "[Gmail]/Drafts": "Drafts"} | (renamed or {})
        aside = {"\\All", "\\Flagged", "\\Important", "\\Junk", "\\Trash", "chats"}
        found = {}
        for folder in self.mailbox.folders.values():
            if folder.hidden or folder.name in left_out or (folder.attribute in aside and folder.name not in (renamed or {})):
                continue
            found[names.get(folder.name, folder.name)] = self.mailbox.contents(folder.name)
        found["Archive"] = self.mailbox.archived()
        return {name: contents for name, contents in found.items() if contents}

    def fetched(self) -> set[int]:
        """How often bodies were asked for, of all messages that were."""
        return set(self.mailbox.fetched.values())


async def _no_pause(seconds: float) -> None:
    await asyncio.sleep(0)
