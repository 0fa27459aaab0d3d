"""Migrations: listed, begun as a draft, looked at, deleted."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.db import transaction
from django.http import HttpResponse
from ninja import Query, Router, Status
from pydantic import Field

from trasloco.api.bearer import CHANGE, LOOK, ApiRequest
from trasloco.api.cursor import Page, Wanted, one_page
from trasloco.api.given import Count
from trasloco.api.given_accounts import GivenAccounts, line_problems, read_accounts
from trasloco.api.problem import LineProblem, Refused
from trasloco.api.shown_migrations import MigrationShown, shown_migration, shown_migrations
from trasloco.jobs.errands import check_logins
from trasloco.panel.access import migration_of
from trasloco.panel.csv_upload import CsvUpload
from trasloco.panel.draft_credentials import draft_credentials
from trasloco.panel.forms_wizard import ALWAYS_TLS
from trasloco.panel.views.steps import key_ring
from trasloco.records.deletion import mark_deleted
from trasloco.records.drafts import change_type, give_csv, locked, start_draft
from trasloco.records.matching import matching
from trasloco.records.models import Customer, MailMigration
from trasloco.records.stages import Stage, with_stage

router = Router(tags=["migrations"])

SourceType = Literal["standard", "gmail", "exchange", "office365"]
SourceTls = Literal["verify", "pin", "off"]
Gmail = Literal["starred", "important", "chats", "categories"]
StageName = Literal["", "draft", "planned", "running", "between", "stopped", "completed", "completed_with_errors", "failed"]
Words = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


class NewMigration(GivenAccounts):
    """A draft, with its accounts where they are given. What is said of the source here can be changed until it is planned."""

    customer: Count | None = Field(None, description="Id; of the operator only, everybody else has his own.", ge=1, le=2**31 - 1)
    source_type: SourceType = "standard"
    source_tls: SourceTls = Field("verify", description="Of sources of one's own; those of the large providers are always verified.")
    gmail: list[Gmail] = Field([], max_length=4, description="What is also taken of Gmail.")


class DraftMade(MigrationShown):
    warnings: list[LineProblem] = Field(description="What to think about in the list of accounts.")


class Settings(GivenAccounts):
    """Only what is given is changed."""

    source_type: SourceType | None = None
    source_tls: SourceTls | None = None
    gmail: list[Gmail] | None = Field(None, max_length=4)


@router.get("/migrations", response=Page[MigrationShown], auth=LOOK, summary="The migrations one may see, the newest first")
def list_migrations(request: ApiRequest, wanted: Wanted, q: Words = "", stage: Annotated[StageName, Query()] = "") -> object:
    """q: code, person, customer, domain or destination address."""
    found = request.viewer.migrations()
    if q.strip():
        found = found.filter(pk__in=matching(found, q.strip()))
    if stage:
        staged: Any = with_stage(found)  # its annotation is not a field
        found = staged.filter(stage=Stage(stage).value)
    return one_page(found.select_related("customer", "destination_system"), wanted, shown_migrations, newest_first=True)


@router.post("/migrations", response={201: DraftMade}, auth=CHANGE, summary="Begin a migration")
def create_migration(request: ApiRequest, given: NewMigration) -> object:
    """A draft is made, its accounts are kept, and their logins are checked; planned and begun it is by `plan`. With a mistake in
    one line nothing is made."""
    with transaction.atomic():
        draft = start_draft(
            request.actor, _customer(request, given), given.source_type, _tls(given.source_type, given.source_tls), given.gmail
        )
        upload = _give(request, draft, given) if given.there else None
    return Status(201, _made(draft, upload))


@router.get("/migrations/{slug:code}", response=MigrationShown, auth=LOOK, summary="One migration")
def get_migration(request: ApiRequest, code: str) -> object:
    return shown_migration(migration_of(request, code))


@router.patch("/migrations/{slug:code}", response=DraftMade, auth=CHANGE, summary="Another source, or other accounts, of a draft")
def change_migration(request: ApiRequest, code: str, given: Settings) -> object:
    """A list of accounts comes in the place of the one before; a line that says the same keeps the result of its check. The
    password ••••••••  (eight bullets) keeps the one that is stored."""
    found = migration_of(request, code)
    with transaction.atomic():
        draft = locked(found)
        kind = given.source_type or draft.source_type
        gmail = given.gmail if given.gmail is not None else draft.settings.get("gmail", [])
        change_type(draft, kind, _tls(kind, given.source_tls or draft.source_tls), gmail if kind == "gmail" else [])
        upload = _give(request, migration_of(request, code), given) if given.there else None
    return _made(found, upload)


@router.delete("/migrations/{slug:code}", response={204: None}, auth=CHANGE, summary="Delete a migration")
def delete_migration(request: ApiRequest, code: str) -> object:
    """With ledger, logs, reports and passwords; not while a run is under way."""
    mark_deleted(request.actor, migration_of(request, code))
    return HttpResponse(status=204)


def _customer(request: ApiRequest, given: NewMigration) -> Customer:
    """Whose migration it becomes."""
    if given.customer is None and request.viewer.customer is not None:
        return request.viewer.customer
    if given.customer is None:
        raise Refused(422, "customer-missing", "Say of which customer the migration is.", fields={"customer": ["It is missing."]})
    found = request.viewer.customers().filter(pk=given.customer).first()
    if found is None:
        words = "There is no such customer among those you may see."
        raise Refused(422, "customer-unknown", words, fields={"customer": [words]})
    return found


def _tls(source_type: str, source_tls: str) -> str:
    return "verify" if source_type in ALWAYS_TLS else source_tls


def _give(request: ApiRequest, draft: MailMigration, given: GivenAccounts) -> CsvUpload:
    """The accounts, and the check of what has not been checked. Raises ``Refused``."""
    ring = key_ring()
    upload = read_accounts(request.viewer, draft, given)
    oauth = draft_credentials(request.actor, request.viewer, draft, upload, ring)
    give_csv(request.actor, draft, upload.rows, upload.passwords, ring, oauth)
    check_logins(request.actor, draft)
    return upload


def _made(draft: MailMigration, upload: CsvUpload | None) -> dict[str, object]:
    return {**shown_migration(draft), "warnings": line_problems(upload.warnings) if upload else []}
