"""Flag changes onto the destination, many messages to one STORE."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from trasloco.engine.classify import blame
from trasloco.engine.diff import Reflag
from trasloco.engine.failure import Scope
from trasloco.engine.flags import Permitted, canonical, difference
from trasloco.engine.job import Job
from trasloco.imap.values import Selected


async def apply_flags(job: Job, destination: Selected, changes: Sequence[Reflag]) -> None:
    """Apply changes as differences, so that what the user set on the destination stays.

    A message that is gone there is passed over by the server. Raises TransferError.
    """
    if not changes:
        return
    await _store(job, destination, changes)
    await job.ledger.reflag(job.folder_id, {change.source_uid: change.after for change in changes})


async def enforce_flags(job: Job, destination: Selected) -> int:
    """Where the operator wants the source's flags to win: make every known message's flags the source's.
    Returns how many were different."""
    if not job.settings.source_flags_win:
        return 0
    place, permitted = job.destination, Permitted(destination)
    there: dict[int, str] = {}
    with blame(place.side, "reading flags", place.folder, Scope.FOLDER):
        async for item in place.client.fetch("1:*", ("UID", "FLAGS")):
            if item.uid is not None and item.flags is not None:
                there[item.uid] = canonical(item.flags)
    changes = []
    async for rows in job.ledger.known(job.folder_id):
        for row in rows:
            if row.destination_uid is None or row.destination_uid not in there or job.inventory.position(row.source_uid) is None:
                continue
            wanted = canonical(permitted.keep(row.flags))
            if any(difference(there[row.destination_uid], wanted)):
                changes.append(Reflag(row.source_uid, row.destination_uid, there[row.destination_uid], wanted))
    await _store(job, destination, changes)
    return len(changes)


async def _store(job: Job, destination: Selected, changes: Sequence[Reflag]) -> None:
    groups: defaultdict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    permitted = Permitted(destination)
    for change in changes:
        added, removed = difference(change.before, change.after)
        for action, flags in (("+FLAGS", added), ("-FLAGS", removed)):
            kept = tuple(sorted(permitted.keep_each(flags)))
            if kept:
                groups[action, kept].append(change.destination_uid)
    place = job.destination
    with blame(place.side, "changing flags", place.folder, Scope.FOLDER):
        for (action, kept), uids in groups.items():
            await place.client.store(sorted(uids), action, kept)
