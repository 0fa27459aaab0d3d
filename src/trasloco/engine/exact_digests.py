"""SHA-256 of messages as a server sends them: what the ledger keeps, taken again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from trasloco.engine.classify import blame
from trasloco.engine.failure import Scope
from trasloco.engine.identity import Place


async def exact_digests(place: Place, uids: Sequence[int], doing: str, scope: Scope = Scope.ACCOUNT) -> dict[int, bytes]:
    """{UID: digest} of those that are still there. Raises TransferError."""
    found: dict[int, bytes] = {}
    with blame(place.side, doing, place.folder, scope):
        stream = place.client.bodies(uids)
        async for body in stream:
            sha = hashlib.sha256()
            async for chunk in body:
                sha.update(chunk)
            if body.uid is not None:
                found[body.uid] = sha.digest()
        await stream.finish()
    return found
