"""The same migration with Debian's own PostgreSQL behind ``DATABASE_URL``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.conftest import MASTER, Trasloco, fates, last_run
from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.testing.debian_postgres import debian_postgres
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.snapshot import Snapshot


@pytest.fixture
def trasloco(tmp_path: Path) -> Trasloco:
    """Without a database of its own."""
    return Trasloco(tmp_path)


@pytest.fixture(scope="module")
def debian() -> Iterator[str]:
    """A server of the distribution's binaries; its conninfo."""
    state = Path(tempfile.mkdtemp(prefix="trasloco-debian-"))
    server = EmbeddedPostgres(state, os.environ | debian_postgres())
    try:
        with server.running() as conninfo:
            yield conninfo
    finally:
        server.remove()
        state.rmdir() if not any(state.iterdir()) else None


def test_two_runs_on_debians_postgresql(trasloco: Trasloco, source: Dovecot, destination: Dovecot, debian: str) -> None:
    with psycopg.connect(debian) as connection:
        version = connection.execute("SELECT version()").fetchone()
    assert version is not None
    assert "Debian" in version[0] or "Ubuntu" in version[0]
    trasloco.environment["DATABASE_URL"] = debian
    logins = [f"debian-{number}@old.example" for number in range(5)]
    for login in logins:
        with MailboxFiller(source.host, source.port, login, source.password) as filler:
            filler.fill(Letters(login), 80)
    rows = [(login, f"{source.host}:{source.port}", login, source.password) for login in logins]
    report = trasloco.migrate(rows, destination, "--runs", "2")
    assert [run["number"] for run in report["accounts"][0]["runs"]] == [1, 2]
    for number, login in enumerate(logins):
        assert fates(report["accounts"][number]["runs"][0]) == {"source": 80, "copied": 80}
        assert fates(last_run(report, number)) == {"source": 80, "adopted": 80}
        there = Snapshot.read(destination.host, destination.port, f"{login}*{MASTER[0]}", MASTER[1])
        assert there.messages() == Snapshot.read(source.host, source.port, login, source.password).messages()
    assert not list((trasloco.directory / "state").glob("postgres*")), "the embedded database was not started"
