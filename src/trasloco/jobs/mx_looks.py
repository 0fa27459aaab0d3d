"""The watch over MX records, as an errand: which domains are due is in ``records.mx_watches``, how they are asked in ``sources.mx_look``.

A domain that several migrations have is asked once. A few domains at a time; what is found is written as it comes.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from trasloco.engine.reach import reach
from trasloco.jobs.database_thread import in_thread
from trasloco.jobs.errands import LOOK_AT_MX, enqueue
from trasloco.plan.address_policy import AddressPolicy
from trasloco.plan.mx_answer import Look
from trasloco.plan.mx_watch import Watch
from trasloco.records import clock
from trasloco.records.models import Installation, MxWatch
from trasloco.records.mx_watches import any_due, keep_look, take_due
from trasloco.sentence import sentence as _
from trasloco.sources.mx_look import look

log = logging.getLogger(__name__)

DOMAINS_AT_ONCE = 8
_OUR_MISTAKE = _("the look ended by a mistake of ours; the log of the service says more")


def ask_for_due_looks(now: datetime) -> bool:
    """Have the domains asked whose turn it is; True when there are any. One errand at a time, however many workers tick."""
    if not any_due(now):
        return False
    enqueue(LOOK_AT_MX, "look-at-mx")
    return True


async def look_at_due(now: datetime | None = None) -> int:
    """Ask all that are due; returns how many domains. now: of the looks; None = the clock's, at the end of each."""
    moment = await in_thread(clock.now) if now is None else now
    watches = await in_thread(take_due, moment)
    policy = await in_thread(_policy)
    by_domain: dict[str, list[MxWatch]] = {}
    for watch in watches:
        by_domain.setdefault(watch.domain, []).append(watch)
    turn = asyncio.Semaphore(DOMAINS_AT_ONCE)

    async def one(domain: str, mine: list[MxWatch]) -> None:
        async with turn:
            also = {pair for watch in mine for pair in Watch.of_json(watch.state).ask_again(moment)}
            found = await _look(domain, sorted(also), policy=policy)
            at = await in_thread(clock.now) if now is None else now  # what was said until the end of the look may be kept from there on
            for watch in mine:
                await in_thread(keep_look, watch, found, at)

    async with asyncio.TaskGroup() as group:
        for domain, mine in by_domain.items():
            group.create_task(one(domain, mine))
    return len(by_domain)


async def _look(domain: str, also: list[tuple[str, str]], *, policy: AddressPolicy) -> Look:
    """A mistake of ours ends this look only, and says so."""
    try:
        return await look(domain, policy=policy, also=also)
    except Exception:
        log.exception("the name servers of %s could not be asked", domain)
        return Look(words=_OUR_MISTAKE)


def _policy() -> AddressPolicy:
    return reach(private=Installation.objects.get().allow_private_addresses)
