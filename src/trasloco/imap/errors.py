"""Everything that can go wrong on the wire.

    ImapError
    ├── ConnectFailed       no TCP connection              reason, words
    ├── TlsFailed           no trusted TLS                 reason, words
    ├── NotImap             something else answers there   words (the first bytes seen)
    │   └── NotPop3         ... where POP3 is to be spoken
    ├── ConnectionLost      it broke off                   doing, bye
    ├── DeadlineExceeded    it went silent                 name, seconds
    ├── LimitExceeded       it sent more than we keep      limit, words
    ├── ProtocolViolation   it does not keep to IMAP       words
    ├── LoginImpossible     no way to log in is offered    words
    └── CommandFailed       it said NO or BAD              status, command
        └── LoginRefused    ... to the login

After ``CommandFailed`` (and its child), and after the one ``ProtocolViolation`` that says so, the
connection is in step and can be used; after all others it is closed. ``str()`` of each is a whole
sentence without secrets. The server's words are shortened and never hold what we sent.
"""

from __future__ import annotations

from typing import Literal

from trasloco.imap.values import Kind, StatusText
from trasloco.sentence import sentence as _

ConnectReason = Literal["unknown-host", "refused", "timeout", "unreachable"]
TlsReason = Literal["not-trusted", "wrong-name", "expired", "pin-changed", "handshake", "starttls-missing"]


class ImapError(Exception):
    """The root; never raised itself."""


class ConnectFailed(ImapError):
    """No TCP connection. ``reason`` for machines, ``words`` from the system."""

    def __init__(self, reason: ConnectReason, words: str) -> None:
        super().__init__(reason, words)
        self.reason = reason
        self.words = words

    def __str__(self) -> str:
        says = {
            "unknown-host": "the name is not known",
            "refused": "the port is closed",
            "timeout": "no answer to the attempt to connect",
            "unreachable": "the address cannot be reached",
        }[self.reason]
        return f"{says} ({self.words})" if self.words else says


class TlsFailed(ImapError):
    """No TLS that can be trusted. ``reason`` for machines, ``words`` of the TLS library or ours."""

    def __init__(self, reason: TlsReason, words: str) -> None:
        super().__init__(reason, words)
        self.reason = reason
        self.words = words

    def __str__(self) -> str:
        says = {
            "not-trusted": "the certificate is not signed by a trusted authority",
            "wrong-name": "the certificate is for another name",
            "expired": "the certificate has expired or is not valid yet",
            "pin-changed": "the certificate is not the one that was pinned",
            "handshake": "the TLS handshake failed",
            "starttls-missing": "the server offers no STARTTLS",
        }[self.reason]
        return f"{says} ({self.words})" if self.words else says


class NotImap(ImapError):
    """What answers there is no IMAP server. ``words``: the first bytes seen, made printable. wanted: what should have answered."""

    wanted = "an IMAP server"

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words

    def __str__(self) -> str:
        return f"what answers there is not {self.wanted}; it began with: {self.words}"


class NotPop3(NotImap):
    """The same of POP3."""

    wanted = "a POP3 server"


class ConnectionLost(ImapError):
    """The connection ended. ``doing``: what we waited for; ``bye``: the server's last words, if any."""

    def __init__(self, doing: str, bye: StatusText | None = None, words: str = "") -> None:
        super().__init__(doing, bye, words)
        self.doing = doing
        self.bye = bye
        self.words = words

    def __str__(self) -> str:
        text = _("the connection was closed during %(doing)s", doing=self.doing) if self.doing else _("the connection was closed")
        if self.bye is not None:
            return _("%(clause)s; the server said: %(status)s", clause=text, status=self.bye.words or self.bye.code)
        return _("%(clause)s (%(why)s)", clause=text, why=self.words) if self.words else text


class DeadlineExceeded(ImapError):
    """The server stayed silent. ``name``: the field of ``Deadlines`` that ran out, after ``seconds``."""

    def __init__(self, name: str, seconds: float, doing: str = "") -> None:
        super().__init__(name, seconds, doing)
        self.name = name
        self.seconds = seconds
        self.doing = doing

    def __str__(self) -> str:
        seconds = f"{self.seconds:g}"
        if not self.doing:
            return _("no answer within %(seconds)s seconds (deadline: %(name)s)", seconds=seconds, name=self.name)
        return _(
            "no answer within %(seconds)s seconds during %(doing)s (deadline: %(name)s)", seconds=seconds, doing=self.doing, name=self.name
        )


class LimitExceeded(ImapError):
    """The server sent more than we are willing to keep. ``limit``: the field of ``Limits``."""

    def __init__(self, limit: str, words: str) -> None:
        super().__init__(limit, words)
        self.limit = limit
        self.words = words

    def __str__(self) -> str:
        return _("%(why)s (limit: %(name)s)", why=self.words, name=self.limit)


class ProtocolViolation(ImapError):
    """The server does not keep to IMAP in a way we cannot work with.

    ``in_step``: the answer was lost to us, but the connection is still usable.
    """

    def __init__(self, words: str, *, in_step: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.in_step = in_step

    def __str__(self) -> str:
        return self.words


class LoginImpossible(ImapError):
    """There is no way to log in that these credentials can take. ``sent``: a login was begun, and broken off by us."""

    def __init__(self, words: str, *, sent: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.sent = sent

    def __str__(self) -> str:
        return self.words


class CommandFailed(ImapError):
    """A tagged NO or BAD. ``command``: what was asked, without secrets."""

    def __init__(self, status: StatusText, command: str) -> None:
        super().__init__(status, command)
        self.status = status
        self.command = command

    @property
    def is_bad(self) -> bool:
        """BAD: the server did not understand, rather than not want to (RFC 9051 7.1.3)."""
        return self.status.kind is Kind.BAD

    def __str__(self) -> str:
        return f"{self.command}: {self.status}"


class LoginRefused(CommandFailed):
    """The server refused the login; ``status`` has its words and, often, a code (RFC 5530). greeting: how it calls itself,
    "" while nobody has said. tries: ways in which the same name and password were sent."""

    greeting = ""
    tries = 1
