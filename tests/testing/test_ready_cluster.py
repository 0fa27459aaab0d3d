"""A copied database is one of its own, and whole."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from trasloco.records.embedded_postgres import EmbeddedPostgres
from trasloco.testing.ready_cluster import ReadyCluster


def test_two_copies_have_the_schema_and_know_nothing_of_each_other(ready_cluster: ReadyCluster, tmp_path: Path) -> None:
    states = [tmp_path / "one", tmp_path / "other"]
    for state in states:
        ready_cluster.lay(state)
    try:
        with EmbeddedPostgres(states[0]).running() as first, EmbeddedPostgres(states[1]).running() as second:
            with psycopg.connect(first) as connection:
                connection.execute("CREATE TABLE only_here ()")
            with psycopg.connect(second) as connection:
                assert connection.execute("SELECT to_regclass('only_here')").fetchone() == (None,)
                assert connection.execute("SELECT count(*) FROM trasloco_installation").fetchone() == (1,)
    finally:
        for state in states:
            EmbeddedPostgres(state).remove()


def test_a_database_that_is_there_is_not_overwritten(ready_cluster: ReadyCluster, tmp_path: Path) -> None:
    ready_cluster.lay(tmp_path / "state")
    try:
        with pytest.raises(FileExistsError):
            ready_cluster.lay(tmp_path / "state")
    finally:
        EmbeddedPostgres(tmp_path / "state").remove()
