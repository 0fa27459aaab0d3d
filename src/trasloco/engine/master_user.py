"""How a master user opens somebody's mailbox: the one place that spells the two dialects."""

from __future__ import annotations

from dataclasses import dataclass

from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret

SEPARATOR = "*"
"""What Dovecot and UW-IMAP put between user and master by default."""


@dataclass(frozen=True, slots=True)
class MasterUser:
    """A name and password that may open any mailbox of a server."""

    name: str
    secret: Secret
    separator: str = SEPARATOR

    def joined(self, mailbox: str) -> Credentials:
        """``mailbox*master`` as one login name (Dovecot, UW-IMAP)."""
        return Credentials(login=f"{mailbox}{self.separator}{self.name}", secret=self.secret)

    def authorized(self, mailbox: str) -> Credentials:
        """SASL PLAIN with the mailbox as authorization identity (RFC 4616; Cyrus, Dovecot, Zimbra)."""
        return Credentials(login=self.name, secret=self.secret, authorization=mailbox)
