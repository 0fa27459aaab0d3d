"""Flag changes onto the destination, many messages to one STORE."""

from __future__ import annotations

from array import array
from itertools import islice

from trasloco.engine.classify import blame
from trasloco.engine.diff import Work
from trasloco.engine.failure import Scope
from trasloco.engine.flags import Permitted, canonical, difference
from trasloco.engine.inventory import Inventory
from trasloco.engine.job import Job
from trasloco.engine.recognise import Recognition
from trasloco.engine.reflags import Reflag, Reflags
from trasloco.imap import quirks
from trasloco.imap.connection import Answer
from trasloco.imap.transfer import all_of
from trasloco.imap.values import Selected

_TOGETHER = 5000  # rows written together

Store = tuple[str, tuple[str, ...], "array[int]"]
"""What is done, with which flags, on which UIDs."""


class FlagChanges:
    """Changes as differences, so that what the user set on the destination stays. They are sent when this is made, into the folder
    that is open there: what is sent behind them does not wait for their answers, and may be the opening of another folder.

    Raises TransferError. To a server that counts errors none is sent before the answer to the last.
    """

    def __init__(self, job: Job, destination: Selected, changes: Reflags) -> None:
        self._job, self._changes = job, changes
        self._left = _stores(destination, changes)
        self._answers: list[Answer] = []
        if quirks.TEN_ERRORS.name not in job.destination.client.quirks:
            self._send(len(self._left))  # none is left for later: another folder may be open then

    @property
    def _blame(self) -> blame:
        place = self._job.destination
        return blame(place.side, "changing flags", place.folder, Scope.FOLDER)

    def _send(self, count: int) -> None:
        some, self._left = self._left[:count], self._left[count:]
        with self._blame:
            for action, flags, uids in some:
                self._answers += self._job.destination.client.storing(uids, action, flags)

    async def stored(self) -> None:
        """A message that is gone there is passed over by the server. Raises TransferError."""
        while self._answers or self._left:
            if not self._answers:
                self._send(1)
            answers, self._answers = self._answers, []
            with self._blame:
                await all_of(answers)

    async def settle(self) -> None:
        """And the ledger knows of it. Raises TransferError, Fenced, LedgerUnavailable."""
        await self.stored()
        flags = ((uid, alike.after) for alike in self._changes.alike for uid in alike.source_uids)
        while some := dict(islice(flags, _TOGETHER)):
            await self._job.ledger.reflag(self._job.folder_id, some)


def changes_of(work: Work, recognition: Recognition) -> Reflags:
    """What both know by now; it is taken from them."""
    changes, work.reflag = work.reflag, Reflags()
    changes.extend(recognition.reflag)
    recognition.reflag = Reflags()
    return changes


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
    await FlagChanges(job, destination, changes).stored()
    return len(changes)


def _stores(destination: Selected, changes: Reflags) -> list[Store]:
    """In any order: what is added to a message and what is taken from it are different flags."""
    groups: dict[tuple[str, tuple[str, ...]], array[int]] = {}
    permitted = Permitted(destination)
    for alike in changes.alike:
        added, removed = difference(alike.before, alike.after)
        for action, flags in (("+FLAGS", added), ("-FLAGS", removed)):
            kept = tuple(sorted(permitted.keep_each(flags)))
            if kept:
                groups.setdefault((action, kept), array("Q")).extend(alike.destination_uids)
    return [(action, kept, uids) for (action, kept), uids in groups.items()]
