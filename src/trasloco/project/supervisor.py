"""The processes of ``trasloco serve`` and of a worker of several: started, started again when they die, ended together.

Each has a pipe of the supervisor as its standard input (see ``supervised``), so none outlives it.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType

from trasloco.project.exit_codes import ExitCode
from trasloco.project.screen import complain, say

log = logging.getLogger(__name__)

PATIENCE = 45.0  # seconds for a child to put its work down
PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)  # before it is started again; the count begins anew after a minute of life
LOOK_SECONDS = 0.2


def child(*arguments: str) -> list[str]:
    """The command line of one of our own commands, by the Python that runs us."""
    return [sys.executable, "-m", "trasloco.project.cli", *arguments, "--supervised"]


class _Child:
    """One process and how often it died of late. kept: file descriptors it inherits. died: called each time it did."""

    def __init__(self, command: Sequence[str], kept: Sequence[int], died: Callable[[], object]) -> None:
        self._command, self._died = command, died
        self._kept = tuple(kept)
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
            pause = PAUSES[min(self._deaths, len(PAUSES)) - 1]
            self._not_before = now + pause
            self._forget()
            self._died()
            how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
            log.warning("the %s %s; it is started again in %s s", self.name, how, pause)
            complain(f"The {self.name} {how}; it is started again. The log says more.")
        if self._process is None and now >= self._not_before:
            self._started = now
            # A session of its own: Ctrl-C reaches us only, and we end the children in order.
            self._process = subprocess.Popen(  # noqa: S603 - ours
                self._command, start_new_session=True, stdin=subprocess.PIPE, pass_fds=self._kept
            )
            log.info("the %s is process %s", self.name, self._process.pid)

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            log.warning("the %s did not end in time and was killed", self.name)
            self._process.kill()
            self._process.wait()
        self._forget()

    def _forget(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._process = None


class Supervisor:
    """``run()`` until SIGINT or SIGTERM; a second one ends everything at once. died: is given the place, among the commands, of
    each child that did."""

    def __init__(
        self, commands: Sequence[Sequence[str]], kept: Sequence[int] = (), died: Callable[[int], object] = lambda place: None
    ) -> None:
        self._children = [_Child(command, kept, partial(died, place)) for place, command in enumerate(commands)]
        self._asked_times = 0

    def run(self) -> int:
        """The exit status: 0 when asked to end, 130 when asked twice."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked)
        try:
            while not self._asked_times:
                for process in self._children:
                    process.look()
                time.sleep(LOOK_SECONDS)
        finally:
            self._end()
        return ExitCode.OK if self._asked_times < 2 else ExitCode.INTERRUPTED

    def _end(self) -> None:
        for process in self._children:
            process.end()
        until = time.monotonic() + PATIENCE
        while self._asked_times < 2 and time.monotonic() < until and not all(process.ended() for process in self._children):
            time.sleep(LOOK_SECONDS / 4)
        for process in self._children:
            process.kill()

    def _asked(self, number: int, frame: FrameType | None) -> None:
        self._asked_times += 1
        if self._asked_times == 1:
            log.info("asked to stop (signal %s)", number)
            say("Stopping. Runs under way are put down at a safe point and go on at the next start.")
