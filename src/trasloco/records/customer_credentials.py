"""OAuth credentials that belong to a customer: kept, used for the lines without a password of his migrations, forgotten.

A migration gets a copy under its own key, so that it goes on when they are forgotten. They open every mailbox of
a tenant; so who is confined to some domains neither uses nor changes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from trasloco.plan.table import Row
from trasloco.records.history import Actor, note
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import CustomerCredentials, MailMigration
from trasloco.records.rights import Viewer
from trasloco.records.vault import Vault
from trasloco.secret import Secret
from trasloco.sources.first_steps import service_client
from trasloco.sources.oauth_settings import GOOGLE_SERVICE_ACCOUNT, OauthSettings

_ROW = "oauth"
_PROVIDERS = {"office365": "microsoft", "gmail": "google"}


def may_keep(viewer: Viewer) -> bool:
    """May he keep them, use them, and have them forgotten?"""
    return viewer.domain_names is None


def usable_credentials(viewer: Viewer, migration: MailMigration) -> CustomerCredentials | None:
    """Those that the migration's customer has kept for its type, as far as this person may use them."""
    provider = _PROVIDERS.get(migration.source_type)
    if provider is None or migration.customer is None or not may_keep(viewer):
        return None
    return CustomerCredentials.objects.filter(customer=migration.customer, provider=provider).first()


def kept_credentials(viewer: Viewer, migration: MailMigration, rows: Sequence[Row], ring: KeyRing) -> Secret | None:
    """``OauthSettings.as_secret`` of them, for rows of which one at least has no password; else None. Raises ``KeyProblem``."""
    found = usable_credentials(viewer, migration)
    if found is None or all(row.password for row in rows):
        return None
    return Vault.open(found.vault_code, found.wrapped_key, found.key_id, ring).reveal(found.secret, _ROW)


@transaction.atomic
def keep_credentials(actor: Actor, viewer: Viewer, migration: MailMigration, oauth: Secret, ring: KeyRing) -> bool:
    """The customer keeps these, in the place of others of the same provider; not what owners allowed. False where he may not."""
    settings, provider = OauthSettings.of_secret(oauth), _PROVIDERS.get(migration.source_type)
    if provider is None or migration.customer is None or not may_keep(viewer) or not settings.kind.startswith(provider):
        return False
    client = service_client(settings) if settings.kind == GOOGLE_SERVICE_ACCOUNT else settings.value("client_id")
    made = CustomerCredentials(customer=migration.customer, provider=provider)
    vault, wrapped, key_id = Vault.create(made.vault_code, ring)
    secret = vault.lock(replace(settings, consents={}).as_secret(), _ROW)
    values = {"kind": settings.kind, "client_id": client, "secret": secret, "wrapped_key": wrapped, "key_id": key_id}
    CustomerCredentials.objects.update_or_create(customer=migration.customer, provider=provider, defaults=values)
    note(actor, "credentials-kept", settings.kind, customer=migration.customer)
    return True


@transaction.atomic
def forget_credentials(actor: Actor, viewer: Viewer, migration: MailMigration) -> bool:
    """With their data key they are gone everywhere. False when there were none that he may have forgotten."""
    found = usable_credentials(viewer, migration)
    if found is None:
        return False
    note(actor, "credentials-forgotten", found.kind, customer=migration.customer)
    found.delete()
    return True
