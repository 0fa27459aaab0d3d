"""How many connections a transfer may have open: its share of what its source server bears, over all workers.

Admission lets in as many transfers as there are connections left, with one each. What is still free when one begins is for
it to use, up to what its kind of source allows for one mailbox. Both hold the same lock, so that together they never go beyond.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import Sum

from trasloco.records.models import BUSY, HostPace, Transfer
from trasloco.records.pacing import limits_of

ADMISSION_LOCK = 0x7472_6173_6C6F_0002

PER_HOST = 10
"""Connections to a source host, of a migration that names no figure."""

PER_DESTINATION = 50
"""Transfers into one destination host."""


def lock_admission() -> None:
    """Until the end of this transaction nobody else admits or begins."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADMISSION_LOCK])


def take_connections(transfer: Transfer) -> int:
    """What a transfer that has just begun may use; in the transaction that began it. It counts for admission from now on."""
    lock_admission()
    limits = limits_of(transfer.account.migration)
    most: float = limits.connections_per_host or PER_HOST
    slowed = HostPace.objects.filter(host__in=(transfer.source_host, transfer.destination_host)).order_by("connections").first()
    if slowed is not None:
        most = min(most, slowed.connections)
    others = Transfer.objects.filter(source_host=transfer.source_host, status__in=BUSY).exclude(pk=transfer.pk)
    free = int(most) - (others.aggregate(sum=Sum("connections"))["sum"] or 0)
    taken = max(1, min(limits.connections, free))
    Transfer.objects.filter(pk=transfer.pk).update(connections=taken)
    return taken
