"""What a server sends that nobody asked for: counted, because it costs time to read although nothing of it is kept.

Servers do tell things by themselves: what other clients add, remove and mark, that they are still at work. One that does so
without end keeps us as busy as it likes, and everybody else on this machine waiting.
"""

from __future__ import annotations

from trasloco.imap.errors import LimitExceeded
from trasloco.sentence import sentence as _

LINE = 16
"""Bytes that a line counts besides its own: the shortest ones cost most."""

_COMMAND = 64 * 1024
_BODY = 8  # of a message that is read past, bytes cost so much less than those of a line


class Unasked:
    """Counts for one connection. size: bytes so far, lines and messages weighed by what they cost."""

    __slots__ = ("_most", "size")

    def __init__(self, most: int) -> None:
        self._most = most
        self.size = 0

    def line(self, size: int) -> None:
        """A response of so many bytes was for nobody. Raises LimitExceeded."""
        self._take(size + LINE)

    def body(self, size: int) -> None:
        """So many bytes of a message were for nobody. Raises LimitExceeded."""
        self._take(-(-size // _BODY))

    def answered(self) -> None:
        """A command of ours was answered: whoever works for us may tell more meanwhile."""
        self._most += _COMMAND

    def _take(self, weight: int) -> None:
        self.size += weight
        if self.size > self._most:
            raise LimitExceeded("unasked", _("the server sent more than %(most)s bytes that nobody asked for", most=str(self._most)))
