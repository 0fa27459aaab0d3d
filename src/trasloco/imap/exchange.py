"""One command and everything that belongs to it until its tagged answer.

An ``Exchange`` is made by whoever wants the answer and given to ``Protocol.send``. It is called
back synchronously from ``receive_data``, and must not raise.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable
from typing import Protocol

from trasloco.imap.commands import Literal
from trasloco.imap.errors import ImapError
from trasloco.imap.responses import Response, SearchHits
from trasloco.imap.values import Fetched, StatusText


class BodyHandler(Protocol):
    """Takes whole messages as they stream in. For each: ``begin``, ``data`` any number of times,
    then ``end`` when the FETCH response is over, or ``broken`` when its rest could not be read."""

    def begin(self, sequence: int, uid: int | None, size: int) -> None: ...

    def data(self, chunk: bytes) -> None: ...

    def end(self, uid: int | None) -> None: ...

    def broken(self, words: str) -> None: ...


class Wait:
    """A place in the pieces of a command where the server's ``+`` must come before the next byte."""


WAIT = Wait()


class Exchange:
    """words: the command for people, without secrets.

    accepts: the types of untagged responses it wants; while several exchanges want one, the oldest
    gets it (RFC 9051 5.5: answers come in order where they could be confused).
    uids, whole, parts: of FETCH responses, only those are for it that are about these UIDs (None = any)
    and hold what it asked for: the whole message or not, parts of it or not. Servers do work on several
    FETCH commands at a time and mix their answers.
    in_bulk: looks at the bytes to come where its answers are due and a response begins, takes as many answers as it
    knows by their usual form, and returns where it stopped: what is read by the grammar is the rest.
    on_done: called once, with the tagged status or with the error that ended it all.
    on_continue: answers a ``+`` (SASL); such an exchange keeps the line to itself until it is done.
    on_ready: called when all pieces given so far were handed to the line (open exchanges only).
    open: more pieces may follow by ``Protocol.extend``; nothing else is sent meanwhile.
    deadline: the field of ``Deadlines`` that says how long the server may be silent.
    challenges: answered so far by ``on_continue``.
    received: bytes of untagged data it got, FETCH aside.
    broken: set when an answer of it could not be read; the tagged OK is then no success.
    """

    __slots__ = (
        "accepts",
        "body",
        "broken",
        "challenges",
        "deadline",
        "done",
        "in_bulk",
        "on_continue",
        "on_data",
        "on_done",
        "on_ready",
        "open",
        "parts",
        "pieces",
        "received",
        "tag",
        "uids",
        "whole",
        "words",
    )

    def __init__(
        self,
        words: str,
        pieces: Iterable[bytes | Literal | Wait],
        on_done: Callable[[StatusText | None, ImapError | None], None],
        *,
        accepts: tuple[type, ...] = (),
        on_data: Callable[[Response], object] | None = None,
        on_continue: Callable[[bytes], bytes] | None = None,
        on_ready: Callable[[], None] | None = None,
        in_bulk: Callable[[bytes, int], int] | None = None,
        body: BodyHandler | None = None,
        uids: Container[int] | None = None,
        whole: bool = False,
        parts: bool = False,
        deadline: str = "command",
        is_open: bool = False,
    ) -> None:
        self.tag = b""
        self.words = words
        self.pieces: deque[bytes | Literal | Wait] = deque(pieces)
        self.on_done = on_done
        self.accepts = accepts
        self.on_data = on_data
        self.on_continue = on_continue
        self.on_ready = on_ready
        self.in_bulk = in_bulk
        self.body = body
        self.uids = uids
        self.whole = whole
        self.parts = parts
        self.deadline = deadline
        self.open = is_open
        self.done = False
        self.received = 0
        self.challenges = 0
        self.broken = ""

    def wants(self, response: Response) -> bool:
        """Whether this untagged response may be an answer to this command."""
        if type(response) not in self.accepts:
            return False
        if isinstance(response, Fetched):
            has_whole = b"" in response.sections
            has_parts = len(response.sections) > has_whole
            return self.whole == has_whole and self.parts >= has_parts and self.wants_uid(response.uid)
        if isinstance(response, SearchHits) and response.tag:
            return response.tag == self.tag
        return True

    def wants_uid(self, uid: int | None) -> bool:
        """Whether a FETCH response about this UID (None: not told) may be for this command."""
        return uid is None or self.uids is None or uid in self.uids

    def __repr__(self) -> str:
        return f"Exchange({self.tag.decode()} {self.words})"
