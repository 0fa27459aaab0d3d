"""``pg_dump`` and ``pg_restore`` of the right version, run against a database: for backups.

The programs come with the embedded server (two versions of them), or from ``TRASLOCO_PG_BIN``. pg_dump reads servers up to its
own version; the oldest that does is taken, so that what is written can be read by the oldest server.
Passwords go by the environment, never by the command line, which everybody on the machine can read.
Errors: ``DatabaseUnavailable`` with what PostgreSQL said.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from trasloco.records.database_unavailable import DatabaseUnavailable
from trasloco.records.postgres_binaries import PostgresBinaries

_LEFT_OUT = ("trasloco_cache",)
"""Tables whose rows mean nothing afterwards: rate limits."""


class PostgresTools:
    """For one database. conninfo: as libpq takes it; it may hold a password. major: of its server."""

    def __init__(self, conninfo: str, environ: Mapping[str, str] = os.environ) -> None:
        self._conninfo = conninfo
        self._environ = environ
        try:
            with psycopg.connect(conninfo, connect_timeout=30) as connection:
                self.major = connection.info.server_version // 10000
        except psycopg.Error as error:
            raise DatabaseUnavailable(f"The database cannot be used. PostgreSQL said: {' '.join(str(error).split())}") from error
        self._directory = self._programs()

    def dump(self, path: Path) -> None:
        """The whole database as of one moment, in pg_dump's custom format; others go on writing meanwhile."""
        rows = [f"--exclude-table-data={name}" for name in _LEFT_OUT]
        self._run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", *rows, f"--file={path}"], "backed up")

    def load(self, path: Path) -> None:
        """All of a dump into an empty database, or nothing of it."""
        words = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(path)]
        self._run("pg_restore", words, "restored")

    def _programs(self) -> Path:
        if self._environ.get("TRASLOCO_PG_BIN"):
            found = [PostgresBinaries.find(self._environ)]
        else:
            found = sorted(PostgresBinaries.all(), key=lambda binaries: binaries.major)
        for binaries in found:
            if binaries.major >= self.major and (binaries.directory / "pg_dump").exists():
                return binaries.directory
        raise DatabaseUnavailable(
            f"The database is PostgreSQL {self.major}, and there is no pg_dump here that reads it. "
            f"Install the programs of PostgreSQL {self.major} and set TRASLOCO_PG_BIN to their directory."
        )

    def _run(self, program: str, words: Sequence[str], what: str) -> None:
        parts: dict[str, Any] = conninfo_to_dict(self._conninfo)
        secret = str(parts.pop("password", None) or "")
        public = make_conninfo(**parts)
        command = [str(self._directory / program), "--no-password", f"--dbname={public}", *words]
        kept = {name: self._environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH", "PGPASSFILE") if name in self._environ}
        environment = kept | {"LC_ALL": "C", "TZ": "UTC"} | ({"PGPASSWORD": secret} if secret else {})
        done = subprocess.run(  # noqa: S603 - the operator's or our own path, no shell
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", env=environment, check=False
        )
        if done.returncode:
            said = " ".join(done.stderr.split())[-1000:] or f"nothing, and ended with status {done.returncode}"
            raise DatabaseUnavailable(f"The database could not be {what}. {program} said: {said}")
