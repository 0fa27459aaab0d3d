"""A master user: a name and password that open any mailbox of a server, and the dialects in which servers want to be asked."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from trasloco.engine.master_memory import MasterMemory
from trasloco.imap.sasl import Acting, Credentials
from trasloco.secret import Secret
from trasloco.sentence import sentence as _

SEPARATOR = "*"
"""What Dovecot and UW-IMAP put between user and master by default."""


class Dialect(enum.Enum):
    """How a server is asked for somebody else's mailbox; the value is for people."""

    AUTHZID = _("by authorization identity")  # SASL PLAIN (RFC 4616): Cyrus, Dovecot, Zimbra, Exchange, Sun
    JOINED = _("as one name, user%(separator)smaster")  # Dovecot, UW-IMAP, Stalwart
    EXCHANGE = _("as one name, master\\alias")  # DOMAIN\\admin\\alias or admin@domain\\alias, Exchange on-prem
    PROXYAUTH = _("by PROXYAUTH")  # Netscape, iPlanet, Sun, Oracle
    MASTERAUTH = _("by X-MASTERAUTH")  # Kerio Connect


@dataclass(frozen=True, slots=True)
class MasterUser:
    """A name and password that may open any mailbox of a server.

    separator: of ``Dialect.JOINED``. preferred: the dialect the operator named, for servers that speak several.
    """

    name: str
    secret: Secret
    separator: str = SEPARATOR
    preferred: Dialect = Dialect.AUTHZID

    def spelled(self, mailbox: str, dialect: Dialect) -> Credentials:
        """The login that opens ``mailbox`` in this dialect."""
        if dialect is Dialect.JOINED:
            return Credentials(f"{mailbox}{self.separator}{self.name}", self.secret)
        if dialect is Dialect.EXCHANGE:
            return Credentials(f"{self.name}\\{_alias(mailbox)}", self.secret)
        acting = {Dialect.PROXYAUTH: Acting.PROXYAUTH, Dialect.MASTERAUTH: Acting.MASTERAUTH}.get(dialect, Acting.AUTHZID)
        return Credentials(self.name, self.secret, mailbox, acting)

    def himself(self) -> Credentials:
        """The login to the master's own mailbox, where he has one."""
        return Credentials(self.name, self.secret)

    def in_words(self, dialect: Dialect) -> str:
        """``as one name, user*master``."""
        return _(dialect.value, separator=self.separator)


@dataclass(frozen=True, slots=True)
class MasterLogin:
    """One mailbox to be opened by a master user. memory: what is known of the server's dialect by now."""

    user: MasterUser
    mailbox: str
    memory: MasterMemory = field(default_factory=MasterMemory, compare=False)

    @property
    def expected(self) -> Credentials:
        """The login as it would be in the dialect the operator prefers; the server may want another."""
        return self.user.spelled(self.mailbox, self.user.preferred)


def _alias(mailbox: str) -> str:
    """Exchange knows a mailbox by its alias (mailNickname), which is nearly always the local part of the address."""
    return mailbox.rpartition("\\")[2].partition("@")[0]
