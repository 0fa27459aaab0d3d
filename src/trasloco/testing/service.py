"""``trasloco serve`` as an operator starts it: a process of its own, with a state directory of its own.

    with Service(directory) as service:
        browser.goto(service.first_link)

What it says on the terminal is kept in ``output``. ``kill()`` is kill -9 of the command alone; ``start()`` goes on from there.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from trasloco.records.database_unavailable import DatabaseUnavailable
from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.testing.free_ports import free_ports

COMMAND = Path(sys.executable).with_name("trasloco")
START_SECONDS = 60.0
STOP_SECONDS = 60.0


class Service:
    """address: the panel's, without a slash at the end. environment: on top of ours."""

    def __init__(self, directory: Path, environment: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self.state = directory / "state"
        self.environment = dict(environment or {})
        self.port = free_ports(1)[0]
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self._said = directory / "serve.out"

    @property
    def output(self) -> str:
        """All that the command said so far, over all starts."""
        return self._said.read_text("utf-8", "replace") if self._said.exists() else ""

    @property
    def log(self) -> str:
        """``trasloco.log`` of the state directory."""
        path = self.state / "trasloco.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    @property
    def first_link(self) -> str:
        """The one-time link for the first superuser, as last printed. Raises LookupError."""
        found: list[str] = re.findall(r"http://\S+/\S+", self.output)
        if not found:
            raise LookupError(f"no link was printed:\n{self.output}")
        return found[-1]

    def run(self, *words: str, stdin: str | None = None, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Another command of ours on the same state. ``expect``: exit code, None for any."""
        done = subprocess.run(
            [str(COMMAND), *words], env=self._surroundings(), input=stdin, capture_output=True, text=True, timeout=240, check=False
        )
        if expect is not None and done.returncode != expect:
            raise AssertionError(f"exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def start(self, *words: str) -> Self:
        """Start, and return when the panel answers. Raises RuntimeError with what the command said."""
        with self._said.open("ab") as said:
            self.process = subprocess.Popen(
                [str(COMMAND), "serve", "--port", str(self.port), *words],
                env=self._surroundings(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the service does not answer:\n{self.output}\n{self.log[-3000:]}")
            time.sleep(0.1)
        return self

    def stop(self) -> int:
        """SIGTERM, and wait; returns the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9 of the command itself; its children are left to themselves."""
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        """Stop, and take away a database that lives outside of the state directory (as root it may).

        Workers that were left to themselves take a moment to go."""
        self.stop()
        until = time.monotonic() + STOP_SECONDS
        while self.state.exists():
            try:
                EmbeddedPostgres(self.state).remove()
            except DatabaseUnavailable:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)
            else:
                break

    def _end(self, number: signal.Signals) -> int:
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(STOP_SECONDS)
        self.process = None
        return status

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/static/panel/css/tokens.css", timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def _surroundings(self) -> dict[str, str]:
        nobody = {"TRASLOCO_DNS": "127.0.0.1:9"}  # domains are watched by themselves: no question leaves this machine
        return nobody | os.environ | {"TRASLOCO_STATE_DIR": str(self.state), "NO_COLOR": "1"} | self.environment

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.remove()
