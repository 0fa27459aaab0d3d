"""What holds of the caps now, and what is under way, over all workers: rows, so that it is freed with whoever held it.

The figures are those of the installation's settings; what the environment of a process says (``TRASLOCO_CAPS``) wins over them there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from trasloco.plan.shares import FIGURES, Cap, Caps, Lane, Occupancy
from trasloco.records import host_pace
from trasloco.records.models import Customer, Installation, Transfer
from trasloco.records.pacing import limits_of

PER_HOST = 10
"""Connections to one source host for a migration that names no figure."""

_BUSY = """
SELECT t.source_host, t.destination_host, m.customer_id, t.run_id, t.large, count(*), sum(t.connections)
FROM trasloco_transfer t JOIN trasloco_run r ON r.id = t.run_id JOIN trasloco_migration m ON m.id = r.migration_id
WHERE t.status IN ('admitted', 'running') AND t.id IS DISTINCT FROM %(but)s
GROUP BY 1, 2, 3, 4, 5
"""


@dataclass(frozen=True, slots=True)
class Own:
    """Of a customer: what he has instead of the installation's figures, and his share."""

    transfers: int | None = None
    connections: int | None = None
    share: int = 1

    @classmethod
    def of(cls, customer: Customer | None) -> Own:
        return cls() if customer is None else cls(customer.most_transfers, customer.most_connections, customer.share)

    def cap(self, caps: Caps) -> Cap:
        transfers = caps.customer.transfers if self.transfers is None else self.transfers
        return Cap(transfers, caps.customer.connections if self.connections is None else self.connections)


def caps_now() -> Caps:
    """What holds for this process now."""
    row = Installation.objects.get()
    return Caps.of({name: getattr(row, name) for name in FIGURES} | settings.TRASLOCO_CAPS)


def occupancy(but: int | None = None) -> Occupancy:
    """All that is admitted or running. but: a transfer that is not counted."""
    found = Occupancy()
    with connection.cursor() as cursor:
        cursor.execute(_BUSY, {"but": but})
        for source, destination, customer, run, large, transfers, connections in cursor.fetchall():
            found.add(Lane(run, customer, source, destination, large), transfers, connections)
    return found


def source_cap(caps: Caps, own: int | None, slowed: float | None) -> Cap:
    """Of a source host. own: what the migration names; slowed: what a server that said it was too much bears."""
    return caps.source.narrowed(own or PER_HOST).narrowed(slowed)


def bearable(transfers: Iterable[Transfer]) -> dict[str, float]:
    """Connections that their servers bear, of those that said it was too much."""
    hosts = {host for each in transfers for host in (each.source_host, each.destination_host)}
    return {host: measure.connections for host, measure in host_pace.slowed(hosts).items()}


def lane_of(transfer: Transfer, caps: Caps, slowed: Mapping[str, float]) -> Lane:
    """Of one transfer, its account's migration and customer fetched. slowed: of ``bearable``."""
    migration = transfer.account.migration
    own = Own.of(migration.customer)
    return Lane(
        run=transfer.run_id,
        customer=migration.customer_id,
        source=transfer.source_host,
        destination=transfer.destination_host,
        large=transfer.large,
        at_source=source_cap(caps, limits_of(migration).connections_per_host, slowed.get(transfer.source_host)),
        at_destination=caps.destination.narrowed(slowed.get(transfer.destination_host)),
        of_customer=own.cap(caps),
        share=own.share,
    )
