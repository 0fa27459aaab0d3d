"""Digests of a message that stay the same when a server rewrites what is not the message.

Stores differ in line ends (bare LF becomes CRLF) and some tools add a header of their own, so
two digests are taken as the bytes pass: of the whole and of the body alone, both without CR. A third one, where
it is asked for, is of the body whatever its boundaries are called (RFC 2046 5.1.1), for servers that make them
anew. None is the digest of the ledger, which is of the exact bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_JUDGED = 1000  # bytes of a line; no boundary is longer than 70 (RFC 2046 5.1.1)


@dataclass(frozen=True, slots=True)
class Digests:
    """whole: of all but CRs. body: the same from the first empty line on; of nothing when there is none.
    text: of the body without its boundaries, b"" when it was not asked for."""

    whole: bytes
    body: bytes
    text: bytes = b""


class Digester:
    """Feed the chunks of one message, then ask for ``result()``. text: take that digest too."""

    __slots__ = ("_body", "_in_body", "_tail", "_text", "_whole")

    def __init__(self, *, text: bool = False) -> None:
        self._whole = hashlib.sha256()
        self._body = hashlib.sha256()
        self._text = _Text() if text else None
        self._in_body = False
        self._tail = b"\n"  # a message may begin with its empty line

    def update(self, chunk: bytes | memoryview) -> None:
        data = bytes(chunk).replace(b"\r", b"")
        self._whole.update(data)
        if self._in_body:
            self._take_body(data)
            return
        # The empty line may be cut by the border of two chunks: one byte of the last is enough.
        joined = self._tail + data
        end = joined.find(b"\n\n")
        if end >= 0:
            self._in_body = True
            self._take_body(joined[end + 2 :])
        elif data:
            self._tail = data[-1:]

    def result(self) -> Digests:
        return Digests(self._whole.digest(), self._body.digest(), self._text.digest() if self._text is not None else b"")

    def _take_body(self, data: bytes) -> None:
        self._body.update(data)
        if self._text is not None:
            self._text.update(data)


class _Text:
    """Of the lines that are no boundary and name none. A line is judged by its beginning, so memory is bounded."""

    __slots__ = ("_counts", "_hash", "_line")

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._line = b""  # what has come of the present line and is not judged yet
        self._counts: bool | None = None  # of the present line, once it is judged

    def update(self, data: bytes) -> None:
        first, *more = data.split(b"\n")
        self._take(first)
        for line in more:
            self._end()
            self._take(line)

    def digest(self) -> bytes:
        """Feed nothing after it."""
        self._judge()
        return self._hash.digest()

    def _take(self, part: bytes) -> None:
        if self._counts is None:
            self._line += part
            if len(self._line) >= _JUDGED:
                self._judge()
        elif self._counts:
            self._hash.update(part)

    def _end(self) -> None:
        self._judge()
        if self._counts:
            self._hash.update(b"\n")
        self._counts, self._line = None, b""

    def _judge(self) -> None:
        if self._counts is None:
            beginning = self._line[:_JUDGED]
            self._counts = not beginning.startswith(b"--") and b"boundary=" not in beginning.lower()
            if self._counts:
                self._hash.update(self._line)
            self._line = b""
