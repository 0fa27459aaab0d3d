"""The installation's settings: read and written as one row."""

from __future__ import annotations

from django.db import transaction

from trasloco.records.history import Actor, note
from trasloco.records.key_ring import KeyRing
from trasloco.records.mails import send_waiting_now
from trasloco.records.models import Installation
from trasloco.records.vault import Vault
from trasloco.secret import Secret

VAULT_CODE = "installation"
SMTP_ROW = "smtp"


@transaction.atomic
def save_installation(actor: Actor, installation: Installation, smtp_secret: Secret | None, ring: KeyRing) -> None:
    """Keep the settings. smtp_secret: None keeps the stored one, an empty one removes it."""
    if smtp_secret is not None:
        if smtp_secret:
            vault, installation.wrapped_key, installation.key_id = Vault.create(VAULT_CODE, ring)
            installation.smtp_secret = vault.lock(smtp_secret, SMTP_ROW)
        else:
            installation.smtp_secret = installation.wrapped_key = None
    installation.save()
    send_waiting_now()
    note(actor, "settings-changed")


def smtp_password(installation: Installation, ring: KeyRing) -> Secret | None:
    """Of the mail server; None when it wants none. Raises ``KeyProblem``."""
    if installation.smtp_secret is None:
        return None
    return Vault.open(VAULT_CODE, installation.wrapped_key, installation.key_id, ring).reveal(installation.smtp_secret, SMTP_ROW)
