"""Failure is a value: which side, how far it reaches, whether to try again, and in whose words.

``classify.py`` is the one place that maps exceptions and server answers to these.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class SideName(enum.StrEnum):
    """A side is data, never two copies of a function."""

    SOURCE = "source"
    DESTINATION = "destination"
    OURS = "trasloco"  # neither server's fault: our limits, our database


class Scope(enum.StrEnum):
    """The blast radius: what to give up."""

    MESSAGE = "message"
    FOLDER = "folder"
    ACCOUNT = "account"
    RUN = "run"


class Retry(enum.StrEnum):
    NOW = "now"  # reconnect and go on
    LATER = "later"  # wait (``after`` seconds if the server said so), then go on
    NEVER = "never"  # a person has to do something first


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that went wrong, ready to be shown.

    code: stable kebab-case name ("login-refused", "certificate-not-valid"), documented in docs/.
    words: whole sentence for a person: what happened, in whose words, what to do now. No secrets.
    after: seconds to wait before the next try, as the server asked; None = our own back-off.
    throttled: the server says that it was too much: too many connections, messages or bytes.
    session_over: the server hung up and says why: the session was over, its token had run out. No message made it do so.
    """

    side: SideName
    scope: Scope
    retry: Retry
    code: str
    words: str
    after: float | None = None
    throttled: bool = False
    session_over: bool = False

    @property
    def suspicious(self) -> bool:
        """Whether one of the messages on their way may be the reason."""
        return self.retry is Retry.NOW and not self.session_over

    def __str__(self) -> str:
        return self.words


class TransferError(Exception):
    """Carries one ``Failure`` up to the account run; raised only inside the engine."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.words)
        self.failure = failure
