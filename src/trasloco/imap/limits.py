"""Bounds of what a server may make us keep, checked before the memory is taken.

A server is untrusted input. A body that streams is not bound by these: only its chunks are held.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """line: bytes of one line. numbers: the same for the lines that list UIDs (SEARCH, ESEARCH,
    VANISHED, SORT), which grow with the mailbox. literal: bytes collected of the literals of one
    response. answer: bytes of everything one command gets, FETCH aside. depth: nested parentheses.
    entries: messages named by one answer. mailboxes: lines of LIST. buffered: body bytes held for a
    slow reader before the socket is left alone. kept: body bytes held at the most, when answers come
    mixed and one reader has to wait for what stands behind the bytes of another.
    """

    line: int = 1024 * 1024
    numbers: int = 16 * 1024 * 1024
    literal: int = 4 * 1024 * 1024
    answer: int = 32 * 1024 * 1024
    depth: int = 100
    entries: int = 2_000_000
    mailboxes: int = 100_000
    buffered: int = 1024 * 1024
    kept: int = 256 * 1024 * 1024
