"""How many connections a transfer may have open: its part of what servers, customer and installation bear, over all workers.

Admission lets in as many transfers as there are connections left, with one each. What is still free when one begins is for
it to use, up to what its kind of source allows for one mailbox. Both hold the same lock, so that together they never go beyond.
"""

from __future__ import annotations

from django.db import connection

from trasloco.records.models import Transfer
from trasloco.records.pacing import limits_of
from trasloco.records.shares import bearable, caps_now, lane_of, occupancy

ADMISSION_LOCK = 0x7472_6173_6C6F_0002
FROZEN = "15s"
"""After which the database ends the session of who holds the lock and says nothing: a frozen worker must not hold up all others."""


def lock_admission() -> None:
    """Until the end of this transaction nobody else admits or begins."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [FROZEN])
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADMISSION_LOCK])


def take_connections(transfer: Transfer) -> int:
    """What a transfer that has just begun may use; in the transaction that began it, near its end: all others wait.
    It counts for admission from now on."""
    lock_admission()
    caps, limits = caps_now(), limits_of(transfer.account.migration)
    room = occupancy(but=transfer.pk).room(lane_of(transfer, caps, bearable([transfer])), caps)
    taken = max(1, limits.connections if room is None else min(limits.connections, room))
    Transfer.objects.filter(pk=transfer.pk).update(connections=taken)
    return taken
