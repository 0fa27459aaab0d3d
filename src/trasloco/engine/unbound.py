"""Destination messages that belong to no source message: where one that was repaired is found again.

A repaired message is not the source's any more, so no comparison with the source finds it after a kill,
with a lost ledger, or when UIDVALIDITY has changed. But whoever is about to send a repaired form can ask
whether exactly that is there already, and whoever finds an open intent of one message whether it came to be sent so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from trasloco.engine.classify import blame
from trasloco.engine.digest import Digester, Digests
from trasloco.engine.identity import Place, digests
from trasloco.engine.job import Job
from trasloco.engine.original import read_original
from trasloco.engine.repair import Rung
from trasloco.engine.repaired_forms import repaired_messages
from trasloco.engine.uid_set import UidSet


class Unbound:
    """uids: of the destination folder. begun: source UIDs an interrupted attempt had on its way.

    Nothing is read before somebody asks.
    """

    def __init__(self, place: Place, uids: Iterable[int] = (), begun: Iterable[int] = ()) -> None:
        self._place = place
        self._uids = uids.copy() if isinstance(uids, UidSet) else UidSet(uids)
        self.begun = frozenset(begun)
        self._by_size: dict[int, set[int]] | None = None
        self._digests: dict[int, Digests] = {}

    async def find_repaired(self, job: Job, uids: Collection[int]) -> dict[int, tuple[int, tuple[Rung, ...]]]:
        """{source UID: (destination UID, the rungs)} of those messages that are here in a repaired form. Raises TransferError.

        For messages that were on their way alone, as the repair ladder sends them: each is read once. What the
        source does not send is not found.
        """
        found: dict[int, tuple[int, tuple[Rung, ...]]] = {}
        for uid in sorted(uids):
            original = await read_original(job.source, uid, "reading a message again") if self._uids else None
            if not isinstance(original, bytes):
                continue
            for rungs, form in repaired_messages(original):
                theirs = await self.claim(form)
                if theirs is not None:
                    found[uid] = theirs, rungs
                    break
        return found

    async def claim(self, message: bytes) -> int | None:
        """UID of a message that is this one but for CRs, taken out; None when there is none. Raises TransferError."""
        if not self._uids:
            return None
        by_size = await self._sizes()
        # Stores change line ends: the size is that of the bytes as sent, or with every line end a CRLF.
        bare = message.replace(b"\r", b"")
        candidates = by_size.get(len(message), set()) | by_size.get(len(bare) + bare.count(b"\n"), set())
        if not candidates:
            return None
        wanted = Digester()
        wanted.update(message)
        self._digests |= await digests(self._place, sorted(candidates.difference(self._digests)))
        read = ((uid, self._digests[uid]) for uid in sorted(candidates) if uid in self._digests)
        uid = next((uid for uid, digest in read if digest.whole == wanted.result().whole), None)
        if uid is not None:
            self._uids.discard(uid)
            for uids in by_size.values():
                uids.discard(uid)
        return uid

    async def _sizes(self) -> dict[int, set[int]]:
        if self._by_size is None:
            self._by_size = defaultdict(set)
            with blame(self._place.side, "listing messages", self._place.folder):
                async for item in self._place.client.fetch(self._uids, ("UID", "RFC822.SIZE")):
                    if item.uid is not None and item.size is not None:
                        self._by_size[item.size].add(item.uid)
        return self._by_size
