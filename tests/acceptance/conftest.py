"""Two real servers and the real command, as an operator has them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.ready_cluster import ReadyCluster

MASTER = ("master", 'mas"ter;pass 1')
COMMAND = Path(sys.executable).with_name("trasloco")


@dataclass
class Trasloco:
    """The installed command with a state directory of its own."""

    directory: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, expect: int | None = 0, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        """Run to the end. ``expect``: exit code, None for any."""
        done = subprocess.run([str(COMMAND), *words], env=self._environment(), capture_output=True, text=True, timeout=timeout, check=False)
        assert expect is None or done.returncode == expect, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stdout + done.stderr
        return done

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        """Start and leave running, in a process group of its own."""
        return subprocess.Popen(
            [str(COMMAND), *words], env=self._environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def csv(self, rows: Sequence[Sequence[str]]) -> Path:
        """An accounts file; each field quoted as a spreadsheet does."""
        path = self.directory / "accounts.csv"
        lines = (";".join('"' + item.replace('"', '""') + '"' for item in row) for row in rows)
        path.write_text("\r\n".join(lines) + "\r\n", "utf-8")
        return path

    def migrate(self, rows: Sequence[Sequence[str]], destination: Dovecot, *words: str, expect: int | None = 0) -> dict[str, Any]:
        """``trasloco migrate`` over plain connections; returns the JSON report."""
        self.run(*self.migrate_words(rows, destination, *words), expect=expect)
        return self.report

    def migrate_words(self, rows: Sequence[Sequence[str]], destination: Dovecot, *words: str) -> list[str]:
        secret = self.directory / "master.password"
        secret.write_text(MASTER[1] + "\n", "utf-8")
        url = f"imap://{destination.host}:{destination.port}"
        login = ["--destination", url, "--destination-master", MASTER[0], "--destination-master-password-file", str(secret)]
        report = ["--report", str(self.directory / "report.json")]
        return ["migrate", str(self.csv(rows)), *login, "--tls", "off", "--allow-private-addresses", *report, *words]

    @property
    def report(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.directory / "report.json").read_text("utf-8"))
        for account in loaded["accounts"]:
            for run in account["runs"]:
                for messages in (run["messages"], *(folder["messages"] for folder in run["folders"])):
                    assert messages["source"] == sum(count for fate, count in messages.items() if fate != "source")
        return loaded

    def _environment(self) -> dict[str, str]:
        return os.environ | {"TRASLOCO_STATE_DIR": str(self.directory / "state"), "NO_COLOR": "1"} | self.environment


@pytest.fixture
def trasloco(tmp_path: Path, ready_cluster: ReadyCluster) -> Iterator[Trasloco]:
    """With the tables, and nothing in them."""
    ready_cluster.lay(tmp_path / "state")
    yield Trasloco(tmp_path)
    # As root the database of a directory others may not enter lives elsewhere: it goes with the test.
    EmbeddedPostgres(tmp_path / "state").remove()


@pytest.fixture(scope="session")
def source() -> Iterator[Dovecot]:
    """Any user name is a fresh mailbox; slashes between levels, so that names may hold dots."""
    with Dovecot(layout="fs", separator="/") as server:
        yield server


@pytest.fixture(scope="session")
def destination() -> Iterator[Dovecot]:
    """The operator's own: a master user opens every mailbox."""
    with Dovecot(layout="fs", separator="/", master=MASTER) as server:
        yield server


def last_run(report: Mapping[str, Any], account: int = 0) -> dict[str, Any]:
    """The newest run of one account."""
    run: dict[str, Any] = report["accounts"][account]["runs"][-1]
    return run


def fates(run: Mapping[str, Any]) -> Counter[str]:
    """Fates of a run that are not zero."""
    return Counter({fate: count for fate, count in run["messages"].items() if count})


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9 of the command itself, as an out-of-memory killer would."""
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
