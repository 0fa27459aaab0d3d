"""Keeping other passwords for accounts that failed; which lines may be taken is in ``corrections``."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from trasloco.records.drafts import vault
from trasloco.records.history import Actor, note
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import Account, MailMigration
from trasloco.records.planning import NotNow
from trasloco.secret import Secret


def correct_passwords(actor: Actor, migration: MailMigration, side: str, passwords: Mapping[int, Secret], ring: KeyRing) -> int:
    """Keep these passwords, by account; returns of how many accounts. side: "source" or "destination".

    Raises ``NotNow`` when the migration's passwords have been wiped, ``KeyProblem``."""
    with transaction.atomic():
        found = MailMigration.objects.select_for_update(of=("self",)).filter(pk=migration.pk, deleting_at=None).first()
        if found is None:
            raise NotNow("deleted")
        if found.wrapped_key is None:
            raise NotNow("passwords-wiped")
        lock, column = vault(found, ring), f"{side}_secret"
        accounts = list(found.accounts.filter(pk__in=passwords).order_by("line"))
        for account in accounts:
            setattr(account, column, lock.lock(passwords[account.pk], f"{account.destination_address} {side}"))
        Account.objects.bulk_update(accounts, [column], batch_size=500)
        addresses = [account.destination_address for account in accounts]
        note(actor, "passwords-corrected", migration=found, accounts=len(accounts), addresses=addresses)
        return len(accounts)
