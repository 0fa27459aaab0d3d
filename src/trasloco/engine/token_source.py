"""The port to OAuth: a token for a mailbox, for now. Where it comes from is nobody's business here."""

from __future__ import annotations

from typing import Protocol

from trasloco.secret import Secret


class TokenSource(Protocol):
    """Gives bearer tokens. May be asked from several tasks at once."""

    @property
    def remedy(self) -> str:
        """What a person does when the server refuses such a token: one sentence without its full stop."""

    async def token(self, mailbox: str, *, fresh: bool = False) -> Secret:
        """A token that opens ``mailbox`` and is valid for a while; ``fresh``: not one that was given before, as a server refused it.

        Raises ``TokenUnavailable``.
        """


class TokenUnavailable(Exception):
    """No token. words: what happened and in whose words; remedy: what to do. permanent: asking again is of no use
    until somebody did it. after: seconds to wait, as the provider asked; None = our own back-off."""

    def __init__(self, words: str, remedy: str = "", *, permanent: bool, after: float | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.remedy = remedy
        self.permanent = permanent
        self.after = after
