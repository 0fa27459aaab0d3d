"""The processes of ``trasloco serve``: started, started again when they die, ended together."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

from trasloco.project.exit_codes import ExitCode
from trasloco.project.screen import complain, say

PATIENCE = 45.0  # seconds for a child to put its work down
PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)  # before it is started again; the count begins anew after a minute of life
LOOK_SECONDS = 0.2


def child(*arguments: str) -> list[str]:
    """The command line of one of our own commands, by the Python that runs us."""
    return [sys.executable, "-m", "trasloco.project.cli", *arguments]


class _Child:
    """One process and how often it died of late."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self.name = command[3]
        self._deaths = 0
        self._not_before = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0

    def look(self) -> None:
        """Start it when it is not there and its pause is over."""
        now = time.monotonic()
        if self._process is not None and (status := self._process.poll()) is not None:
            self._deaths = 1 if now - self._started > 60 else self._deaths + 1
            self._not_before = now + PAUSES[min(self._deaths, len(PAUSES)) - 1]
            self._process = None
            complain(f"The {self.name} ended with status {status}; it is started again. The log says more.")
        if self._process is None and now >= self._not_before:
            self._started = now
            # A session of its own: Ctrl-C reaches us only, and we end the children in order.
            self._process = subprocess.Popen(self._command, start_new_session=True, stdin=subprocess.DEVNULL)  # noqa: S603 - ours

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, until: float) -> None:
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.1, until - time.monotonic()))
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


class Supervisor:
    """``run()`` until SIGINT or SIGTERM."""

    def __init__(self, commands: Sequence[Sequence[str]]) -> None:
        self._children = [_Child(command) for command in commands]
        self._ending = False

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked)
        try:
            while not self._ending:
                for process in self._children:
                    process.look()
                time.sleep(LOOK_SECONDS)
        finally:
            for process in self._children:
                process.end()
            until = time.monotonic() + PATIENCE
            for process in self._children:
                process.wait(until)
        return ExitCode.OK

    def _asked(self, number: int, frame: FrameType | None) -> None:
        if not self._ending:
            say("Stopping. Runs under way are put down at a safe point and go on at the next start.")
        self._ending = True
