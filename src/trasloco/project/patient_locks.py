"""Changing tables while others use them: a change that has to wait for a lock gives up soon and tries again.

A statement that waits for the exclusive lock of a table holds up everybody who comes behind it, readers too. Behind a backup, or a long
report, that would be minutes in which no worker of the old version could write a row.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

log = logging.getLogger(__name__)

LOCK_SECONDS = 2.0  # for one try; so long others may have to wait
PAUSE_SECONDS = 3.0  # in which they go on


def with_patient_locks(change: Callable[[], object], lock_seconds: float = LOCK_SECONDS, pause_seconds: float = PAUSE_SECONDS) -> None:
    """Do ``change`` on Django's connection until no lock was in the way. It is done again from its beginning, so what it has
    committed it must find done. Raises what it raises."""
    _set_timeout(f"{lock_seconds * 1000:.0f}ms")
    try:
        while True:
            try:
                change()
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                log.info("the schema waits for a table that is in use: %s", " ".join(str(error).split()))
                time.sleep(pause_seconds)
            else:
                return
    finally:
        _set_timeout("0")


def _set_timeout(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [value])
