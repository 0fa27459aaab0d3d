"""The real ``trasloco demo`` on a pseudo-terminal: what it writes, and when; and the panel it leaves open."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

COLUMNS, ROWS = 100, 30
PATIENCE = 300.0  # seconds for all of it, on a busy machine too
_END = "Ctrl-C closes it"
_CTRL_C = b"\x03"


@dataclass
class Performance:
    """written: seconds since the beginning, and what came then. url, email, password: of the panel that is open at the end."""

    written: list[tuple[float, bytes]] = field(default_factory=list)
    url: str = ""
    email: str = ""
    password: str = ""

    @property
    def text(self) -> str:
        return b"".join(part for _at, part in self.written).decode("utf-8", "replace")


@contextmanager
def performed() -> Iterator[Performance]:
    """The demo has been played, and its panel is open until the end of the block. Raises RuntimeError when it does not get that far."""
    child, terminal = pty.fork()
    if child == 0:
        _become_the_demo()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    try:
        played = Performance()
        _watch(terminal, played)
        yield played
    finally:
        os.write(terminal, _CTRL_C)
        _drain(terminal)
        os.waitpid(child, 0)


def _become_the_demo() -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRASLOCO_") and name != "DATABASE_URL"}
    cache = {name: value for name, value in os.environ.items() if name == "TRASLOCO_TEST_CACHE_DIR"}
    size = {"COLUMNS": str(COLUMNS), "LINES": str(ROWS), "TERM": "xterm-256color"}
    os.execvpe(sys.executable, [sys.executable, "-m", "trasloco", "demo"], kept | cache | size)  # noqa: S606 - our own command


def _watch(terminal: int, played: Performance) -> None:
    began = time.monotonic()
    while _END not in played.text:
        left = began + PATIENCE - time.monotonic()
        ready, _, _ = select.select([terminal], [], [], max(left, 0))
        try:
            part = os.read(terminal, 65536) if ready else b""
        except OSError:
            part = b""  # how Linux says that the other end is closed
        if not part:
            raise RuntimeError(f"the demo did not come to its end:\n{played.text}")
        played.written.append((time.monotonic() - began, part))
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", played.text)
    address = re.search(r"The panel is open:\s+(\S+)", plain)
    person = re.search(r"Sign in as:\s+(\S+), password (\S+)", plain)
    if address is None or person is None:
        raise RuntimeError(f"the demo did not open its panel:\n{played.text}")
    played.url, played.email, played.password = address[1], person[1], person[2]


def _drain(terminal: int) -> None:
    """Until the other end is closed: who writes to a terminal that nobody reads waits for ever."""
    try:
        while select.select([terminal], [], [], PATIENCE)[0] and os.read(terminal, 65536):
            pass
    except OSError:
        pass
