"""Bounds of what a server may make us keep, checked before the memory is taken.

A server is untrusted input. A body that streams is not bound by these: only its chunks are held.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """line: bytes of one line. numbers: the same for the lines that list UIDs (SEARCH, ESEARCH,
    VANISHED, SORT), which grow with the mailbox. literal: bytes collected of the literals of one
    response. answer: bytes of everything one command gets, FETCH aside. unasked: bytes of what nobody
    asked for, over the life of a connection (see ``unasked``). depth: nested parentheses.
    entries: messages named by one answer. ranges: runs of numbers kept of one answer. partial: messages
    of which only a part of what was asked has come. mailboxes: of LIST. body: bytes of one message,
    which a server announces before it sends them. trickle: bytes that it must bring in the time of the
    deadline of that name. challenges: of one login. buffered: body bytes held for a slow reader before
    the socket is left alone. kept: body bytes held at the most, when answers come mixed and one reader
    has to wait for what stands behind the bytes of another. unpacked: bytes that compressed ones may
    become before others have their turn.
    """

    line: int = 256 * 1024
    numbers: int = 4 * 1024 * 1024
    literal: int = 4 * 1024 * 1024
    answer: int = 16 * 1024 * 1024
    unasked: int = 8 * 1024 * 1024
    depth: int = 100
    entries: int = 2_000_000
    ranges: int = 500_000
    partial: int = 100_000
    mailboxes: int = 50_000
    body: int = 2**31
    trickle: int = 32 * 1024
    challenges: int = 20
    buffered: int = 1024 * 1024
    kept: int = 128 * 1024 * 1024
    unpacked: int = 1024 * 1024
