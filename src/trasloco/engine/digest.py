"""Digests of a message that stay the same when a server rewrites what is not the message.

Stores differ in line ends (bare LF becomes CRLF) and some tools add a header of their own, so
two digests are taken as the bytes pass: of the whole and of the body alone, both without CR.
Neither is the digest of the ledger, which is of the exact bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Digests:
    """whole: of all but CRs. body: the same from the first empty line on; of nothing when there is none."""

    whole: bytes
    body: bytes


class Digester:
    """Feed the chunks of one message, then ask for ``result()``."""

    __slots__ = ("_body", "_in_body", "_tail", "_whole")

    def __init__(self) -> None:
        self._whole = hashlib.sha256()
        self._body = hashlib.sha256()
        self._in_body = False
        self._tail = b"\n"  # a message may begin with its empty line

    def update(self, chunk: bytes | memoryview) -> None:
        data = bytes(chunk).replace(b"\r", b"")
        self._whole.update(data)
        if self._in_body:
            self._body.update(data)
            return
        # The empty line may be cut by the border of two chunks: one byte of the last is enough.
        joined = self._tail + data
        end = joined.find(b"\n\n")
        if end >= 0:
            self._in_body = True
            self._body.update(joined[end + 2 :])
        elif data:
            self._tail = data[-1:]

    def result(self) -> Digests:
        return Digests(self._whole.digest(), self._body.digest())
