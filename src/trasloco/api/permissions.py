"""What has to be allowed at the provider so that a migration's mailboxes open by token, and the owners' sign-ins there."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Router, Schema
from pydantic import Field

from trasloco.api.bearer import CHANGE, LOOK, ApiRequest
from trasloco.api.given import Given, Line, Text
from trasloco.api.problem import Refused
from trasloco.jobs.errands import ask_owner, take_answer
from trasloco.panel.access import migration_of
from trasloco.panel.views.steps import key_ring
from trasloco.records.models import MailMigration
from trasloco.records.permissions import MailboxPermission, Permissions, permissions
from trasloco.records.sign_ins import LONGEST_ANSWER, NoSignIn

router = Router(tags=["permissions"])


class Mailbox(Schema):
    """url: where the owner signs in; code: what he types there. Both empty while they are asked for."""

    mailbox: str
    allowed: bool
    state: str = Field(description="asked, open, done or failed; empty before a sign-in was begun.")
    url: str
    code: str
    words: str = Field(description="Why it failed.")
    remedy: str


class PermissionsShown(Schema):
    """kind: of the credentials, empty where nothing is opened by token. script: PowerShell for a Microsoft tenant's administrator."""

    kind: str
    tenant: str
    client_id: str
    scope: str
    script: str
    missing: int = Field(description="Owners who have not signed in.")
    mailboxes: list[Mailbox]


class Owner(Given):
    mailbox: Line = Field(min_length=1)


class Answer(Owner):
    address: Annotated[Text, Field(min_length=1, max_length=LONGEST_ANSWER)] = Field(
        description="Of the page on which the sign-in at Google ended.", json_schema_extra={"writeOnly": True}
    )


@router.get("/migrations/{slug:code}/permissions", response=PermissionsShown, auth=LOOK, summary="What has to be allowed at the provider")
def get_permissions(request: ApiRequest, code: str) -> object:
    return _shown(migration_of(request, code))


@router.post("/migrations/{slug:code}/permissions/sign-in", response=PermissionsShown, auth=CHANGE, summary="Begin an owner's sign-in")
def begin_owner_sign_in(request: ApiRequest, code: str, given: Owner) -> object:
    """Or begin it anew. Of Microsoft the address comes within seconds: ask for the permissions again."""
    found = migration_of(request, code)
    try:
        ask_owner(request.actor, found, given.mailbox, key_ring())
    except NoSignIn as error:
        words = str(error) or "There is nothing to sign in to: the credentials are gone, or of another kind."
        raise Refused(409, "no-sign-in", words) from error
    return _shown(found)


@router.post("/migrations/{slug:code}/permissions/answer", response=PermissionsShown, auth=CHANGE, summary="Give where a sign-in ended")
def give_sign_in_answer(request: ApiRequest, code: str, given: Answer) -> object:
    """Of Google; the answer is used up and kept nowhere."""
    found = migration_of(request, code)
    try:
        take_answer(found, given.mailbox, given.address, key_ring())
    except NoSignIn as error:
        raise Refused(409, "no-sign-in", str(error) or "This sign-in is over. Begin it again.") from error
    return _shown(found)


def _shown(migration: MailMigration) -> dict[str, Any]:
    found = permissions(migration, key_ring()) or Permissions("", "", "", "", "", ())
    columns = ("kind", "tenant", "client_id", "scope", "script", "missing")
    return {**{name: getattr(found, name) for name in columns}, "mailboxes": [_mailbox(item) for item in found.mailboxes]}


def _mailbox(item: MailboxPermission) -> dict[str, Any]:
    columns = ("state", "url", "code", "words", "remedy")
    return {"mailbox": item.mailbox, "allowed": item.allowed, **{name: getattr(item.sign_in, name, "") for name in columns}}
