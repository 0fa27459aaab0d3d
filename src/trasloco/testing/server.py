"""A real mail server as a set of child processes: start, stop, kill, restart, and nothing left behind.

``LocalServer`` knows processes, ports, the temporary directory and the unprivileged user; the
modules beside it (dovecot, cyrus, courier) know configuration files. Everything listens on
127.0.0.1 only. All methods block, each well under a second; in a coroutine use ``async with``.
"""

from __future__ import annotations

import asyncio
import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict

from trasloco.testing.certificates import Certificate
from trasloco.testing.free_ports import free_ports

_START_SECONDS = 10.0
_STOP_SECONDS = 3.0
_TRIES = 3

# Ends the server when we are gone without having said so (kill -9 on the test run): it reads from
# a pipe whose other end only we hold. $1 is the session of the server.
_GUARDIAN = 'read -r line; [ "$line" = stop ] || { pkill -TERM -s "$1"; sleep 1; pkill -KILL -s "$1"; }'


class ServerFailed(Exception):
    """The server did not start; the text ends with what it wrote to its log."""


class LocalServer(ABC):
    """Base of the test servers; a subclass writes the files and names the command.

    host, port: plain IMAP. tls_port: implicit TLS. certificate, ca_file: what the server shows.
    directory: configuration, sockets and mail of this server; removed by ``stop()``.
    """

    title = "server"
    host = "127.0.0.1"

    def __init__(self, *, self_signed: bool = True) -> None:
        self.account = _unprivileged_user()
        self.directory = Path(tempfile.mkdtemp(prefix=f"trasloco-{self.title.lower()}-"))
        self.directory.chmod(0o755)
        self.certificate = Certificate.make(self.directory, self_signed=self_signed)
        self.ca_file = self.certificate.ca_file
        self.port = 0
        self.tls_port = 0
        self.start_seconds = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._guardian: subprocess.Popen[bytes] | None = None

    # What a subclass says.

    @abstractmethod
    def _configure(self) -> None:
        """Write all files; ``port`` and ``tls_port`` are chosen already."""

    def _command(self) -> tuple[list[str], dict[str, str]]:
        """The words and the environment of the process that does not return; not asked of one that launches itself."""
        raise ServerFailed(f"{self.title} names no command to start")

    @property
    @abstractmethod
    def version(self) -> str:
        """Name and version for people."""

    @property
    def identity(self) -> tuple[str, str]:
        """Names of the user and the group the server runs as."""
        account = self.account or pwd.getpwuid(os.geteuid())
        return account.pw_name, grp.getgrgid(account.pw_gid).gr_name

    @property
    def session(self) -> int:
        """The session all processes of the server belong to; its leader has this process id. 0 when it does not run."""
        return self._process.pid if self._process is not None else 0

    # What a test does.

    def start(self) -> Self:
        """Start and return when the server greets. Raises ServerFailed, PackagesUnavailable."""
        began = time.monotonic()
        for attempt in range(1, _TRIES + 1):
            if not self.port or attempt > 1:  # a port seen free may be taken by now: then others
                self.port, self.tls_port = free_ports(2)
            self._configure()
            self._own(self.directory)
            try:
                self._launch()
                wait_until(self._greets, _START_SECONDS, self._failed)
                break
            except ServerFailed:
                self.kill()
                if attempt == _TRIES:
                    raise
        self.start_seconds = time.monotonic() - began
        return self

    def stop(self) -> None:
        """End all processes, politely first, and remove the directory. May be called twice."""
        self._end(signal.SIGTERM)
        shutil.rmtree(self.directory, ignore_errors=True)

    def kill(self) -> None:
        """kill -9 for every process at once, as a power cut would; the data stays."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start again: same ports, same mail."""
        self._end(signal.SIGTERM)
        self.start()

    def log(self) -> str:
        """What the server has written so far."""
        text = ""
        for path in sorted(self.directory.glob("*.log")):
            text += path.read_text("utf-8", "replace")
        return text

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await asyncio.to_thread(self.stop)

    # How.

    def _run(self, *words: str, environment: dict[str, str], text: str = "") -> str:
        """Run one command to its end as the server's user; raises ServerFailed with its words."""
        done = subprocess.run(
            words, input=text, capture_output=True, text=True, env=environment, cwd=self.directory, **run_as(self.account)
        )
        if done.returncode:
            raise ServerFailed(f"{words[0]} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[:500]}")
        return done.stdout

    def _launch(self) -> None:
        words, environment = self._command()
        output = (self.directory / "output.log").open("ab")
        with output:
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, cwd=self.directory,
                start_new_session=True, **run_as(self.account),
            )  # fmt: skip
        self._guardian = subprocess.Popen(
            ["/bin/sh", "-c", _GUARDIAN, "guardian", str(self._process.pid)], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **run_as(self.account),
        )  # fmt: skip

    def _greets(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise self._failed()
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=1) as connection:
            return connection.recv(4) == b"* OK"
        return False

    def _failed(self) -> ServerFailed:
        code = self._process.poll() if self._process else None
        state = "does not answer" if code is None else f"ended with {code}"
        return ServerFailed(f"{self.title} {state}; its log ends:\n{self.log()[-2000:]}")

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        guardian, self._guardian = self._guardian, None
        if process is not None:
            if how is signal.SIGTERM:
                for pid in _session_members(process.pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_STOP_SECONDS)
            while left := _session_members(process.pid):
                for pid in left:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                process.poll()
                time.sleep(0.005)
            process.wait()
        if guardian is not None:
            guardian.communicate(b"stop\n")

    def _own(self, path: Path) -> None:
        """Give a tree to the server's user, when that is not us."""
        if self.account is None:
            return
        uid, gid = self.account.pw_uid, self.account.pw_gid
        os.chown(path, uid, gid)
        for entry in path.iterdir():
            if not entry.is_dir():
                os.chown(entry, uid, gid, follow_symlinks=False)
            elif entry.lstat().st_uid != uid:  # mail written by the server itself is its own already
                self._own(entry)


def wait_until(done: Callable[[], bool], seconds: float, failure: Callable[[], Exception]) -> None:
    """Ask ``done`` until it says yes; after ``seconds`` raise what ``failure`` makes."""
    end = time.monotonic() + seconds
    pause = 0.002
    while not done():
        if time.monotonic() > end:
            raise failure()
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Who the servers run as: ourselves (None), but never root."""
    if os.geteuid() != 0:
        return None
    for name in ("nobody", "postgres", "daemon"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerFailed("running as root, and there is no user called nobody, postgres or daemon to run a mail server as")


class _RunAs(TypedDict, total=False):
    user: int
    group: int
    extra_groups: tuple[int, ...]


def run_as(account: pwd.struct_passwd | None) -> _RunAs:
    """Arguments of ``subprocess`` to start a program as that user; none for ourselves."""
    return {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": ()}


def _session_members(session: int) -> list[int]:
    """Living processes of a session (Linux: field 6 of /proc/PID/stat), zombies not counted."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                state, _, _, member_of = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[:4]
                if int(member_of) == session and state != "Z":
                    found.append(int(entry.name))
    return found
