"""What an administrator does once so that an app may open the mailboxes of his domain: filled in, ready to paste."""

from __future__ import annotations

import json
from collections.abc import Sequence

from trasloco.sentence import sentence as _
from trasloco.sources.oauth_settings import GOOGLE_SERVICE_ACCOUNT, MICROSOFT_APP, OauthSettings

GOOGLE_SCOPE = "https://www.googleapis.com/auth/gmail.imap_admin"
SIGN_IN = _("Have its owner sign in: under Permissions of the migration in the panel, or with trasloco authorize")
SIGN_IN_AGAIN = _("Have its owner sign in again: under Permissions of the migration in the panel, or with trasloco authorize")


def first_steps(settings: OauthSettings, mailboxes: Sequence[str]) -> str:
    """For the kinds that need no consent of the owners: a text for the administrator, without any secret.

    Raises ValueError for another kind."""
    if settings.kind == MICROSOFT_APP:
        return _powershell(settings, mailboxes)
    if settings.kind == GOOGLE_SERVICE_ACCOUNT:
        return _delegation(settings)
    raise ValueError(f"{settings.kind} is allowed by the owners of the mailboxes")


def _powershell(settings: OauthSettings, mailboxes: Sequence[str]) -> str:
    lines = [
        "# For an administrator of the tenant, in PowerShell.",
        "# The object id is the one on the page of the ENTERPRISE APPLICATION in Entra (Enterprise applications, then the app's name).",
        "# The app registration shows another object id: with that one every sign-in is refused.",
        "# With the module Microsoft.Graph it is: (Get-MgServicePrincipal -Filter \"AppId eq '$clientId'\").Id",
        f"$tenant = {_quoted(settings.value('tenant'))}",
        f"$clientId = {_quoted(settings.value('client_id'))}",
        "$objectId = Read-Host 'Object id of the enterprise application'",
        "Install-Module ExchangeOnlineManagement -Scope CurrentUser",
        "Connect-ExchangeOnline -Organization $tenant",
        "New-ServicePrincipal -AppId $clientId -ObjectId $objectId",
        "$mailboxes = @(",
        *(f"    {_quoted(mailbox)}" for mailbox in mailboxes),
        ")",
        "foreach ($mailbox in $mailboxes) {",
        "    Add-MailboxPermission -Identity $mailbox -User $objectId -AccessRights FullAccess -AutoMapping $false",
        "    Set-CASMailbox -Identity $mailbox -ImapEnabled $true",
        "}",
    ]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """A PowerShell string in which nothing is expanded; its typographic quotes end one too."""
    return "'" + "".join(char * 2 if char in "'‘’‚‛" else char for char in text if char.isprintable()) + "'"


def service_client(settings: OauthSettings) -> str:
    """The client id (a number) of a Google service account, "" where its key does not say it."""
    return str(json.loads(settings.value("key")).get("client_id", ""))


def _delegation(settings: OauthSettings) -> str:
    client = service_client(settings) or "the number under Unique ID of the service account"
    return "\n".join(
        [
            "For an administrator of the domain, at https://admin.google.com:",
            "Security, Access and data control, API controls, Manage domain-wide delegation, Add new:",
            f"  Client ID: {client}",
            f"  OAuth scopes: {GOOGLE_SCOPE}",
        ]
    )
