"""The panel on the demo's database, open while the demo's two servers are still there: to look around, and to try a migration."""

from __future__ import annotations

import contextlib
import json
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trasloco.project.demo.cast import CAST
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.screen import say
from trasloco.testing.free_ports import free_ports

EMAIL = "demo@example.net"
START_SECONDS = 60.0
PATIENCE = 60.0  # seconds for the service to end


class OpenPanel:
    """``hold(seconds)``: open, say how to get in, close after so long or with Ctrl-C.

    environment: names the state directory. system: the new server as fields of ``DestinationSystem``, with "secret".
    where: the old server as the CSV names it. encryption: what to choose for it, in the panel's words.
    """

    def __init__(self, environment: Mapping[str, str], directory: Path, system: dict[str, Any], where: str, encryption: str) -> None:
        self._environment = dict(environment)
        self._csv = directory / "try-these.csv"
        self._system, self._where, self._encryption = system, where, encryption
        self._port = free_ports(1)[0]
        self._password = secrets.token_urlsafe(9)

    def hold(self, seconds: float | None) -> None:
        """seconds: None until Ctrl-C. Raises ``Halt`` when the panel does not come up."""
        self._furnish()
        self._write_csv()
        words = [sys.executable, "-m", "trasloco", "serve", "--quiet", "--port", str(self._port)]
        service = subprocess.Popen(  # noqa: S603 - our own command
            words, env=self._environment, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            self._wait_for_it(service)
            self._invite(seconds)
            with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
                service.wait(seconds)
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(PATIENCE)

    def _furnish(self) -> None:
        _, _, domain = CAST[0].address.partition("@")
        wanted = {"email": EMAIL, "password": self._password, "domain": domain, "system": self._system}
        words = [sys.executable, "-m", "trasloco.project.demo.furnish"]
        done = subprocess.run(  # noqa: S603 - our own module
            words, env=self._environment, input=json.dumps(wanted), text=True, capture_output=True
        )
        if done.returncode != 0:
            raise Halt(f"The panel cannot be prepared: {done.stderr.strip().splitlines()[-1]}", ExitCode.SOMETHING_FAILED)

    def _write_csv(self) -> None:
        """Three mailboxes under new names, one of them with a password that is wrong."""
        self._csv.touch(mode=0o600)
        lines = []
        for number, person in enumerate(CAST[:3]):
            password = person.password if number else "not her password"
            fields = (f"new.{person.address}", self._where, person.login, password)
            lines.append(";".join('"' + field.replace('"', '""') + '"' for field in fields))
        self._csv.write_text("\n".join(lines) + "\n", "utf-8")

    def _wait_for_it(self, service: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if service.poll() is not None or time.monotonic() > until:
                raise Halt("The panel does not come up; trasloco.log of the state directory says why.", ExitCode.SOMETHING_FAILED)
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/account/login/", timeout=10):
                return True
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False

    def _invite(self, seconds: float | None) -> None:
        say(f"  The panel is open:      http://127.0.0.1:{self._port}")
        say(f"  Sign in as:             {EMAIL}, password {self._password}")
        say(f"  A migration to try:     New migration, Standard, {self._encryption}; then upload")
        say(f"                          {self._csv}")
        say("                          (one of its three passwords is wrong, to see what the check says)")
        if seconds is None:
            say("  Ctrl-C closes it and ends the two servers.")
        else:
            say(f"  It closes after {seconds:.0f} seconds, because nobody sits at this terminal; --panel-for says otherwise.")
