"""What an account waits for that could begin by its hour: a mailbox, a place somewhere, or a worker.

Reckoned from the same rows as admission, at the moment of looking; nothing of it is stored.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Lower

from trasloco.plan.shares import Cap, Caps, Lane, Occupancy, Used, for_large
from trasloco.records.models import BUSY, Transfer, TransferState
from trasloco.records.shares import bearable, caps_now, lane_of, occupancy
from trasloco.records.wall import beyond


class Wanted(enum.StrEnum):
    """MAILBOX: another transfer works on the same one. WORKER: there is room, and its turn comes."""

    MAILBOX = "mailbox"
    SOURCE = "source"
    DESTINATION = "destination"
    CUSTOMER = "customer"
    ALL = "all"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Wait:
    """used of most are taken, of ``unit`` ("transfers" or "connections"); both 0 of MAILBOX and WORKER. host: of SOURCE and
    DESTINATION. large: the places are those for large accounts."""

    wanted: Wanted
    host: str = ""
    unit: str = ""
    used: int = 0
    most: int = 0
    large: bool = False


def waits_of(transfers: Iterable[Transfer], now: datetime) -> dict[int, Wait]:
    """By id, of those that wait and may begin by their hour; their accounts' migrations and customers fetched. A few queries,
    whatever their number. That a migration rests is not looked at."""
    ready = [each for each in transfers if each.status == TransferState.WAITING and (each.not_before is None or each.not_before <= now)]
    if not ready:
        return {}
    with beyond():  # servers and workers are shared by all customers: of the others no more is told than how many there are
        caps, used, taken = caps_now(), occupancy(), _taken(ready)
        slowed = bearable(ready)
        lanes = {each.pk: lane_of(each, caps, slowed) for each in ready}
    return {each.pk: Wait(Wanted.MAILBOX) if each.pk in taken else wait_of(lanes[each.pk], used, caps) for each in ready}


def _taken(ready: Sequence[Transfer]) -> set[int]:
    """Those whose mailbox another transfer works on."""
    addresses = {each.account.destination_address.lower() for each in ready}
    busy = Transfer.objects.filter(status__in=BUSY).annotate(mailbox=Lower("account__destination_address")).filter(mailbox__in=addresses)
    found = set(busy.values_list("destination_host", "mailbox"))
    return {each.pk for each in ready if (each.destination_host, each.account.destination_address.lower()) in found}


def wait_of(lane: Lane, used: Occupancy, caps: Caps) -> Wait:
    """The first cap in the way, of those that concern fewest."""
    asked = (
        (Wanted.SOURCE, lane.source, used.sources[lane.source], lane.at_source),
        (Wanted.DESTINATION, lane.destination, used.destinations[lane.destination], lane.at_destination),
        (Wanted.CUSTOMER, "", used.customers[lane.customer], lane.of_customer),
        (Wanted.ALL, "", used.everything, caps.everything),
    )
    for large in (False, True) if lane.large else (False,):
        for wanted, host, taken, cap in asked:
            if taken.room(cap, large=large) == 0:
                return _full(wanted, host, taken, cap, large=large)
    return Wait(Wanted.WORKER)


def _full(wanted: Wanted, host: str, taken: Used, cap: Cap, *, large: bool) -> Wait:
    by_transfers = cap.transfers is not None and taken.room(Cap(cap.transfers), large=large) == 0
    unit, most = ("transfers", cap.transfers) if by_transfers else ("connections", cap.connections)
    assert most is not None
    count = getattr(taken, f"large_{unit}" if large else unit)
    return Wait(wanted, host, unit, count, for_large(most) if large else most, large)
