"""Whether an answer that is due comes at all: a server that sends a byte now and then is never silent, and never done."""

from __future__ import annotations

from trasloco.imap.exchange import Exchange


class Progress:
    """Watches one connection. least: bytes that are to come within so many ``seconds`` for the answer that is due."""

    __slots__ = ("_begun", "_due", "_least", "_received", "seconds")

    def __init__(self, least: int, seconds: float) -> None:
        self.seconds = seconds
        self._least = least
        self._due: Exchange | None = None
        self._begun = 0.0
        self._received = 0

    def stuck(self, due: Exchange | None, received: int, now: float) -> bool:
        """Is the answer that is due now the same as ever, with too little of it come in the time that it has?

        received: bytes of the connection so far that were of use to anybody. now: seconds of the loop's clock.
        """
        if due is None or due is not self._due or received - self._received >= self._least:
            self._due, self._begun, self._received = due, now, received
            return False
        return now - self._begun >= self.seconds
