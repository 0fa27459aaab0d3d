"""Messages of a dead connection that arrive after they were looked for, and were sent again.

A killed process leaves bytes in the network, and a server may still be storing them while the next
attempt already asks what is there. IMAP cannot take an APPEND back. So whoever finds an open intent
first waits until the folder is quiet; and at the end of the pass looks once more: what came in
meanwhile, is bound to nothing, and has byte for byte the content of a message that was sent again,
is our own second copy. It is removed; the copy the ledger knows stays. Whoever is interrupted before
that leaves the intent behind, as a late one, to whoever comes next: its messages may be there twice by then.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Set
from dataclasses import dataclass

from trasloco.engine.classify import blame, busy, explain
from trasloco.engine.diff import BROUGHT
from trasloco.engine.exact_digests import exact_digests
from trasloco.engine.failure import Scope, TransferError
from trasloco.engine.fate import Fate
from trasloco.engine.identity import Place
from trasloco.engine.job import Job
from trasloco.engine.ledger import Intent
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.engine.uid_map import UidMap
from trasloco.engine.uid_set import UidSet
from trasloco.imap.errors import CommandFailed
from trasloco.sentence import sentence_of as ngettext

QUIET = 0.6
"""Seconds in which no new message may appear before an open intent is judged."""

LONGEST = 30.0
"""Seconds after which it is judged all the same: a folder may be busy for other reasons."""


async def quiet(place: Place, sleep: Callable[[float], Awaitable[None]]) -> int:
    """Wait until the destination folder that is open there stays as it is; returns how many messages it holds then."""
    exists, waited = -1, 0.0
    with blame(place.side, "waiting for messages that are still on their way", place.folder):
        while (now := await _exists(place)) != exists and waited < LONGEST:
            exists = now
            await sleep(QUIET)
            waited += QUIET
    return now


async def _exists(place: Place) -> int:
    await place.client.noop()
    selected = place.client.selected
    assert selected is not None, "the destination folder is selected by the folder run"
    return selected.exists


@dataclass(frozen=True, slots=True)
class Latecomers:
    """intents: late ones, whose messages have been sent again. strangers: destination UIDs that were there before and are
    nobody's of ours."""

    intents: tuple[Intent, ...]
    strangers: Set[int]

    async def remove(self, job: Job, sink: Sink) -> int:
        """Take away the second copies; returns how many. From then on nothing more is expected.

        Raises TransferError, Fenced, LedgerUnavailable.
        """
        late = await self._find(job)
        if late:
            await self._take_away(job.destination, late, sink)
        for intent in self.intents:
            await job.ledger.settle(intent.id, [])
        return len(late)

    async def _find(self, job: Job) -> list[int]:
        place = job.destination
        there = await self._listed(place)
        candidates = UidSet(there)
        for uid in self.strangers:
            candidates.discard(uid)
        async for known in job.ledger.known(job.folder_id):
            for row in known:
                candidates.discard(row.destination_uid or 0)
        kept, sizes = await self._kept(job, there, {there[uid] for uid in candidates}) if candidates else (Counter[bytes](), set[int]())
        alike = [uid for uid in candidates if there[uid] in sizes]
        found = await exact_digests(place, alike, "reading messages that came late", Scope.FOLDER) if alike else {}
        late = []
        for uid, digest in sorted(found.items()):
            if kept[digest]:
                kept[digest] -= 1
                late.append(uid)
        return late

    async def _listed(self, place: Place) -> UidMap:
        """Sizes by UID, 0 where none was told."""
        selected = place.client.selected
        uidnext = min(intent.lowest(selected.uidvalidity if selected is not None else None) for intent in self.intents)
        with blame(place.side, "looking for messages that came late", place.folder, Scope.FOLDER):
            await place.client.noop()
            answers = place.client.fetch(f"{uidnext}:*", ("UID", "RFC822.SIZE"))
            uids, sizes = array("Q"), array("Q")
            async for item in answers:
                if item.uid is not None and item.uid >= uidnext:
                    uids.append(item.uid)
                    sizes.append(item.size or 0)  # flags that another client changes meanwhile come without one
        there = UidMap(uids)
        for uid, size in zip(uids, sizes, strict=True):
            there[uid] = size or there.get(uid, 0)
        return there

    async def _kept(self, job: Job, there: Mapping[int, int], wanted: Set[int]) -> tuple[Counter[bytes], set[int]]:
        """Digests of the messages that were sent again and are certainly there, each as often as it may have come late, and
        their sizes; only of the wanted sizes, for a folder may have been filled anew as a whole. Not of those bytes of which a
        message has no known UID, for then its only copy could be among the candidates.

        Of an intent without numbers any message may be meant that was copied since: all rows from before went with the numbers."""
        times = Counter(uid for intent in self.intents for uid in intent.source_uids)
        any_message = sum(not intent.source_uids for intent in self.intents)
        kept: Counter[bytes] = Counter()
        sizes: set[int] = set()
        unplaced: set[bytes] = set()
        async for rows in job.ledger.rows(job.folder_id):
            for row in rows:
                if row.digest is None or row.fate not in BROUGHT:
                    continue
                if row.destination_uid is None:
                    unplaced.add(row.digest)
                elif there.get(row.destination_uid) in wanted and (sent := times[row.source_uid] + any_message * (row.fate is Fate.COPIED)):
                    kept[row.digest] += sent
                    sizes.add(there[row.destination_uid])
        for digest in unplaced:
            del kept[digest]
        return kept, sizes

    async def _take_away(self, place: Place, uids: list[int], sink: Sink) -> None:
        named = ", ".join(map(str, uids[:5])) + (" ..." if len(uids) > 5 else "")
        if "UIDPLUS" not in place.client.capabilities:
            words = ngettext(
                "“%(folder)s”: %(n)s message of a broken connection arrived after it had been sent again; the destination cannot remove "
                "single messages, so it is there twice (UID %(uids)s).",
                "“%(folder)s”: %(n)s messages of a broken connection arrived after they had been sent again; the destination cannot "
                "remove single messages, so they are there twice (UID %(uids)s).",
                len(uids),
                folder=place.folder,
                uids=named,
            )
            sink.write(Entry(Level.ERROR, "late-copy-left", words, place.folder))
            return
        try:
            with blame(place.side, "removing second copies", place.folder, Scope.FOLDER, refusals=True):
                await place.client.store(uids, "+FLAGS", ["\\Deleted"])
                await place.client.expunge(uids)
        except CommandFailed as error:
            if busy(error.status):
                raise TransferError(explain(error, place.side, "removing second copies", Scope.FOLDER, place.folder)) from error
            words = ngettext(
                "“%(folder)s”: %(n)s message of a broken connection arrived after it had been sent again; the destination says "
                "“%(status)s” when it is to be removed, so it is there twice (UID %(uids)s).",
                "“%(folder)s”: %(n)s messages of a broken connection arrived after they had been sent again; the destination says "
                "“%(status)s” when they are to be removed, so they are there twice (UID %(uids)s).",
                len(uids),
                folder=place.folder,
                status=str(error.status),
                uids=named,
            )
            sink.write(Entry(Level.ERROR, "late-copy-left", words, place.folder))
            return
        words = ngettext(
            "“%(folder)s”: %(n)s message of a broken connection arrived after it had been sent again; the second copy, equal byte for "
            "byte, was removed (UID %(uids)s).",
            "“%(folder)s”: %(n)s messages of a broken connection arrived after they had been sent again; the second copies, equal byte for "
            "byte, were removed (UID %(uids)s).",
            len(uids),
            folder=place.folder,
            uids=named,
        )
        sink.write(Entry(Level.WARNING, "late-copy-removed", words, place.folder))
