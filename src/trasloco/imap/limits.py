"""Bounds of what a server may make us keep, checked before the memory is taken.

A server is untrusted input. A body that streams is not bound by these: only its chunks are held.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """line: bytes of one line; numbers: the same for the lines that list UIDs (SEARCH, ESEARCH,
    VANISHED, SORT), which grow with the mailbox; literal: bytes collected of the literals of one
    response; depth: nested parentheses; entries: values of one answer (LIST lines, search hits,
    numbers of a set); buffered: body bytes held for a slow reader before the socket is left alone.
    """

    line: int = 1024 * 1024
    numbers: int = 32 * 1024 * 1024
    literal: int = 4 * 1024 * 1024
    depth: int = 100
    entries: int = 5_000_000
    buffered: int = 1024 * 1024
