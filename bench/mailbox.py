"""``make bench BENCH="--mailbox 200000"``: one very large mailbox, and the memory that a worker needs for it.

Two Dovecots with maildir; the source's is filled by writing its files. Each run has a worker process of its own, with the
ledger in PostgreSQL: the first run; the second, after mail has come and flags have changed; and a run that knows nothing
of what the destination holds already (adoption). After each run both mailboxes are read back whole and compared. The mail
and the database are in TMPDIR: /dev/shm does.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.ends import End, Ends
from bench.maildir import Maildir
from bench.movers import Task, Trasloco
from bench.running import Cost, run
from bench.servers import ROOM
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot

ALLOWED, USUAL, MORE = 200 << 20, 200_000, 64
"""Bytes of the worker process for a mailbox of so many messages, and for each one more."""

USER = "large"
_FOLDERS = (("Archive", 0.08), ("Sent", 0.02), ("", 0.9))
"""Names and shares: nearly all in INBOX, for memory goes by the largest folder."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One run. messages: in the mailbox then. exact: both mailboxes hold the same."""

    title: str
    messages: int
    cost: Cost
    exact: bool

    @property
    def well(self) -> bool:
        return self.exact and self.cost.memory < ALLOWED + MORE * max(0, self.messages - USUAL)

    def __str__(self) -> str:
        memory = f"{self.cost.memory / 2**20:6.1f} MiB"
        verdict = "exact" if self.exact else "NOT THE SAME"
        return f"{self.title:28} {self.messages:9,} messages {self.cost.seconds:8.1f} s {memory}   {verdict}"


def measure_mailbox(count: int, say: Callable[[str], None]) -> list[Figure]:
    """Fill a mailbox of so many messages and run three times. Raises MoverFailed."""
    with LargeMailbox(count) as mailbox:
        figures = []
        for title, step in (("first run", mailbox.first), ("second run", mailbox.second), ("all there, nothing known", mailbox.unknown)):
            figures.append(step(title))
            say(str(figures[-1]))
    return figures


class LargeMailbox:
    """One mailbox between two servers, filled when it is entered. state: of a database to use, instead of one of its own."""

    def __init__(self, count: int, state: Path | None = None) -> None:
        self._count, self._state = count, state
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="trasloco-mailbox-")))
        source, self._destination = (self._stack.enter_context(Dovecot(extra=ROOM)) for _ in range(2))
        fill(source, USER, self._count)
        here, there = (End(server.host, server.port, USER, server.password) for server in (source, self._destination))
        self._ends = Ends(here, there)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def first(self, title: str) -> Figure:
        return self._run(title, 1, self._state or self._directory / "state")

    def second(self, title: str) -> Figure:
        """After a hundredth of it has come new, and a fiftieth was flagged."""
        end, count = self._ends.source, self._count
        with MailboxFiller(end.host, end.port, end.user, end.password) as filler:
            filler.append(("INBOX",), _new(count, max(1, count // 100)))
            filler.store(("INBOX",), range(1, max(2, count // 50)), "+FLAGS", "\\Flagged", "Bench")
        return self._run(title, 2, self._state or self._directory / "state")

    def unknown(self, title: str) -> Figure:
        """With another database: what is there is recognised."""
        return self._run(title, 1, self._directory / "other")

    def _run(self, title: str, number: int, state: Path) -> Figure:
        state.mkdir(parents=True, exist_ok=True)
        task = Task([self._ends], 1, number, self._directory, self._destination, state)
        commands = Trasloco().commands(task)
        subprocess.run([sys.executable, "-m", "bench.programs.schema"], env=commands[0].environment, check=True)
        cost = run(commands, 1)
        source, destination = (_read(end) for end in (self._ends.source, self._ends.destination))
        return Figure(title, source.total, cost, source.messages() == destination.messages())


def _read(end: End) -> Snapshot:
    return Snapshot.read(end.host, end.port, end.user, end.password)


def fill(server: Dovecot, user: str, count: int) -> None:
    """Write ``count`` small messages into the mailbox of a user who has not logged in yet."""
    mailbox, written = Maildir(server, user), 0
    for folder, share in _FOLDERS:
        last = written + int(count * share) if folder else count
        mailbox.write(folder, range(written, last), _message)
        written = last


def _message(number: int) -> bytes:
    return (
        f"Message-ID: <{number}@large.example>\nFrom: somebody@example.org\nTo: large@example.net\n"
        f"Subject: message {number}\nDate: Thu, 13 Mar 2014 16:53:20 +0000\n\nThis is number {number}.\n"
    ).encode()


def _new(first: int, count: int) -> Iterator[Mail]:
    for number in range(first, first + count):
        yield Mail(_message(number).replace(b"\n", b"\r\n"))
