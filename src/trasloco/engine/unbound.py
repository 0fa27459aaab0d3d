"""Destination messages that belong to no source message: where one that was repaired is found again.

A repaired message is not the source's any more, so no comparison with the source finds it after a kill,
with a lost ledger, or when UIDVALIDITY has changed. But whoever is about to send a repaired form can ask
whether exactly that is there already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from trasloco.engine.classify import blame
from trasloco.engine.digest import Digester
from trasloco.engine.identity import Place, digests


class Unbound:
    """uids: of the destination folder. begun: source UIDs an interrupted attempt had on its way.

    Nothing is read before somebody asks.
    """

    def __init__(self, place: Place, uids: Iterable[int] = (), begun: Iterable[int] = ()) -> None:
        self._place = place
        self._uids = set(uids)
        self.begun = frozenset(begun)
        self._by_size: dict[int, set[int]] | None = None

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
        found = await digests(self._place, sorted(candidates))
        uid = next((uid for uid, digest in sorted(found.items()) if digest.whole == wanted.result().whole), None)
        if uid is not None:
            self._uids.discard(uid)
            for uids in by_size.values():
                uids.discard(uid)
        return uid

    async def _sizes(self) -> dict[int, set[int]]:
        if self._by_size is None:
            self._by_size = defaultdict(set)
            with blame(self._place.side, "listing messages", self._place.folder):
                async for item in self._place.client.fetch(sorted(self._uids), ("UID", "RFC822.SIZE")):
                    if item.uid is not None and item.size is not None:
                        self._by_size[item.size].add(item.uid)
        return self._by_size
