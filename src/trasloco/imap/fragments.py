"""Bytes -> lines and literal chunks, before any grammar (RFC 9051 2.2.2, 4.3).

A response is a line, or several with literals between them. This layer knows only that much, so
what the grammar above cannot read never costs the place in the stream.

Strategy: ``feed`` one piece of what the socket gave, then call ``take`` until it gives None. Each
byte is looked at once, however the stream is cut. A line is limited before it is kept; a literal
is handed on in the pieces it came in and never kept here.

What announces a literal: ``{n}`` or ``{n+}`` (with ``~`` before it for literal8) at the very end
of a line, where a value may begin: after a space, an opening parenthesis or a closing bracket.
Two traps, decided: the human text of a status response (``* OK``, ``a1 NO``, ``+``) may end in
``{5}`` and that is never a literal; nor is it behind any other byte (``"/" name{5}``), for no value
may begin there. A line ends with LF; one CR before it is dropped.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from trasloco.imap.errors import LimitExceeded
from trasloco.imap.limits import Limits
from trasloco.sentence import sentence as _

NO_LITERAL = -1
_LITERAL = re.compile(rb"(?:^|(?<=[ (\[\]]))~?\{(\d+)\+?\}$")
_STATUS = re.compile(rb"\+|(?:\*|[^\s*+(){%\"\\]+) +(?:OK|NO|BAD|BYE|PREAUTH)(?: |$)", re.IGNORECASE)
_NUMBERS = re.compile(rb"\* +(?:SEARCH|ESEARCH|VANISHED|SORT|THREAD)\b", re.IGNORECASE)
_LARGEST = 2**63 - 1  # number64 of RFC 9051


class Line(NamedTuple):
    """A line without its end and without the literal marker. literal: size of the literal that
    follows at once, ``NO_LITERAL`` when the response ends here."""

    text: bytes
    literal: int


class Chunk(NamedTuple):
    """A piece of the literal announced last. left: bytes of it still to come; 0 ends it."""

    data: bytes
    left: int


class Fragments:
    """The incremental splitter of one connection."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._data = b""
        self._position = 0
        self._begun = bytearray()  # a line whose end has not come
        self._literal_left = 0
        self._inside = False  # a literal came before: this line goes on with a response

    @property
    def left_over(self) -> bytes:
        """What was fed and not taken yet: must be empty where TLS begins (RFC 9051 6.2.1)."""
        return bytes(self._begun) + self._data[self._position :]

    def drain(self) -> bytes:
        """Take what was fed and not taken yet away: from here on the bytes are something else (RFC 4978 3)."""
        left, self._begun, self._data, self._position = self.left_over, bytearray(), b"", 0
        return left

    def feed(self, data: bytes) -> None:
        """Give the next bytes. All earlier ones must have been taken (``take`` gave None)."""
        self._data = data if self._position >= len(self._data) else self._data[self._position :] + data
        self._position = 0

    def ahead(self) -> tuple[bytes, int] | None:
        """What was fed, and from where on it is not taken yet: only at the beginning of a response, else None."""
        if self._begun or self._literal_left or self._inside or self._position >= len(self._data):
            return None
        return self._data, self._position

    def skip(self, position: int) -> None:
        """Everything of ``ahead`` before ``position`` has been taken."""
        self._position = position

    def take(self) -> Line | Chunk | None:
        """The next fragment, None when more bytes are needed. Raises LimitExceeded."""
        data, start = self._data, self._position
        if start >= len(data):
            self._data, self._position = b"", 0  # keep nothing alive while the line is quiet
            return None
        if self._literal_left:
            end = start + self._literal_left
            piece = data if start == 0 and end >= len(data) else data[start:end]
            self._position = start + len(piece)
            self._literal_left -= len(piece)
            return Chunk(piece, self._literal_left)
        end = data.find(b"\n", start)
        if end < 0:
            self._keep(data[start:])
            self._data, self._position = b"", 0
            return None
        self._position = end + 1
        if self._begun:
            self._keep(data[start:end])
            line = bytes(self._begun)
            self._begun = bytearray()
        else:
            line = data[start:end]
            if len(line) > self._limits.line:
                self._check(len(line), line[:64])
        if line.endswith(b"\r"):
            line = line[:-1]
        if line.endswith(b"}"):
            return self._with_literal(line)
        self._inside = False
        return Line(line, NO_LITERAL)

    def _with_literal(self, line: bytes) -> Line:
        marker = _LITERAL.search(line, max(0, len(line) - 4100))
        if marker is None or (not self._inside and _STATUS.match(line)):
            self._inside = False
            return Line(line, NO_LITERAL)
        digits = marker.group(1)
        if len(digits) > 19 or int(digits) > _LARGEST:
            raise LimitExceeded("literal", _("the server announced a literal of more than 2^63 bytes"))
        self._inside = True
        self._literal_left = int(digits)
        return Line(line[: marker.start()], self._literal_left)

    def _keep(self, piece: bytes) -> None:
        size = len(self._begun) + len(piece)
        if size > self._limits.line:
            self._check(size, bytes(self._begun[:64]) + piece[:64])
        self._begun += piece

    def _check(self, size: int, beginning: bytes) -> None:
        if size > self._limits.numbers or not _NUMBERS.match(beginning):
            raise LimitExceeded("line", _("the server sent a line of more than %(most)s bytes", most=str(self._limits.line)))
