"""One account between two real servers, with a proxy that can spoil either line: run, judge, run again.

``run`` is the engine as the service drives it, without queue and database. ``verdict`` compares what
both servers then hold, read with none of the code under test.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from trasloco.engine.account import Outcome, Settings, Side
from trasloco.engine.account_run import run_account
from trasloco.engine.failure import SideName
from trasloco.engine.latecomers import QUIET
from trasloco.engine.ledger import Ledger
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.engine.sink import Entry, QuietSink
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret
from trasloco.testing.cutting_proxy import CuttingProxy
from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.mailbox_tree import Path
from trasloco.testing.snapshot import Snapshot

SHORT = Deadlines(connect=3, tls=3, greeting=1.5, login=1.5, command=1.5, idle_body=1.5, write=1.5, logout=1)
"""A server that is silent for longer is taken for dead: long enough for a busy machine, short for a test."""

_PAUSE = 0.02


class Verdict(NamedTuple):
    """Messages of the source that the destination lacks, has too often, or has with other flags or date."""

    lost: int
    doubled: int
    altered: int

    def __str__(self) -> str:
        return f"{self.lost} lost, {self.doubled} doubled, {self.altered} altered"


FAULTLESS = Verdict(0, 0, 0)


class ListSink(QuietSink):
    """Keeps the log."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def write(self, entry: Entry) -> None:
        self.entries.append(entry)


class Line:
    """A server and the proxy before it."""

    def __init__(self, server: Dovecot | Cyrus) -> None:
        self.server = server
        self.proxy = CuttingProxy(server.host, server.port)

    def side(self, name: SideName, user: str) -> Side:
        return Side(name, Endpoint(self.proxy.host, self.proxy.port, Security.PLAIN), Credentials(user, Secret(self.server.password)))

    def filler(self, user: str) -> MailboxFiller:
        """Another client, past the proxy."""
        return MailboxFiller(self.server.host, self.server.port, user, self.server.password)

    def snapshot(self, user: str) -> Snapshot:
        return Snapshot.read(self.server.host, self.server.port, user, self.server.password)


@dataclass
class Rehearsal:
    """One user on both lines. pauses: seconds between attempts, as asked for; at most
    ``longest`` of each is waited."""

    source: Line
    destination: Line
    user: str
    ledger: Ledger = field(default_factory=MemoryLedger)
    settings: Settings = field(default_factory=lambda: replace(Settings(), batch_messages=4))
    sink: ListSink = field(default_factory=ListSink)
    deadlines: Deadlines = SHORT
    pauses: list[float] = field(default_factory=list)
    longest: float = _PAUSE

    async def go(self, number: int = 1, ledger: Ledger | None = None) -> Outcome:
        source, destination = self.source.side(SideName.SOURCE, self.user), self.destination.side(SideName.DESTINATION, self.user)
        return await run_account(
            source, destination, ledger or self.ledger, self.settings, number, self.sink, sleep=self._sleep, deadlines=self.deadlines
        )

    def run(self, number: int = 1) -> Outcome:
        return asyncio.run(self.go(number))

    async def _sleep(self, seconds: float) -> None:
        if seconds != QUIET:
            self.pauses.append(seconds)
        await asyncio.sleep(min(seconds, self.longest))

    def clear(self) -> None:
        """No faults from now on."""
        for line in (self.source, self.destination):
            line.proxy.accept()
            line.proxy.arm()

    def verdict(self, foreign: Counter[str] | None = None, *, skipped: tuple[Path, ...] = (("Trash",), ("Junk",))) -> Verdict:
        """Folder by folder of the source. foreign: digests of what others put on the destination."""
        here, there = self.source.snapshot(self.user), self.destination.snapshot(self.user)
        ours: Counter[tuple[Path, str]] = Counter()
        theirs: Counter[tuple[Path, str]] = Counter()
        whole: list[Counter[object]] = [Counter(), Counter()]
        for snapshot, digests, rows in ((here, ours, whole[0]), (there, theirs, whole[1])):
            for path, entries in snapshot.folders.items():
                if path not in skipped:
                    digests.update((path, entry.sha256) for entry in entries)
                    rows.update((path, entry.sha256, entry.flags, entry.epoch) for entry in entries)
        more = theirs - ours
        for path, digest in tuple(more):
            more[path, digest] = max(0, more[path, digest] - (foreign or Counter())[digest])
        lost, doubled = (ours - theirs).total(), sum(more.values())
        return Verdict(lost, doubled, max(0, (whole[0] - whole[1]).total() - lost))


@contextlib.contextmanager
def lines(*servers: Dovecot | Cyrus) -> Iterator[tuple[Line, ...]]:
    """Servers that run, each behind a proxy of its own."""
    with contextlib.ExitStack() as stack:
        made = tuple(Line(server) for server in servers)
        for line in made:
            stack.enter_context(line.proxy)
        yield made
