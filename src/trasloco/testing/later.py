"""Time that has passed, for a database: everything that waits for an hour of the clock is so much nearer to it.

Works beside workers in other processes, whose clock is that of the database and cannot be set. For the database of a
command that is not running:

    python -m trasloco.testing.later HOURS      # with its TRASLOCO_STATE_DIR
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import psycopg


def let_pass(conninfo: str, time: timedelta) -> None:
    """Bytes of a day become older by so much, and what is put off is put off for less."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("UPDATE trasloco_fetched_bytes SET begun = begun - %s", [time])
        connection.execute("UPDATE trasloco_transfer SET not_before = not_before - %s WHERE not_before IS NOT NULL", [time])
        connection.execute(
            "UPDATE trasloco_host_pace SET signalled_at = signalled_at - %(time)s, changed_at = changed_at - %(time)s", {"time": time}
        )


def let_pass_in(state: Path, time: timedelta) -> None:
    """The same in the database of a state directory that nobody uses now."""
    words = [sys.executable, "-m", "trasloco.testing.later", str(time.total_seconds() / 3600)]
    subprocess.run(words, env=os.environ | {"TRASLOCO_STATE_DIR": str(state)}, check=True, timeout=120)


def _main() -> None:
    from trasloco.project.database import prepare

    with prepare() as database:
        let_pass(database.conninfo, timedelta(hours=float(sys.argv[1])))


if __name__ == "__main__":
    _main()
