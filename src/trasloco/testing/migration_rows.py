"""A small migration for tests of the records and jobs: accounts that point nowhere, made by the real verbs."""

from __future__ import annotations

from trasloco.engine.account import Settings
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import DestinationLogin, MailMigration
from trasloco.records.opening import AccountRow, Destination, open_migration
from trasloco.secret import Secret


def account_rows(count: int = 3, host: str = "imap.example.org", domain: str = "example.net") -> list[AccountRow]:
    """``count`` accounts a1, a2, ... on one host."""
    source = Endpoint(host, 993, Security.IMPLICIT, address="127.0.0.1")
    return [
        AccountRow(line, f"a{line}@{domain}", source, f"a{line}@example.org", Secret(f"password of {line}")) for line in range(1, count + 1)
    ]


def destination(host: str = "127.0.0.1") -> Destination:
    return Destination(Endpoint(host, 993, Security.IMPLICIT), DestinationLogin.MASTER, "master", Secret("master's password"))


def small_migration(ring: KeyRing, count: int = 3, **names: str) -> MailMigration:
    """A migration of ``count`` accounts. names: host, domain."""
    return open_migration(account_rows(count, **names), destination(), Settings(), ring, allow_private_addresses=True)
