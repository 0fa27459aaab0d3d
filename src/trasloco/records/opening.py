"""Opening a migration: the accounts of a CSV and their destination become rows, or find the rows they already have.

The identity of a migration is what is moved to where, not the passwords and not the order of lines: the
same CSV with a corrected password goes on where it was, with the new password.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import IntegrityError, transaction

from trasloco.engine.account import Settings
from trasloco.imap.endpoint import Endpoint
from trasloco.plan.pace_limits import PaceLimits
from trasloco.plan.window import Window
from trasloco.records.key_ring import KeyProblem, KeyRing
from trasloco.records.models import Account, DestinationLogin, MailMigration
from trasloco.records.vault import Vault
from trasloco.secret import Secret

CODE_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # without 0/o and 1/i/l: codes are read out on the telephone
CODE_LENGTH = 8
OAUTH_ROW = "source oauth"  # what its ciphertext is bound to


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account as given: a line of the CSV with its server resolved into an endpoint.

    secret: empty = by OAuth token. master: name of the source's master user ("" when the password is the mailbox's own).
    destination_secret: only with ``DestinationLogin.PASSWORD``.
    """

    line: int
    destination_address: str
    source: Endpoint
    login: str
    secret: Secret
    master: str = ""
    destination_secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """The destination as given. user, secret: the master's; separator: between user and master's name."""

    endpoint: Endpoint
    form: DestinationLogin
    user: str = ""
    secret: Secret | None = None
    separator: str = "*"

    def as_json(self) -> dict[str, Any]:
        where = self.endpoint
        return {
            "host": where.host,
            "port": where.port,
            "security": where.security.value,
            "trust": where.trust.value,
            "fingerprint": where.fingerprint,
            "form": DestinationLogin(self.form).value,
            "user": self.user,
            "separator": self.separator,
        }


def identity(accounts: Sequence[AccountRow], destination: Destination) -> str:
    """SHA-256 in hex over the sorted accounts and the destination's endpoint."""
    rows = sorted([row.destination_address, row.source.host.lower(), row.source.port, row.login, row.master] for row in accounts)
    where = [destination.endpoint.host.lower(), destination.endpoint.port]
    return hashlib.sha256(json.dumps([where, rows], ensure_ascii=True).encode()).hexdigest()


def open_migration(
    accounts: Sequence[AccountRow],
    destination: Destination,
    settings: Settings,
    ring: KeyRing,
    *,
    source_type: str = "standard",
    allow_private_addresses: bool = False,
    source_oauth: Secret | None = None,
    limits: PaceLimits | None = None,
    window: Window | None = None,
) -> MailMigration:
    """Find the migration of these accounts or make it; secrets and settings are those given now.

    source_oauth: of ``OauthSettings.as_secret``, for the accounts whose secret is empty. limits: of the pace, None = those of the kind
    of source. window: the hours in which mail is moved, None = all.

    Raises ``KeyProblem`` only when the key ring itself cannot be used: a migration whose old data key
    does not open any more simply gets a new one, because all its secrets are given here again.
    """
    name = identity(accounts, destination)
    given: dict[str, Any] = {
        "source_type": source_type,
        "settings": asdict(settings) | (limits.as_settings() if limits else {}),
        "allow_private_addresses": allow_private_addresses,
        "window_start": window.start if window else None,
        "window_end": window.end if window else None,
        "time_zone": window.zone.key if window else "UTC",
    }
    try:
        with transaction.atomic():
            found = MailMigration.objects.select_for_update().filter(identity=name).first()
            if found is None:
                return _create(name, accounts, destination, given, ring, source_oauth)
            return _refresh(found, accounts, destination, given, ring, source_oauth)
    except IntegrityError:  # somebody else opened the same CSV in this moment
        with transaction.atomic():
            found = MailMigration.objects.select_for_update().get(identity=name)
            return _refresh(found, accounts, destination, given, ring, source_oauth)


def new_code() -> str:
    """A short name for a migration, unambiguous when spoken or typed."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def _create(
    name: str, accounts: Sequence[AccountRow], destination: Destination, given: dict[str, Any], ring: KeyRing, oauth: Secret | None
) -> MailMigration:
    code = new_code()
    vault, wrapped, key_id = Vault.create(code, ring)
    migration = MailMigration.objects.create(
        code=code,
        identity=name,
        destination=destination.as_json(),
        destination_secret=_locked(vault, destination.secret, "destination"),
        source_oauth=_locked(vault, oauth, OAUTH_ROW),
        wrapped_key=wrapped,
        key_id=key_id,
        **given,
    )
    Account.objects.bulk_create(Account(migration=migration, **_columns(row, vault)) for row in accounts)
    return migration


def _refresh(
    migration: MailMigration,
    accounts: Sequence[AccountRow],
    destination: Destination,
    given: dict[str, Any],
    ring: KeyRing,
    oauth: Secret | None,
) -> MailMigration:
    """The same migration with today's secrets, settings and line numbers; what was pinned stays pinned."""
    try:
        vault = Vault.open(migration.code, migration.wrapped_key, migration.key_id, ring)
    except KeyProblem:
        vault, migration.wrapped_key, migration.key_id = Vault.create(migration.code, ring)
    where = destination.as_json()
    if where["trust"] == migration.destination.get("trust"):
        where["fingerprint"] = where["fingerprint"] or migration.destination.get("fingerprint")
    migration.destination = where
    migration.destination_secret = _locked(vault, destination.secret, "destination")
    migration.source_oauth = _locked(vault, oauth, OAUTH_ROW)
    for name, value in given.items():
        setattr(migration, name, value)
    migration.save()
    stored = {account.destination_address: account for account in migration.accounts.all()}
    changed = []
    for row in accounts:
        account = stored[row.destination_address]
        columns = _columns(row, vault)
        for pinned in ("source_address", "source_fingerprint"):
            columns[pinned] = columns[pinned] or getattr(account, pinned)
        if row.source.trust.value != account.source_trust and row.source.fingerprint is None:
            columns["source_fingerprint"] = None
        for name, value in columns.items():
            setattr(account, name, value)
        changed.append(account)
    if changed:
        Account.objects.bulk_update(changed, list(columns), batch_size=500)
    return migration


def _columns(row: AccountRow, vault: Vault) -> dict[str, Any]:
    return {
        "line": row.line,
        "destination_address": row.destination_address,
        "source_host": row.source.host,
        "source_port": row.source.port,
        "source_security": row.source.security.value,
        "source_trust": row.source.trust.value,
        "source_speech": row.source.speech.value,
        "source_address": row.source.address,
        "source_fingerprint": row.source.fingerprint,
        "login": row.login,
        "master": row.master,
        "source_secret": vault.lock(row.secret, f"{row.destination_address} source"),
        "destination_secret": _locked(vault, row.destination_secret, f"{row.destination_address} destination"),
    }


def _locked(vault: Vault, secret: Secret | None, row: str) -> bytes | None:
    return None if secret is None else vault.lock(secret, row)
