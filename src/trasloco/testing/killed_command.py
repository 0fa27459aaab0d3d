"""The installed command, killed at random moments and started again until it is done."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import Dovecot


class KilledCommand:
    """One migration of ``users`` from ``source`` to ``destination``, in the state directory below ``home``.

    last_words: what the last start wrote, shortened.
    """

    def __init__(
        self, home: Path, source: Dovecot | Cyrus, destination: Dovecot | Cyrus, master: tuple[str, str], users: Sequence[str]
    ) -> None:
        accounts, secret = home / "accounts.csv", home / "master.password"
        accounts.write_text(
            "".join(
                ";".join('"' + word.replace('"', '""') + '"' for word in (user, f"{source.host}:{source.port}", user, source.password))
                + "\r\n"
                for user in users
            ),
            "utf-8",
        )
        secret.write_text(master[1] + "\n", "utf-8")
        url = f"imap://{destination.host}:{destination.port}"
        self._words = [str(Path(sys.executable).with_name("trasloco")), "migrate", str(accounts), "--destination", url]
        self._words += ["--destination-master", master[0], "--destination-master-password-file", str(secret)]
        self._words += ["--tls", "off", "--allow-private-addresses", "--concurrency", "2", "--runs", "1"]
        self._environment = os.environ | {"TRASLOCO_STATE_DIR": str(home / "state"), "NO_COLOR": "1", "TRASLOCO_ALLOW_PORTS": "1-65535"}
        self._output = home / "output"
        self.last_words = ""

    def until_done(self, rng: random.Random, most: int) -> tuple[int, int]:
        """(kills, exit code of the start that was let run to its end)."""
        kills = 0
        longest = 1.5
        while kills < most:
            process = self._start()
            began = time.monotonic()
            end = began + rng.uniform(0.2, longest)
            while process.poll() is None and time.monotonic() < end:
                time.sleep(0.002)
            if process.poll() is not None:
                return kills, self._ended(process)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
            longest = min(8.0, longest * 1.05)  # it must come to its end some time
        process = self._start()
        process.wait(300)
        return kills, self._ended(process)

    def _start(self) -> subprocess.Popen[bytes]:
        with self._output.open("wb") as output:
            return subprocess.Popen(self._words, env=self._environment, stdout=output, stderr=output, start_new_session=True)

    def _ended(self, process: subprocess.Popen[bytes]) -> int:
        self.last_words = self._output.read_text("utf-8", "replace")[-600:]
        return process.returncode
