"""A migration before it is planned: its type, its accounts, who is left out. Every write of the steps, as a verb.

Passwords go from the upload straight into the vault; nothing else of the file is kept. A line that has ``KEPT``
in the place of its password keeps the one that is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from trasloco.engine.account import GMAIL_CHOICES, Settings
from trasloco.imap.endpoint import Speech
from trasloco.plan.endpoints import source_endpoint, usual_port
from trasloco.plan.pace_limits import PaceLimits
from trasloco.plan.providers import providers
from trasloco.plan.table import Row
from trasloco.records.admissible import domain_of
from trasloco.records.history import Actor, note
from trasloco.records.key_ring import KeyProblem, KeyRing
from trasloco.records.limits import Limits
from trasloco.records.models import (
    Account,
    CheckState,
    Customer,
    DestinationLogin,
    DestinationSystem,
    Domain,
    Installation,
    LoginCheck,
    MailMigration,
)
from trasloco.records.opening import OAUTH_ROW, new_code
from trasloco.records.systems import as_json
from trasloco.records.vault import Vault
from trasloco.secret import Secret
from trasloco.sources.oauth_settings import OauthSettings

KEPT = "••••••••"
"""Stands for a stored password wherever its line is shown again."""

ADVISED_MINUTES = 6 * 60  # between the runs, until somebody chooses: the middle of the 4 to 8 hours that are advised


class NotADraft(Exception):
    """It has been planned meanwhile (in another window): its steps are over."""


@transaction.atomic
def start_draft(actor: Actor, customer: Customer, source_type: str, source_tls: str, gmail: Sequence[str] = ()) -> MailMigration:
    """A new migration without accounts. It goes by itself when nobody plans it. gmail: of ``GMAIL_CHOICES``."""
    limits = Limits.of(customer)
    migration = MailMigration.objects.create(
        code=new_code(),
        source_type=source_type,
        source_tls=source_tls,
        settings=_settings(source_type, limits, gmail),
        destination={},
        identity=None,
        allow_private_addresses=Installation.objects.get().allow_private_addresses,
        customer=customer,
        asked_by=actor.person,
        asked_by_name=str(actor.person or ""),
        time_zone=actor.person.time_zone if actor.person else "UTC",
        second_run_minutes=min(ADVISED_MINUTES, limits.hours * 60),
        keep_until=timezone.now() + timedelta(days=limits.days),
    )
    note(actor, "migration-started-draft", migration=migration)
    return migration


@transaction.atomic
def change_type(migration: MailMigration, source_type: str, source_tls: str, gmail: Sequence[str] = ()) -> None:
    """Another type of source, or another choice of what is taken of Gmail; where that changes how servers are reached, all
    logins are to be checked again."""
    draft = locked(migration)
    assert draft.customer is not None
    settings = _settings(source_type, Limits.of(draft.customer), gmail) | {"newest_first": draft.settings.get("newest_first", False)}
    if (draft.source_type, draft.source_tls, draft.settings.get("gmail", [])) == (source_type, source_tls, settings["gmail"]):
        return
    before, draft.source_type, draft.source_tls = draft.source_tls, source_type, source_tls
    draft.settings = settings
    draft.save(update_fields=["source_type", "source_tls", "settings"])
    unknown = draft.accounts.filter(source_host="")
    for account in draft.accounts.all() if before != source_tls else unknown:
        speech = Speech(account.source_speech)
        port = None if account.source_port == usual_port(before, speech) else account.source_port
        _set_endpoint(account, account.source_host or providers()[source_type].server, port, source_tls, speech)
        account.save()
    if before != source_tls:
        _check_again(draft)


def move_to_server(draft: MailMigration, account: Account, host: str, port: int | None) -> None:
    """Another server for an account of a locked draft, with the password it has: only to one that is its own by its old domain.
    Its login is to be checked again."""
    _set_endpoint(account, host, port, draft.source_tls, Speech.IMAP)
    account.save()
    _check_again(draft, account)


@transaction.atomic
def give_csv(
    actor: Actor,
    migration: MailMigration,
    rows: Sequence[Row],
    passwords: Mapping[str, Secret],
    ring: KeyRing,
    oauth: Secret | None = None,
) -> None:
    """The accounts of the draft become these. A line that says the same as before keeps the result of its check,
    and stays left out if it was.

    passwords: of the destination, by casefolded address, where each mailbox has its own; who is not in it keeps
    what is stored. A row may have ``KEPT`` only where the draft has its account. oauth: of ``OauthSettings.as_secret``,
    for the rows without a password; None keeps what is stored, and of the same app what owners have allowed is kept.
    Raises ``KeyProblem``.
    """
    draft = locked(migration)
    draft_vault = vault(draft, ring)
    before = {account.destination_address: account for account in draft.accounts.all()}
    kept: list[int] = []
    new: list[Account] = []
    for row in rows:
        account = before.get(row.destination) or Account(migration=draft, destination_address=row.destination)
        given = _with_stored(row, account, draft_vault) if row.password.reveal() == KEPT else row
        changed = write_row(account, given, passwords.get(row.destination.casefold()), draft.source_tls, draft_vault)
        if changed and account.pk:
            _check_again(draft, account)
        account.left_out = account.left_out and not changed
        if account.pk is None:
            new.append(account)
            continue
        account.save()
        kept.append(account.pk)
    gone = draft.accounts.exclude(pk__in=kept)
    LoginCheck.objects.filter(account__in=gone).delete()
    gone.delete()
    Account.objects.bulk_create(new, batch_size=1000)  # a CSV may have tens of thousands of lines
    draft.domains = sorted({domain_of(row.destination) for row in rows})
    draft.destination_system = _system(draft)
    if oauth is not None:
        draft.source_oauth = draft_vault.lock(_with_consents(draft, oauth, draft_vault), OAUTH_ROW)
        _check_again(draft)
    draft.save(update_fields=["domains", "destination_system", "wrapped_key", "key_id", "source_oauth"])
    note(actor, "csv-given", migration=draft, accounts=len(rows))


@transaction.atomic
def correct_account(actor: Actor, account: Account, row: Row, password: Secret | None, ring: KeyRing) -> None:
    """What was wrong in one line, put right in place; empty passwords keep those that are stored. It waits for its check again."""
    draft = locked(account.migration)
    draft_vault = vault(draft, ring)
    given = row if row.password else _with_stored(row, account, draft_vault)
    write_row(account, given, password, draft.source_tls, draft_vault)
    account.save()
    draft.save(update_fields=["wrapped_key", "key_id"])
    _check_again(draft, account)
    note(actor, "account-corrected", account.destination_address, migration=draft)


@transaction.atomic
def leave_out(actor: Actor, account: Account, *, out: bool = True) -> None:
    """Plan without this account, or with it again."""
    draft = locked(account.migration)
    if Account.objects.filter(pk=account.pk, migration=draft, left_out=not out).update(left_out=out):
        note(actor, "account-left-out" if out else "account-taken-in", account.destination_address, migration=draft)


@transaction.atomic
def leave_out_failed(actor: Actor, migration: MailMigration, accounts: Collection[int] | None = None) -> int:
    """Plan without the accounts whose logins fail (these, or all); returns how many."""
    draft = locked(migration)
    failed = draft.accounts.filter(left_out=False, check_result__state=CheckState.FAILED)
    if accounts is not None:
        failed = failed.filter(pk__in=accounts)
    addresses = list(failed.order_by("line").values_list("destination_address", flat=True))
    if addresses:
        failed.update(left_out=True)
        note(actor, "account-left-out", migration=draft, accounts=len(addresses), addresses=addresses)
    return len(addresses)


def own_passwords(migration: MailMigration) -> bool:
    """Has each mailbox of the destination a password of its own, to be given with the CSV? Before there is a CSV: of any
    destination that the customer has."""
    if migration.destination_system is not None:
        return migration.destination_system.form == DestinationLogin.PASSWORD
    systems = DestinationSystem.objects.filter(domains__customer=migration.customer)
    return systems.filter(form=DestinationLogin.PASSWORD).exists()


def destination_changed(draft: MailMigration) -> bool:
    """Is its mail to go elsewhere than its logins were tried: by another system of its domains, or by other words for that system?"""
    system = _system(draft)
    return bool(draft.domains) and (
        draft.destination_system != system or (system is not None and draft.destination not in ({}, as_json(system)))
    )


def follow_destination(draft: MailMigration) -> None:
    """Take the system its domains have now, and forget the checks. draft: locked."""
    draft.destination_system, draft.destination = _system(draft), {}
    draft.save(update_fields=["destination_system", "destination"])
    _check_again(draft)


def locked(migration: MailMigration) -> MailMigration:
    """The draft, locked for this transaction. Raises ``NotADraft``."""
    found = MailMigration.objects.select_for_update(of=("self",)).filter(pk=migration.pk, planned_at=None, deleting_at=None).first()
    if found is None:
        raise NotADraft
    return found


def vault(migration: MailMigration, ring: KeyRing) -> Vault:
    """The migration's vault, made anew where there is none (any more); the caller saves wrapped_key and key_id."""
    if migration.wrapped_key is not None:
        return Vault.open(migration.code, migration.wrapped_key, migration.key_id, ring)
    made, migration.wrapped_key, migration.key_id = Vault.create(migration.code, ring)
    return made


def write_row(account: Account, row: Row, password: Secret | None, source_tls: str, lock: Vault) -> bool:
    """Put a line into its account, unsaved; True when it says something else than before."""
    name = row.destination
    before = _identity(account, lock)
    account.line = row.line
    account.login, account.master = row.login, row.master
    _set_endpoint(account, row.host, row.port, source_tls, row.speech)
    account.source_secret = lock.lock(row.password, f"{name} source")
    if password is not None:
        account.destination_secret = lock.lock(password, f"{name} destination")
    return _identity(account, lock) != before


@transaction.atomic
def seal(migration: MailMigration, text: str, what: str, ring: KeyRing) -> str:
    """Text that may hold passwords, as hexadecimal digits that only this migration's data key opens. Raises ``NotADraft``."""
    draft = locked(migration)
    sealed = vault(draft, ring).lock(Secret(text), f"typed {what}")
    draft.save(update_fields=["wrapped_key", "key_id"])
    return sealed.hex()


def unseal(migration: MailMigration, sealed: str, what: str, ring: KeyRing) -> str:
    """What ``seal`` was given; "" when its key is gone."""
    try:
        found = Vault.open(migration.code, migration.wrapped_key, migration.key_id, ring)
        return found.reveal(bytes.fromhex(sealed), f"typed {what}").reveal()
    except KeyProblem:
        return ""


def _with_consents(draft: MailMigration, oauth: Secret, lock: Vault) -> Secret:
    """The credentials given, with what owners have allowed the same app already."""
    if draft.source_oauth is None:
        return oauth
    try:
        before = OauthSettings.of_secret(lock.reveal(draft.source_oauth, OAUTH_ROW))
    except KeyProblem:
        return oauth
    fresh = OauthSettings.of_secret(oauth)
    if (fresh.kind, fresh.value("client_id")) != (before.kind, before.value("client_id")):
        draft.sign_ins.all().delete()
        return oauth
    return OauthSettings(fresh.kind, fresh.values, {**before.consents, **fresh.consents}).as_secret()


def _with_stored(row: Row, account: Account, lock: Vault) -> Row:
    """The row with the password its account has. Raises ``KeyProblem``."""
    return replace(row, password=lock.reveal(account.source_secret, f"{account.destination_address} source"))


def _identity(account: Account, lock: Vault) -> tuple[Any, ...]:
    name = account.destination_address

    def secret(stored: bytes | memoryview | None, side: str) -> Secret | None:
        try:
            return lock.reveal(stored, f"{name} {side}") if stored else None
        except KeyProblem:
            return None

    where = (account.source_host, account.source_port, account.source_security, account.source_trust, account.source_speech)
    secrets = secret(account.source_secret, "source"), secret(account.destination_secret, "destination")
    return (*where, account.login, account.master, *secrets)


def _set_endpoint(account: Account, host: str, port: int | None, source_tls: str, speech: Speech) -> None:
    endpoint = source_endpoint(host, port, tls=source_tls, starttls=False, speech=speech)
    if account.source_host.lower() != endpoint.host.lower():
        account.source_address = None  # what was seen there belongs to another server
    before = account.source_host.lower(), account.source_port, account.source_trust
    if before != (endpoint.host.lower(), endpoint.port, endpoint.trust.value):
        account.source_fingerprint = None  # so does this; and who asks for verification forgets the exception
    account.source_host, account.source_port = endpoint.host, endpoint.port
    account.source_security, account.source_trust = endpoint.security.value, endpoint.trust.value
    account.source_speech = endpoint.speech.value


def check_tokens_again(migration: MailMigration) -> None:
    """What was allowed now may open what was refused: of a draft the accounts that got no token are to be checked again."""
    found = LoginCheck.objects.filter(account__migration=migration, account__migration__planned_at=None)
    found.filter(state=CheckState.FAILED, source__code__in=["token-refused", "token-later"]).delete()


def _check_again(draft: MailMigration, account: Account | None = None) -> None:
    """What was found is no longer about what is written; the check is started by the person, or goes on by itself."""
    found = LoginCheck.objects.filter(account__migration=draft)
    if account is not None:
        found = found.filter(account=account)
    found.delete()


def _settings(source_type: str, limits: Limits, gmail: Sequence[str]) -> dict[str, Any]:
    provider = providers()[source_type]
    taken = [choice for choice in GMAIL_CHOICES if choice in gmail and source_type == "gmail"]
    settings = Settings(
        max_size=limits.message_bytes,
        skip_folders=() if "chats" in taken else provider.no_mail,
        skip_non_mail=provider.skip_non_mail,
        connections=provider.connections_per_mailbox,
    )
    return asdict(settings) | PaceLimits.of_provider(provider).as_settings() | {"gmail": taken}


def _system(draft: MailMigration) -> Any:
    found = Domain.objects.filter(customer=draft.customer, name__in=draft.domains).select_related("destination_system").first()
    return found.destination_system if found else None


def unchecked(draft: MailMigration) -> bool:
    """Is there an account that no check has looked at yet, or that it found wrong, and that is not left out?"""
    return draft.accounts.filter(left_out=False).exclude(check_result__state=CheckState.OK).exists()
