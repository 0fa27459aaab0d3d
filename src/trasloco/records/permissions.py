"""What has to be allowed at the provider so that a migration's mailboxes open by token: by an administrator once, or by each
owner. Read models of what was given; no secret of the credentials is in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trasloco.records.key_ring import KeyRing
from trasloco.records.models import Account, MailMigration, OwnerSignIn, SignInState
from trasloco.records.opening import OAUTH_ROW
from trasloco.records.vault import Vault
from trasloco.sources.first_steps import GOOGLE_SCOPE, first_steps, service_client
from trasloco.sources.oauth_settings import GOOGLE_SERVICE_ACCOUNT, MICROSOFT_APP, OauthSettings

UNDER_WAY = (SignInState.ASKED, SignInState.OPEN)


@dataclass(frozen=True, slots=True)
class MailboxPermission:
    """One mailbox whose owner has to sign in. mailbox: the login, as the provider knows it. allowed: he did, and it is kept.
    sign_in: what is under way or was refused, None for nothing."""

    mailbox: str
    allowed: bool
    sign_in: OwnerSignIn | None = None

    @property
    def waiting(self) -> bool:
        return self.sign_in is not None and self.sign_in.state in UNDER_WAY


@dataclass(frozen=True, slots=True)
class Permissions:
    """kind: of ``OauthSettings``. tenant, client_id: of the app, "" where the credentials do not say it. scope: what a Google
    administrator authorises. script: PowerShell for the tenant's administrator, "" for the other kinds. mailboxes: those that
    are opened by token; of the kinds by consent with what their owners allowed."""

    kind: str
    tenant: str
    client_id: str
    scope: str
    script: str
    mailboxes: Sequence[MailboxPermission]

    @property
    def by_consent(self) -> bool:
        return self.kind not in (MICROSOFT_APP, GOOGLE_SERVICE_ACCOUNT)

    @property
    def missing(self) -> int:
        """Owners who have not signed in."""
        return sum(1 for item in self.mailboxes if not item.allowed) if self.by_consent else 0

    @property
    def under_way(self) -> bool:
        return any(item.waiting for item in self.mailboxes)

    @property
    def one_for_all(self) -> bool:
        """Is one person's consent used for all mailboxes? (``MicrosoftDevice``)"""
        return self.kind == "microsoft-device" and sum(1 for item in self.mailboxes if item.allowed) == 1


def permissions(migration: MailMigration, ring: KeyRing) -> Permissions | None:
    """None where nothing is opened by token, or the credentials have been wiped. Raises ``KeyProblem``."""
    if migration.source_oauth is None or migration.wrapped_key is None:
        return None
    vault = Vault.open(migration.code, migration.wrapped_key, migration.key_id, ring)
    settings = OauthSettings.of_secret(vault.reveal(migration.source_oauth, OAUTH_ROW))
    logins = token_logins(migration.accounts.filter(left_out=False).order_by("line"), vault)
    sign_ins = {item.mailbox: item for item in migration.sign_ins.all()}
    mailboxes = [
        MailboxPermission(login, login.casefold() in settings.consents, sign_ins.get(login.casefold()))
        for login in dict.fromkeys([*logins, *_helpers(settings, logins)])
    ]
    google = settings.kind == GOOGLE_SERVICE_ACCOUNT
    return Permissions(
        settings.kind,
        settings.value("tenant"),
        service_client(settings) if google else settings.value("client_id"),
        GOOGLE_SCOPE if google else "",
        first_steps(settings, logins) if settings.kind == MICROSOFT_APP else "",
        mailboxes,
    )


def token_logins(accounts: Iterable[Account], vault: Vault) -> list[str]:
    """The logins of those that have neither a password nor a master user. Raises ``KeyProblem``."""
    found = [account for account in accounts if not account.master]
    return [account.login for account in found if not vault.reveal(account.source_secret, f"{account.destination_address} source")]


def _helpers(settings: OauthSettings, logins: Sequence[str]) -> list[str]:
    """Who signed in and is no mailbox of the migration: an administrator who may open them all."""
    known = {login.casefold() for login in logins}
    return [name for name in settings.consents if name not in known]
