"""Whole messages of a POP3 mailbox, one after the other, in the shape of ``imap.body_stream``.

POP3 does not say how long a message is before it has come, and an APPEND must: so each is kept until its end, in memory as long as
it is small, then in a file without a name.
"""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Sequence
from typing import IO

from trasloco.imap.body_stream import Body, BodyStream, Whole
from trasloco.imap.errors import CommandFailed

SMALL = 1024 * 1024
"""Bytes of a message that is kept in memory."""

_PIECE = 256 * 1024

Retrieve = Callable[[int, IO[bytes]], Awaitable[None]]
"""Writes the message of this UID into the file. Raises CommandFailed when the server will not give it."""


class PopBodies(BodyStream):
    """The messages of these UIDs, in their order; asked for one at a time, when their turn comes."""

    def __init__(self, uids: Sequence[int], retrieve: Retrieve, count: Callable[[int], None]) -> None:
        # Nothing of the parent's is on its way.
        self._waiting = list(reversed(uids))
        self._retrieve = retrieve
        self._count = count
        self._file: IO[bytes] | None = None
        self._refused: CommandFailed | None = None
        self._reading: Body | None = None

    def __aiter__(self) -> PopBodies:
        return self

    async def __anext__(self) -> Body:
        self._drop()
        while self._waiting:
            uid = self._waiting.pop()
            file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=SMALL)  # noqa: SIM115 - it lives until the body was read
            try:
                await self._retrieve(uid, file)
            except CommandFailed as refused:
                file.close()
                self._refused = self._refused or refused
                continue
            except BaseException:
                file.close()
                raise
            size = file.tell()
            self._count(size)
            file.seek(0)
            self._file = file
            self._reading = Body(self, uid, size, nil=not size)
            return self._reading
        raise StopAsyncIteration

    async def has_come(self) -> bool:
        """Nothing comes before it is asked for."""
        return False

    def take_whole(self, size: int) -> list[Whole]:
        """None comes together with others."""
        return []

    async def finish(self) -> None:
        """Drop what was not read; nothing more is asked for. Raises CommandFailed when one was refused."""
        self._drop()
        self._waiting.clear()
        if self._refused is not None:
            raise self._refused

    async def next_chunk(self, body: Body) -> bytes | None:
        """The next bytes of the message being read, None after the last."""
        if body is not self._reading or self._file is None:
            raise RuntimeError("this body was left for a later one")
        piece = self._file.read(_PIECE)
        if piece:
            return piece
        self._drop()
        body.finished = True
        return None

    def _drop(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._reading = None
