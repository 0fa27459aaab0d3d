"""One message of the source read as a whole, for whoever must look at its bytes."""

from __future__ import annotations

from trasloco.engine.classify import blame, busy, explain
from trasloco.engine.failure import TransferError
from trasloco.engine.identity import Place
from trasloco.imap.errors import CommandFailed
from trasloco.imap.values import StatusText


async def read_original(place: Place, uid: int, doing: str) -> bytes | StatusText | None:
    """The message; the source's refusal; None when it sends nothing (any more).

    doing: for people ("reading a refused message again"). Raises TransferError.
    """
    try:
        with blame(place.side, doing, place.folder, refusals=True):
            stream = place.client.bodies([uid])
            parts = [await body.read() async for body in stream]
            await stream.finish()
    except CommandFailed as error:
        if busy(error.status):
            raise TransferError(explain(error, place.side, doing, folder=place.folder)) from error
        return error.status
    return parts[0] if parts and parts[0] else None
