"""From the bytes of a server to the answers of POP3 (RFC 1939 3): status lines, and lists and messages with their dots taken off.

No I/O: ``feed`` takes bytes, ``status``, ``line`` and ``chunk`` give what is complete by now, None when more must come. Limits are
checked before memory is taken: a line of an answer may have ``LONGEST_LINE`` bytes, a line of a message any number, as messages are
handed on in pieces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from trasloco.imap.errors import LimitExceeded, ProtocolViolation
from trasloco.imap.status_text import readable
from trasloco.imap.values import Kind, StatusText
from trasloco.sentence import sentence as _

LONGEST_LINE = 8192
"""Bytes; RFC 2449 4 allows 512 for a status line, and servers put whole sentences there."""

_CODE = re.compile(rb"\[([A-Za-z][A-Za-z0-9/_-]*)\]\s*")
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Listing:
    """One line of UIDL or LIST: the number of a message, and what is said of it."""

    number: int
    text: bytes


class Replies:
    """What has come and was not taken yet."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._line_begins = True  # of a message being read

    def feed(self, data: bytes) -> None:
        """Take what the socket gave."""
        self._buffer += data

    @property
    def left_over(self) -> bool:
        """Whether bytes are here that nobody has asked for."""
        return bool(self._buffer)

    def line(self) -> bytes | None:
        """The next line without its end. Raises LimitExceeded."""
        end = self._buffer.find(b"\n", 0, LONGEST_LINE)
        if end < 0:
            if len(self._buffer) >= LONGEST_LINE:
                raise LimitExceeded("line", _("the server sent a line of more than %(most)s bytes", most=str(LONGEST_LINE)))
            return None
        found = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[: end + 1]
        return found

    def status(self) -> StatusText | None:
        """The status line of an answer, with its response code (RFC 2449 8, RFC 3206). Raises ProtocolViolation, LimitExceeded."""
        found = self.line()
        return None if found is None else parse_status(found)

    def item(self) -> bytes | None:
        """The next line of a list, its leading dot taken off; b"." for the end of the list. Raises LimitExceeded."""
        found = self.line()
        return found[1:] if found is not None and found.startswith(b"..") else found

    def begin_message(self) -> None:
        """What follows is the text of a message."""
        self._line_begins = True

    def chunk(self) -> tuple[bytes, bool] | None:
        """(The next bytes of the message with the dots of its lines taken off, whether it ends with them); None when more must come.

        The line end before the closing dot is the message's own (RFC 1939 3).
        """
        taken = bytearray()
        while self._buffer:
            if self._line_begins and self._buffer[:1] == b".":
                rest = bytes(self._buffer[:3])
                if rest in (b".", b".\r"):
                    break  # what it is depends on the next byte
                if rest[:2] == b".\n" or rest == b".\r\n":
                    del self._buffer[: 2 if rest[:2] == b".\n" else 3]
                    return bytes(taken), True
                del self._buffer[:1]
            end = self._buffer.find(b"\n", 0, _PIECE)
            size = end + 1 if end >= 0 else min(len(self._buffer), _PIECE)
            taken += self._buffer[:size]
            del self._buffer[:size]
            self._line_begins = end >= 0
            if len(taken) >= _PIECE:
                break
        return (bytes(taken), False) if taken else None


def parse_status(line: bytes) -> StatusText:
    """``+OK ...`` or ``-ERR [AUTH] ...``. Raises ProtocolViolation."""
    upper = line[:4].upper()
    if upper.startswith(b"+OK"):
        kind, text = Kind.OK, line[3:]
    elif upper == b"-ERR":
        kind, text = Kind.ERR, line[4:]
    else:
        raise ProtocolViolation(f"the server answers neither +OK nor -ERR: {readable(line)!r}")
    text = text.strip()
    code = _CODE.match(text)
    if kind is Kind.ERR and code is not None:
        return StatusText(kind, code[1].decode("ascii").upper(), b"", readable(text[code.end() :]))
    return StatusText(kind, "", b"", readable(text))


def parse_listing(line: bytes) -> Listing:
    """``7 text`` of UIDL (RFC 1939 7) or LIST. Raises ProtocolViolation."""
    number, _, text = line.strip().partition(b" ")
    if not number.isdigit() or len(number) > 10 or not text.strip():
        raise ProtocolViolation(f"a line of a list is not one: {readable(line)!r}")
    return Listing(int(number), text.strip())
