"""Time that has passed, for a database: everything that waits for an hour of the clock is so much nearer to it.

Works beside workers in other processes, whose clock is that of the database and cannot be set.
"""

from __future__ import annotations

from datetime import timedelta

import psycopg


def let_pass(conninfo: str, time: timedelta) -> None:
    """Bytes of a day become older by so much, and what is put off is put off for less."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("UPDATE trasloco_fetched_bytes SET begun = begun - %s", [time])
        connection.execute("UPDATE trasloco_transfer SET not_before = not_before - %s WHERE not_before IS NOT NULL", [time])
        connection.execute(
            "UPDATE trasloco_host_pace SET signalled_at = signalled_at - %(time)s, changed_at = changed_at - %(time)s", {"time": time}
        )
