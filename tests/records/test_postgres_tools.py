"""The programs for backups: which ones are taken, and that a password is never among their words."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from trasloco.project.database import Database
from trasloco.records.database_unavailable import DatabaseUnavailable
from trasloco.records.postgres_binaries import PostgresBinaries
from trasloco.records.postgres_tools import PostgresTools


def test_the_oldest_program_that_reads_the_server_is_taken(database: Database) -> None:
    tools = PostgresTools(database.conninfo)
    fitting = [binaries for binaries in PostgresBinaries.all() if binaries.major >= tools.major]
    assert tools._directory == min(fitting, key=lambda binaries: binaries.major).directory


def test_a_server_that_is_not_there_is_said_in_words() -> None:
    with pytest.raises(DatabaseUnavailable, match="The database cannot be used"):
        PostgresTools("host=127.0.0.1 port=1 dbname=none connect_timeout=2")


def test_programs_that_are_older_than_the_server_are_refused(database: Database, tmp_path: Path) -> None:
    (tmp_path / "initdb").touch()
    _program(tmp_path / "postgres", "echo 'postgres (PostgreSQL) 14.1'")
    with pytest.raises(DatabaseUnavailable, match="set TRASLOCO_PG_BIN"):
        PostgresTools(database.conninfo, os.environ | {"TRASLOCO_PG_BIN": str(tmp_path)})


def test_the_password_goes_by_the_environment_and_what_the_program_says_is_told(database: Database, tmp_path: Path) -> None:
    (tmp_path / "initdb").touch()
    _program(tmp_path / "postgres", "echo 'postgres (PostgreSQL) 99.1'")
    _program(tmp_path / "pg_dump", f'echo "$@ / $PGPASSWORD" > {tmp_path}/called; echo the disk is full >&2; exit 1')
    parts: dict[str, Any] = conninfo_to_dict(database.conninfo)
    secret = parts.get("password") or Path(parts.pop("passfile")).read_text("ascii").rpartition(":")[2].strip()
    tools = PostgresTools(make_conninfo(**parts | {"password": secret}), os.environ | {"TRASLOCO_PG_BIN": str(tmp_path)})
    with pytest.raises(DatabaseUnavailable, match=r"could not be backed up\. pg_dump said: the disk is full"):
        tools.dump(tmp_path / "dump")
    words, _, password = (tmp_path / "called").read_text().partition(" / ")
    assert password.strip() == secret
    assert secret not in words


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
