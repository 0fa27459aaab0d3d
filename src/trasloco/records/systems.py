"""The operator's mail systems and the domains they serve: every write, as a verb; and how a migration is given one."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from trasloco.records.history import Actor, note
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import Customer, DestinationLogin, DestinationSystem, Domain, MailMigration
from trasloco.records.vault import Vault
from trasloco.secret import Secret

SECRET_ROW = "master"  # noqa: S105 - what the ciphertext is bound to


@transaction.atomic
def save_system(actor: Actor, system: DestinationSystem, secret: Secret | None, ring: KeyRing) -> None:
    """Make or change it. secret: None keeps the stored one. What a test found before is forgotten, and the pinned
    certificate when it is another server now; a system of passwords per mailbox keeps no master."""
    made = system.pk is None
    system.tested_at, system.tested_well, system.tested_address, system.tested_words = None, None, "", ""
    before = None if made else DestinationSystem.objects.get(pk=system.pk)
    if before and (before.host, before.port, before.trust) != (system.host, system.port, system.trust):
        system.fingerprint = ""
    if system.form == DestinationLogin.PASSWORD:
        secret, system.user, system.secret, system.wrapped_key = None, "", None, None
    system.save()
    if secret is not None:
        vault, system.wrapped_key, system.key_id = Vault.create(system.vault_code, ring)
        system.secret = vault.lock(secret, SECRET_ROW)
        system.save(update_fields=["secret", "wrapped_key", "key_id"])
    note(actor, "destination-created" if made else "destination-changed", system.name)


@transaction.atomic
def forget_certificate(actor: Actor, system: DestinationSystem) -> None:
    """The server has a new one: the next test that goes well pins it. Migrations that were planned keep the old one."""
    pinned = DestinationSystem.objects.filter(pk=system.pk).exclude(fingerprint="")
    if pinned.update(fingerprint="", tested_at=None, tested_well=None, tested_address="", tested_words=""):
        note(actor, "certificate-forgotten", system.name)


@transaction.atomic
def remove_system(actor: Actor, system: DestinationSystem) -> bool:
    """False when it still serves a domain."""
    if system.domains.exists():
        return False
    name = system.name
    system.delete()
    note(actor, "destination-removed", name)
    return True


def master_secret(system: DestinationSystem, ring: KeyRing) -> Secret | None:
    """The master's password; None when it has none. Raises ``KeyProblem``."""
    if system.secret is None:
        return None
    return Vault.open(system.vault_code, system.wrapped_key, system.key_id, ring).reveal(system.secret, SECRET_ROW)


def give_destination(migration: MailMigration, system: DestinationSystem, ring: KeyRing, vault: Vault) -> None:
    """Copy what the system is into the migration, unsaved: its runs stay what they were when the system changes later."""
    secret = master_secret(system, ring)
    migration.destination = as_json(system)
    migration.destination_secret = None if secret is None else vault.lock(secret, "destination")


def as_json(system: DestinationSystem) -> dict[str, Any]:
    """The shape of ``MailMigration.destination``."""
    return {
        "host": system.host,
        "port": system.port,
        "security": system.security,
        "trust": system.trust,
        "fingerprint": system.fingerprint or None,
        "form": system.form,
        "user": system.user,
        "separator": system.separator,
    }


def keep_test(system_id: int, address: str, words: str, fingerprint: str, *, well: bool) -> None:
    """What came of the test button; a certificate that is to be pinned is pinned at the first success."""
    found = DestinationSystem.objects.filter(pk=system_id)
    found.update(tested_at=timezone.now(), tested_address=address, tested_well=well, tested_words=words)
    if well and fingerprint:
        found.filter(trust="pin", fingerprint="").update(fingerprint=fingerprint)


@transaction.atomic
def add_domain(actor: Actor, customer: Customer, name: str, system: DestinationSystem) -> Domain:
    """Give the customer a domain. name: as ``records.admissible.domain_name`` writes it. Raises IntegrityError when somebody has it."""
    domain = Domain.objects.create(customer=customer, name=name, destination_system=system)
    note(actor, "domain-added", name, customer=customer)
    return domain


@transaction.atomic
def remove_domain(actor: Actor, domain: Domain) -> None:
    """Migrations that were made for it stay."""
    note(actor, "domain-removed", domain.name, customer=domain.customer)
    domain.delete()
