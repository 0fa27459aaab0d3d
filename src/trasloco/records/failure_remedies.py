"""What can be done about a group of accounts that fail in the same way, as the migration stands now."""

from __future__ import annotations

from dataclasses import dataclass

from trasloco.plan.providers import providers
from trasloco.records.diagnosis import Diagnosis, diagnosis
from trasloco.records.drafts import own_passwords
from trasloco.records.failure_groups import FailureGroup, Kind
from trasloco.records.models import MailMigration

_ABOUT_PASSWORDS = ("login-refused", "password-not-readable")
_ABOUT_TOKENS = ("token-refused", "token-later")
_ABOUT_CERTIFICATES = ("certificate-not-trusted", "certificate-wrong-name", "certificate-expired", "tls-failed", "starttls-missing")


@dataclass(frozen=True, slots=True)
class Remedies:
    """advice: None where single messages were refused. The others: whether it can be done now. retry: try again. passwords: give
    others for these accounts. leave_out: go on without them. once_more: the passwords were wiped, the CSV is given again.
    permissions: what is allowed at the provider can be looked at. encryption: another choice in the step Type of a draft."""

    advice: Diagnosis | None
    retry: bool
    passwords: bool
    leave_out: bool
    once_more: bool
    permissions: bool
    encryption: bool


def _takes_passwords(migration: MailMigration) -> bool:
    return providers()[migration.source_type].password != "never"  # noqa: S105 - a kind, not a password


def remedies_of(migration: MailMigration, group: FailureGroup, *, stopped: bool = False) -> Remedies:
    """stopped: its run was stopped by somebody, who goes on with it first."""
    draft, has_passwords = migration.planned_at is None, migration.wrapped_key is not None
    at_source = group.side == "source"
    by_token = at_source and (migration.source_oauth is not None or not _takes_passwords(migration))
    about_passwords = group.code in _ABOUT_PASSWORDS and not by_token and (at_source or own_passwords(migration))
    return Remedies(
        advice=diagnosis(group.code, migration.source_type if at_source else "") if group.code else None,
        retry=has_passwords and not stopped,
        passwords=has_passwords and about_passwords,
        leave_out=group.kind is not Kind.ERRORS and migration.customer is not None,
        once_more=not has_passwords and migration.customer is not None,
        permissions=group.code in (*_ABOUT_TOKENS, "login-refused") and migration.source_oauth is not None and at_source,
        encryption=draft and at_source and group.code in _ABOUT_CERTIFICATES,
    )
