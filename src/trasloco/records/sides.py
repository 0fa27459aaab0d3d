"""An account's rows become the two ``Side`` values a run is given: where, as whom, with which secret.

The only place that knows how the destination is opened: as ``user*master`` with the master's
password, with an authorization identity (SASL PLAIN, RFC 4616), or with a password per account.
A master user is spelled in one of two dialects, ``user*master`` or an authorization identity; the other
one is the side's fallback, tried once when the first is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trasloco.engine.account import Settings, Side
from trasloco.engine.failure import SideName
from trasloco.engine.master_user import SEPARATOR, MasterUser
from trasloco.imap.endpoint import Endpoint, Security, Trust
from trasloco.imap.sasl import Credentials
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import Account, DestinationLogin, MailMigration
from trasloco.records.vault import Vault
from trasloco.secret import Secret


def sides(account: Account, ring: KeyRing) -> tuple[Side, Side]:
    """Source and destination of an account (its migration fetched too). Raises ``KeyProblem``."""
    migration = account.migration
    vault = Vault.open(migration.code, migration.wrapped_key, migration.key_id, ring)
    return _source(account, vault), _destination(account, vault)


def engine_settings(migration: MailMigration) -> Settings:
    """The settings as the engine takes them; a field that is not stored has its default."""
    known = Settings.__dataclass_fields__
    stored: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in migration.settings.items() if name in known
    }
    return Settings(**stored)


def _source(account: Account, vault: Vault) -> Side:
    endpoint = Endpoint(
        account.source_host,
        account.source_port,
        Security(account.source_security),
        Trust(account.source_trust),
        account.source_address,
        account.source_fingerprint,
    )
    secret = vault.reveal(account.source_secret, f"{account.destination_address} source")
    if not account.master:
        return Side(SideName.SOURCE, endpoint, Credentials(login=account.login, secret=secret))
    master = MasterUser(account.master, secret)
    return Side(SideName.SOURCE, endpoint, master.authorized(account.login), fallback=master.joined(account.login))


def destination_side(given: Mapping[str, Any], address: str, secret: Secret) -> Side:
    """The destination mailbox ``address``. given: the shape of ``MailMigration.destination``; secret: of the master,
    or the mailbox's own where each has its own."""
    endpoint = Endpoint(
        given["host"], given["port"], Security(given["security"]), Trust(given["trust"]), fingerprint=given.get("fingerprint")
    )
    form = DestinationLogin(given["form"])
    if form is DestinationLogin.PASSWORD:
        return Side(SideName.DESTINATION, endpoint, Credentials(login=address, secret=secret))
    master = MasterUser(given["user"], secret, given.get("separator") or SEPARATOR)
    if form is DestinationLogin.AUTHZID:
        return Side(SideName.DESTINATION, endpoint, master.authorized(address))
    return Side(SideName.DESTINATION, endpoint, master.joined(address), fallback=master.authorized(address))


def _destination(account: Account, vault: Vault) -> Side:
    given, address = account.migration.destination, account.destination_address
    if DestinationLogin(given["form"]) is DestinationLogin.PASSWORD:
        secret = vault.reveal(account.destination_secret, f"{address} destination")
    else:
        secret = vault.reveal(account.migration.destination_secret, "destination")
    return destination_side(given, address, secret)
