"""An account's rows become the two ``Side`` values a run is given: where, as whom, with which secret.

The only place that knows how the destination is opened: as ``user*master`` with the master's
password, with an authorization identity (SASL PLAIN, RFC 4616), or with a password per account.
Which dialect of a master login a server wants is asked of the server; how the operator wrote it comes first
where several are possible. ``memory`` keeps what was learned of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trasloco.engine.account import Settings, Side
from trasloco.engine.failure import SideName
from trasloco.engine.master_memory import MasterMemory
from trasloco.engine.master_user import SEPARATOR, Dialect, MasterLogin, MasterUser
from trasloco.imap.sasl import Credentials
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import Account, DestinationLogin, MailMigration
from trasloco.records.opening import OAUTH_ROW
from trasloco.records.stored_endpoints import destination_of, source_of
from trasloco.records.vault import Vault
from trasloco.secret import Secret
from trasloco.sources.tokens import TokenSources


def sides(account: Account, ring: KeyRing, memory: MasterMemory | None = None, tokens: TokenSources | None = None) -> tuple[Side, Side]:
    """Source and destination of an account (its migration fetched too). Raises ``KeyProblem``.

    memory, tokens: of this process, so that its accounts share what was learned and the tokens they were given.
    """
    migration, known = account.migration, memory or MasterMemory()
    vault = Vault.open(migration.code, migration.wrapped_key, migration.key_id, ring)
    return _source(account, vault, known, tokens or TokenSources()), _destination(account, vault, known)


def engine_settings(migration: MailMigration) -> Settings:
    """The settings as the engine takes them; a field that is not stored has its default."""
    known = Settings.__dataclass_fields__
    stored: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in migration.settings.items() if name in known
    }
    return Settings(**stored)


def _source(account: Account, vault: Vault, memory: MasterMemory, tokens: TokenSources) -> Side:
    endpoint = source_of(account)
    secret = vault.reveal(account.source_secret, f"{account.destination_address} source")
    if not account.master:
        stored = None if secret else account.migration.source_oauth
        if stored:
            return Side.by_token(SideName.SOURCE, endpoint, account.login, tokens.of(vault.reveal(stored, OAUTH_ROW)))
        return Side(SideName.SOURCE, endpoint, Credentials(login=account.login, secret=secret))
    return Side.by_master(SideName.SOURCE, endpoint, MasterLogin(MasterUser(account.master, secret), account.login, memory))


def destination_side(given: Mapping[str, Any], address: str, secret: Secret, memory: MasterMemory | None = None) -> Side:
    """The destination mailbox ``address``. given: the shape of ``MailMigration.destination``; secret: of the master,
    or the mailbox's own where each has its own."""
    endpoint = destination_of(given)
    form = DestinationLogin(given["form"])
    if form is DestinationLogin.PASSWORD:
        return Side(SideName.DESTINATION, endpoint, Credentials(login=address, secret=secret))
    preferred = Dialect.AUTHZID if form is DestinationLogin.AUTHZID else Dialect.JOINED
    master = MasterUser(given["user"], secret, given.get("separator") or SEPARATOR, preferred)
    return Side.by_master(SideName.DESTINATION, endpoint, MasterLogin(master, address, memory or MasterMemory()))


def _destination(account: Account, vault: Vault, memory: MasterMemory) -> Side:
    given, address = account.migration.destination, account.destination_address
    if DestinationLogin(given["form"]) is DestinationLogin.PASSWORD:
        secret = vault.reveal(account.destination_secret, f"{address} destination")
    else:
        secret = vault.reveal(account.migration.destination_secret, "destination")
    return destination_side(given, address, secret, memory)
