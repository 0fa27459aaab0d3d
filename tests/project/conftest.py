"""The real command against real servers, with a state directory that all tests of this folder share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.testing.dovecot import Dovecot

EXECUTABLE = Path(sys.executable).with_name("trasloco")


@dataclass(frozen=True)
class Command:
    """``trasloco`` as installed. ``directory``: where its files of this test are."""

    directory: Path
    state: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *words: str | Path, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run to the end; nothing it prints may be a traceback."""
        done = subprocess.run(
            self.words(*words), input=stdin, capture_output=True, text=True, timeout=120, env=self.surroundings(**environment), check=False
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return done

    def begin(self, *words: str | Path) -> subprocess.Popen[str]:
        """Start it and leave it running."""
        return subprocess.Popen(
            self.words(*words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.surroundings(), start_new_session=True
        )

    def words(self, *words: str | Path) -> list[str]:
        return [str(EXECUTABLE), *map(str, words)]

    def surroundings(self, **environment: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRASLOCO_") and name != "DATABASE_URL"}
        ours = {"TRASLOCO_STATE_DIR": str(self.state), "TRASLOCO_ALLOW_PORTS": "1-65535"}  # the servers listen where a port is free
        return kept | ours | environment

    def secret(self, name: str, text: str) -> Path:
        """A password file that only we can read."""
        path = self.directory / name
        path.touch(mode=0o600)
        path.write_text(text + "\n", "utf-8")
        return path

    def csv(self, rows: Sequence[Sequence[str]]) -> Path:
        """A CSV of accounts, all fields in quotes."""
        lines = [";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
        path = self.directory / "accounts.csv"
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    def destination(self, server: Dovecot) -> list[str | Path]:
        """The options that open every mailbox of ``server`` by its master user, in plain text on loopback."""
        assert server.master is not None
        name, password = server.master
        file = self.secret("master.txt", password)
        where = f"imap://{server.host}:{server.port}"
        options: list[str | Path] = ["--destination", where, "--destination-master", name, "--destination-master-password-file", file]
        return [*options, "--tls", "off", "--allow-private-addresses"]


@pytest.fixture(scope="session")
def shared_state() -> Iterator[Path]:
    """A state directory whose database runs for the whole session: the commands only attach."""
    directory = Path(tempfile.mkdtemp(prefix="trasloco-test-"))
    directory.chmod(0o711)
    try:
        with EmbeddedPostgres(directory / "state").running():
            yield directory / "state"
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def command(shared_state: Path, tmp_path: Path) -> Command:
    return Command(tmp_path, shared_state)
