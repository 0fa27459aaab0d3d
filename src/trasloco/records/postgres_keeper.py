"""A small process that keeps one PostgreSQL server: starts it, watches its users, stops it.

Run as a script (``python -I -S postgres_keeper.py ORDER``), standard library only, so that it starts
in a few hundredths of a second and stays small. It belongs to nobody: whichever process came first
started it, it leaves that process's session, and it outlives it while others use the server.

- It holds ``keeper.lock`` exclusively as long as it lives and writes there who it is.
- Every user of the server holds ``users.lock`` shared; the kernel lets go of it however that user
  ends. When the keeper gets it exclusively, nobody is left, and it stops the server.
- The server dies with the keeper (PR_SET_PDEATHSIG on Linux). The keeper has one thread for ever,
  which matters, because that signal is bound to the thread that started the child.

ORDER is JSON: ``command``, ``uid`` and ``gid`` (null: our own), ``data``, ``socket``, ``log``,
``users_lock``, ``keeper_lock``, ``status`` (a file descriptor: one line "ready" or "failed WORDS").
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
LOG_LIMIT = 4 << 20  # bytes
LOG_KEPT = 1 << 20
START_SECONDS = 600  # recovery after a crash may read much; the process being alive is what counts
STOP_SECONDS = 60


def die_with(keeper: int) -> Callable[[], None]:
    """What the server does between fork and exec: ask for a fast shutdown when the keeper is gone."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None

    def ask() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
            if os.getppid() != keeper:
                os._exit(1)

    return ask


def start(order: dict[str, Any], log: int) -> subprocess.Popen[bytes]:
    lent: dict[str, Any] = {} if order["uid"] is None else {"user": order["uid"], "group": order["gid"], "extra_groups": []}
    return subprocess.Popen(  # noqa: S603 - our own command, no shell
        order["command"],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        env={"LC_ALL": "C", "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "TZ": "UTC"},
        start_new_session=True,
        preexec_fn=die_with(os.getpid()),
        **lent,
    )


def ready(data: Path) -> bool:
    """Line 8 of postmaster.pid, as pg_ctl reads it."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def last_words(log: Path, offset: int) -> str:
    """What the server said for itself since ``offset``: its FATAL or PANIC lines, or the last ones."""
    with log.open("rb") as file:
        file.seek(offset)
        lines = file.read(64 << 10).decode("utf-8", "replace").splitlines()
    grave = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
    return " / ".join((grave or lines)[-3:])[:2000]


def trim(log: int) -> None:
    """Keep the log short. It is open for appending on both sides, so cutting it is safe."""
    size = os.fstat(log).st_size
    if size > LOG_LIMIT:
        tail = os.pread(log, LOG_KEPT, size - LOG_KEPT)
        os.ftruncate(log, 0)
        os.write(log, tail[tail.find(b"\n") + 1 :])


def stop(server: subprocess.Popen[bytes]) -> None:
    """Fast shutdown; immediate when that takes too long (recovery then happens at the next start)."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        server.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(STOP_SECONDS)
            return


def take(path: str, seconds: float) -> int | None:
    """Open and lock a file exclusively; others look at the lock for a moment only, hence the patience."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() >= end:
                os.close(handle)
                return None
            time.sleep(0.02)


def wait_until_ready(server: subprocess.Popen[bytes], data: Path) -> bool:
    end = time.monotonic() + START_SECONDS
    while not ready(data):
        if server.poll() is not None or time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def keep(order: dict[str, Any], server: subprocess.Popen[bytes], log: int, wake: int) -> None:
    """Until the server ends, we are told to stop, or nobody uses it any more."""
    users = os.open(order["users_lock"], os.O_RDWR | os.O_CREAT, 0o600)
    while True:
        woken, _, _ = select.select([wake], [], [], 1.0)
        if server.poll() is not None:
            return
        if woken and signal.SIGTERM in os.read(wake, 64):
            break
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break  # and hold it: whoever comes now waits until the server is down, then starts a new one
        trim(log)
    stop(server)


def main(order: dict[str, Any]) -> None:
    if os.fork():
        os._exit(0)  # so that no one has to wait for us
    os.umask(0o077)
    wake, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    lock = take(order["keeper_lock"], 5)
    if lock is None:
        os.write(order["status"], b"failed another keeper is already there\n")
        return
    os.ftruncate(lock, 0)
    os.pwrite(lock, json.dumps({"pid": os.getpid(), "socket": order["socket"]}).encode(), 0)
    log = os.open(order["log"], os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    trim(log)
    offset = os.fstat(log).st_size
    server = start(order, log)
    if wait_until_ready(server, Path(order["data"])):
        os.write(order["status"], b"ready\n")
        os.close(order["status"])
        keep(order, server, log, wake)
    else:
        if server.poll() is None:
            stop(server)
        os.write(order["status"], f"failed {last_words(Path(order['log']), offset)}\n".encode())


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
