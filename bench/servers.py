"""Two real Dovecots, maildir on both, and what the destination's processes cost.

Every run writes into a mailbox of its own; what becomes of the copies says ``discard``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import ssl
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from bench.corpora import Corpus
from bench.distance import Distance
from bench.ends import End, Ends
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot

Fsync = Literal["never", "optimized"]
ROOM = "default_vsz_limit = 4 G\n"
"""For a mailbox of a million messages: a session of Dovecot may take 256 MiB by default, and ends where it would take more."""

_TICKS = os.sysconf("SC_CLK_TCK")


class Servers:
    """One source, and one destination for each way of flushing, started when first needed."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._destinations: dict[Fsync, Dovecot] = {}
        self._distances: dict[tuple[Fsync, int, bool], tuple[Distance, Distance]] = {}
        self._originals: dict[str, Snapshot] = {}

    def __enter__(self) -> Self:
        self.source = self._stack.enter_context(Dovecot(extra=ROOM))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def destination(self, fsync: Fsync) -> Dovecot:
        if fsync not in self._destinations:
            server = self._destinations[fsync] = self._stack.enter_context(Dovecot(fsync=fsync, extra=ROOM))
            # The first thousands of files of a new tree cost a file system several times what later ones cost.
            with MailboxFiller(server.host, server.port, "warm-up", server.password) as filler:
                filler.append(("INBOX",), [Mail(b"Subject: warm\r\n\r\n" + b"up\r\n" * 500)] * 3000)
        return self._destinations[fsync]

    def fill(self, corpus: Corpus, scale: float) -> list[str]:
        """The corpus on the source, written once; its users."""
        for user in corpus.users():
            if user not in self._originals:
                with self._filler(user) as filler:
                    corpus.fill(filler, user, scale)
                self._originals[user] = self._read(self.source, user)
        return corpus.users()

    def change(self, corpus: Corpus, scale: float, number: int) -> None:
        """Something happens in every mailbox of the corpus."""
        for user in corpus.users():
            with self._filler(user) as filler:
                corpus.add(filler, user, scale, number)
            self._originals[user] = self._read(self.source, user)

    def original(self, user: str) -> Snapshot:
        return self._originals[user]

    def copied(self, fsync: Fsync, user: str) -> Snapshot:
        return self._read(self.destination(fsync), user)

    def discard(self, fsync: Fsync, user: str) -> None:
        """A mailbox of the destination is not needed any more.

        On a disk it stays: after many files were deleted, a file system may create new ones several times slower for minutes.
        But it leaves the memory, as it does on a tmpfs: pages that the machine has never used before, or has given back, cost
        the destination twice the processor time where it is a virtual one.
        """
        home = self.destination(fsync).directory / "homes" / user
        if _in_memory(home):
            shutil.rmtree(home, ignore_errors=True)
            return
        os.sync()  # only what is written can be let go
        for file in home.rglob("*"):
            if file.is_file():
                _forget(file)

    def ends(self, fsync: Fsync, milliseconds: int, user: str, new_user: str, *, tls: bool) -> Ends:
        """One account, both servers at this distance."""
        source, destination = self.source, self.destination(fsync)
        here, there = (server.tls_port if tls else server.port for server in (source, destination))
        if milliseconds:
            proxies = self.distances(fsync, milliseconds, tls=tls)
            here, there = (proxy.port for proxy in proxies)
        return Ends(
            End(source.host, here, user, source.password, tls, str(source.ca_file)),
            End(destination.host, there, new_user, destination.password, tls, str(destination.ca_file)),
        )

    def distances(self, fsync: Fsync, milliseconds: int, *, tls: bool) -> tuple[Distance, Distance]:
        """The proxies before source and destination."""
        key = (fsync, milliseconds, tls)
        if key not in self._distances:
            ports = [server.tls_port if tls else server.port for server in (self.source, self.destination(fsync))]
            here, there = (self._stack.enter_context(Distance(port, milliseconds / 1000)) for port in ports)
            self._distances[key] = here, there
        return self._distances[key]

    def processor_seconds(self, fsync: Fsync) -> float:
        """What all processes of the destination have used so far, those that have ended included."""
        return session_seconds(self.destination(fsync).session)

    def _filler(self, user: str) -> MailboxFiller:
        return MailboxFiller(self.source.host, self.source.port, user, self.source.password)

    def _read(self, server: Dovecot, user: str) -> Snapshot:
        return Snapshot.read(server.host, server.port, user, server.password)


def _forget(file: Path) -> None:
    with file.open("rb") as opened:
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _in_memory(path: Path) -> bool:
    """Whether it is on a tmpfs: the last mount among those it lies under."""
    mounts = (line.split() for line in Path("/proc/mounts").read_text("utf-8").splitlines())
    over = [(mount[1], mount[2]) for mount in mounts if path.is_relative_to(mount[1])]
    return max(over, key=lambda mount: len(mount[0]))[1] == "tmpfs"


def trusting(*files: str) -> ssl.SSLContext:
    """A TLS context that trusts these certificates and no others."""
    context = ssl.create_default_context()
    for file in files:
        context.load_verify_locations(file)
    return context


def session_seconds(leader: int) -> float:
    """User and system time of a session: of its living processes, and of the dead its leader has reaped."""
    return _seconds(leader, 3)


def offspring_seconds(parent: int) -> float:
    """User and system time of a process and its children, the dead it has reaped included."""
    return _seconds(parent, 1)


def _seconds(leader: int, column: int) -> float:
    """Of the leader, and of all whose column of /proc/*/stat (1: parent, 3: session, from the state on) names it."""
    ticks = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                if leader in (int(fields[column]), int(entry.name)):
                    ticks += int(fields[11]) + int(fields[12])
                    if int(entry.name) == leader:
                        ticks += int(fields[13]) + int(fields[14])
    return ticks / _TICKS
