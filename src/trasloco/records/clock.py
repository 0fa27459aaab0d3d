"""The clock of everything that is on schedule: the database's, so that workers on several machines agree.

It is read here and nowhere else; verbs that ask for it take ``now`` as an argument too, which a tick gives all its chores.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """This moment, in UTC; also within a transaction that began a while ago."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment
