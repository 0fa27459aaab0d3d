"""Flag changes onto the destination, many messages to one STORE."""

from __future__ import annotations

from array import array
from itertools import islice

from trasloco.engine.all_to_their_end import all_to_their_end
from trasloco.engine.classify import blame
from trasloco.engine.failure import Scope
from trasloco.engine.flags import Permitted, canonical, difference
from trasloco.engine.inventory import Inventory
from trasloco.engine.job import Job
from trasloco.engine.reflags import Reflag, Reflags
from trasloco.imap import quirks
from trasloco.imap.values import Selected

_TOGETHER = 5000  # rows written together
_STORES = 100  # on their way together


async def apply_flags(job: Job, destination: Selected, changes: Reflags) -> None:
    """Apply changes as differences, so that what the user set on the destination stays.

    A message that is gone there is passed over by the server. Raises TransferError.
    """
    if not changes:
        return
    await _store(job, destination, changes)
    flags = ((uid, alike.after) for alike in changes.alike for uid in alike.source_uids)
    while some := dict(islice(flags, _TOGETHER)):
        await job.ledger.reflag(job.folder_id, some)


async def enforce_flags(job: Job, destination: Selected) -> int:
    """Where the operator wants the source's flags to win: make every known message's flags the source's.
    Returns how many were different."""
    if not job.settings.source_flags_win:
        return 0
    place, permitted = job.destination, Permitted(destination)
    there = Inventory()
    with blame(place.side, "reading flags", place.folder, Scope.FOLDER):
        async for item in place.client.fetch("1:*", ("UID", "FLAGS")):
            if item.flags is not None:
                there.add(item)
    there.in_order()
    changes = Reflags()
    async for rows in job.ledger.known(job.folder_id):
        for row in rows:
            position = None if row.destination_uid is None else there.position(row.destination_uid)
            if row.destination_uid is None or position is None or job.inventory.position(row.source_uid) is None:
                continue
            now, wanted = there.flags(position), canonical(permitted.keep(row.flags))
            if any(difference(now, wanted)):
                changes.append(Reflag(row.source_uid, row.destination_uid, now, wanted))
    await _store(job, destination, changes)
    return len(changes)


async def _store(job: Job, destination: Selected, changes: Reflags) -> None:
    groups: dict[tuple[str, tuple[str, ...]], array[int]] = {}
    permitted = Permitted(destination)
    for alike in changes.alike:
        added, removed = difference(alike.before, alike.after)
        for action, flags in (("+FLAGS", added), ("-FLAGS", removed)):
            kept = tuple(sorted(permitted.keep_each(flags)))
            if kept:
                groups.setdefault((action, kept), array("Q")).extend(alike.destination_uids)
    place = job.destination
    with blame(place.side, "changing flags", place.folder, Scope.FOLDER):
        stores = list(groups.items())
        at_once = 1 if quirks.TEN_ERRORS.name in place.client.quirks else _STORES
        for start in range(0, len(stores), at_once):  # in any order: what is added to a message and what is taken from it differ
            some = stores[start : start + at_once]
            await all_to_their_end(place.client.store(uids, action, kept) for (action, kept), uids in some)
