"""``trasloco serve`` with a customer's domain, and commands of another machine that know of it only its address and a token."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.service.test_killed import order
from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.testing.api_token import token_in
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.planned_migration import PERSON, plan_in
from trasloco.testing.service import COMMAND, Service


@dataclass
class Elsewhere:
    """Commands on a machine of their own. home: its state directory, which stays empty. customer: whose domain new.example is."""

    service: Service
    directory: Path
    home: Path
    token: Path
    customer: int

    def __call__(self, *words: str | Path, expect: int = 0, stdin: str = "") -> str:
        """What it said on both, when it ended as expected."""
        command = self.words(*words)
        done = subprocess.run(command, env=self.surroundings, input=stdin, capture_output=True, text=True, timeout=240, check=False)
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        assert done.returncode == expect, f"{done.returncode}\n{said}\n{self.service.log[-3000:]}"
        return said

    def begin(self, *words: str | Path) -> subprocess.Popen[str]:
        """Start it and leave it running."""
        return subprocess.Popen(self.words(*words), env=self.surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def words(self, *words: str | Path) -> list[str]:
        return [str(COMMAND), *map(str, words)]

    @property
    def surroundings(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRASLOCO_") and name != "DATABASE_URL"}
        here = {"TRASLOCO_STATE_DIR": str(self.home), "TRASLOCO_SERVER": self.service.address, "TRASLOCO_TOKEN_FILE": str(self.token)}
        return kept | here | {"NO_COLOR": "1"}

    def file(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.touch(mode=0o600)
        path.write_text(text, "utf-8")
        return path

    def csv(self, source: Dovecot, logins: list[str], password: str | None = None) -> Path:
        """Each login moves to its address at new.example."""
        secret = '"' + (source.password if password is None else password).replace('"', '""') + '"'
        lines = [f"{login.replace('@old.', '@new.')};{source.host}:{source.port};{login};{secret}\n" for login in logins]
        return self.file("accounts.csv", "".join(lines))

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of the service's database."""
        with EmbeddedPostgres(self.service.state).running() as conninfo, psycopg.connect(conninfo, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory, dovecot_source: Dovecot, dovecot_destination: Dovecot) -> Iterator[Elsewhere]:
    """One service for all tests of a module: each has mailboxes of its own."""
    tmp_path = tmp_path_factory.mktemp("elsewhere")
    with Service(tmp_path) as service:
        yield from _commands(service, tmp_path, dovecot_source, dovecot_destination)


def _commands(service: Service, tmp_path: Path, dovecot_source: Dovecot, dovecot_destination: Dovecot) -> Iterator[Elsewhere]:
    # A migration far away in time brings the customer, his domain, the destination and a superuser with it.
    where, never = (dovecot_source.host, 1), "2999-01-01T00:00:00+00:00"
    plan_in(service.state, order(["nobody@old.example"], where, dovecot_destination, "used by nobody", first_run_at=never))
    home = tmp_path / "home"
    home.mkdir()
    token = tmp_path / "token.txt"
    token.touch(mode=0o600)
    with EmbeddedPostgres(service.state).running() as conninfo:
        token.write_text(token_in(conninfo, PERSON) + "\n")
        with psycopg.connect(conninfo) as connection:
            found = connection.execute("SELECT id FROM trasloco_customer").fetchone()
            connection.execute("UPDATE trasloco_migration SET deleting_at = now()")
    assert found is not None
    yield Elsewhere(service, tmp_path, home, token, found[0])
    assert not list(home.iterdir()), "a command with --server made something here"
