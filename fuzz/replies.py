"""What a POP3 server sends: an answer, a list and a message, read whole and in the cut that the first byte asks for."""

from __future__ import annotations

import random

from trasloco.imap.errors import ImapError
from trasloco.pop3.replies import Replies, parse_listing, parse_status

_OWN = (
    b"+OK ready <1.2@x>\r\n1 abc\r\n2 d e\r\n.\r\nSubject: x\r\n\r\n..dot\r\n.\r\n",
    b"-ERR [AUTH] no\r\n.\r\n.\r\n", b"+OK\n.\n..\n\n.x\n.\n", b"-ERR [SYS/TEMP] later\r\n1 x\r\n", b"+ok\r\n.\r\n.\r.\r\n.\r\n",
)  # fmt: skip


TOKENS = (b"+OK ", b"-ERR ", b"[AUTH] ", b"[SYS/TEMP] ", b"\r\n", b".\r\n", b"..", b"\n.\n", b"1 ", b"\r")


def check(data: bytes) -> None:
    """Raises AssertionError, and whatever is raised that is no ImapError."""
    cut, data = (*data[:1], 0)[0], data[1:]
    whole, pieces = _read([data]), _read(_pieces(data, cut))
    assert whole == pieces, f"whole {whole}, in pieces {pieces}"


def _pieces(data: bytes, cut: int) -> list[bytes]:
    chance = random.Random(cut)
    pieces, position = [], 0
    while position < len(data):
        size = 1 if cut == 0 else chance.choice((1, 2, 3, 10, 100, 1000))
        pieces.append(data[position : position + size])
        position += size
    return pieces


class _Session:
    """The answers in their order: the greeting, the lines of a list, then one message."""

    def __init__(self) -> None:
        self.replies = Replies()
        self.found: list[object] = []
        self.message: bytes | None = None
        self.listing = False
        self.over = False

    def take(self) -> bool:
        """The next thing that is complete; False when more must come."""
        if self.message is not None:
            if (chunk := self.replies.chunk()) is None:
                return False
            self.message += chunk[0]
            self.over = chunk[1]
            return not self.over
        if not self.listing:
            if (line := self.replies.line()) is None:
                return False
            self.found.append(parse_status(line))
            self.listing = True
            return True
        if (item := self.replies.item()) is None:
            return False
        if item == b".":
            self.message = b""
            self.replies.begin_message()
        else:
            self.found.append(parse_listing(item))
        return True


def _read(pieces: list[bytes]) -> list[object]:
    session = _Session()
    try:
        for piece in pieces:
            session.replies.feed(piece)
            while not session.over and session.take():
                pass
    except ImapError as error:
        session.found.append((type(error), str(error)))
    return [*session.found, session.message, session.over]


def seeds() -> list[bytes]:
    """Sessions as they are."""
    return [bytes((cut,)) + data for data in _OWN for cut in (0, 1)]
