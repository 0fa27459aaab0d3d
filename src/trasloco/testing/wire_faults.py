"""What can go wrong on a line, as data, and the reading of IMAP bytes that is needed to place it.

A plan is a tuple of these values; ``CuttingProxy.arm`` takes it. Bytes are counted from the arming
on, over all connections of the proxy together and each way for itself, so that a place once reached
is passed for good. Commands are numbered by name from 1, likewise ("UID FETCH" is a name; LOGIN and
AUTHENTICATE are both called LOGIN). Each fault happens once unless it says otherwise.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass


class Way(enum.Enum):
    """Which way the bytes go."""

    TO_SERVER = "to the server"
    TO_CLIENT = "to the client"


@dataclass(frozen=True, slots=True)
class Cut:
    """Both ends are closed after exactly ``at`` bytes went this way. reset: by RST, else by FIN.
    times: how many connections in a row that get so far (the count begins anew for each)."""

    way: Way
    at: int
    reset: bool = True
    times: int = 1


@dataclass(frozen=True, slots=True)
class Stall:
    """From byte ``at`` on nothing passes this way any more on that connection, and it stays open."""

    way: Way
    at: int


@dataclass(frozen=True, slots=True)
class Linger:
    """From byte ``at`` on the network keeps what the client sends. When the command is whole the client's
    end is closed, and only ``seconds`` later the server gets the rest: the words of a dead client."""

    at: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Delay:
    """Every portion of bytes this way waits for so many seconds. For ever."""

    way: Way
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The proxy answers instead of the server: ``words`` is all behind the tag ("NO [INUSE] later").

    The server does not see the command. number: which one of its name is the first; times: how many
    from that one on. forward: the server does see it and does it, and only its answer is replaced.
    """

    command: str
    words: str
    number: int = 1
    times: int = 1
    forward: bool = False


@dataclass(frozen=True, slots=True)
class Bye:
    """``* BYE words`` instead of the answer to that command (the server does not see it), then FIN.
    Command "" is the greeting. ``after``: at the first end of a response after so many bytes of
    responses to the client, whatever the command."""

    words: str
    command: str = ""
    number: int = 1
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Poison:
    """A literal to the server (or to the client) that holds ``marker`` ends the connection. Every time."""

    marker: bytes
    way: Way = Way.TO_SERVER


@dataclass(frozen=True, slots=True)
class Rewrite:
    """In every line from the server, what ``pattern`` finds becomes ``by``. For ever. To hide a
    capability: ``Rewrite(rb" MULTIAPPEND", b"")``; to drop APPENDUID: ``rb"\\[APPENDUID [^]]*\\] "``."""

    pattern: bytes
    by: bytes = b""


Fault = Cut | Stall | Linger | Delay | Answer | Bye | Poison | Rewrite

_LITERAL = re.compile(rb"~?\{(\d+)(\+?)\}\r\n\Z")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the stream. ``content``: a whole line with its end, or some bytes of a literal.
    starts: a command or response begins here. ends: it ends here (and not with a literal).
    waits: bytes of a literal that follow only after the server's ``+``."""

    content: bytes
    literal: bool = False
    starts: bool = False
    ends: bool = False
    waits: bool = False


class Scanner:
    """Cuts the bytes of one way into pieces, literals skipped by their length (RFC 9051 4.3)."""

    def __init__(self) -> None:
        self._held = b""
        self._left = 0
        self._inside = False

    @property
    def at_boundary(self) -> bool:
        """Between two commands or responses; something of our own may be said here."""
        return not self._held and not self._left and not self._inside

    def feed(self, data: bytes) -> Iterator[Piece]:
        """The pieces that are complete now; the beginning of a line waits for its end."""
        data = self._held + data
        self._held = b""
        while data:
            if self._left:
                part, data = data[: self._left], data[self._left :]
                self._left -= len(part)
                yield Piece(part, literal=True)
                continue
            end = data.find(b"\n") + 1
            if not end:
                self._held = data
                return
            line, data = data[:end], data[end:]
            yield self._line(line)

    def no_literal(self) -> None:
        """The server refused the literal that was announced: it does not come, the command is over."""
        self._left = 0
        self._inside = False

    def _line(self, line: bytes) -> Piece:
        announced = _LITERAL.search(line)
        starts = not self._inside
        self._inside = announced is not None
        if announced is None:
            return Piece(line, starts=starts, ends=True)
        self._left = int(announced[1])
        return Piece(line, starts=starts, waits=not announced[2])


def command_of(line: bytes) -> tuple[bytes, str]:
    """(tag, name) of a command's first line."""
    words = line.split(None, 3)
    if len(words) < 2:
        return (words[0] if words else b""), ""
    name = words[1].upper().decode("ascii", "replace")
    if name == "UID" and len(words) > 2:
        name += " " + words[2].upper().decode("ascii", "replace")
    return words[0], "LOGIN" if name == "AUTHENTICATE" else name
