"""Who did what and when, and the mails that were written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema
from pydantic import Field

from trasloco.api.bearer import LOOK_BACK, ApiRequest
from trasloco.api.cursor import Page, Wanted, one_page
from trasloco.api.problem import Refused
from trasloco.records.history import VERBS
from trasloco.records.models import HistoryEntry, Mail
from trasloco.records.visible_mails import send_again, visible_mails

router = Router(tags=["history"])


class Happened(Schema):
    id: int
    at: datetime
    customer: str | None
    person: str = Field(description="Empty: the schedule.")
    address: str = Field(description="From where; of the operator only to himself.")
    verb: str
    words: str
    subject: str
    migration: str
    details: dict[str, Any]


class MailShown(Schema):
    """words: what the mail server said the last time it did not take it. Bodies are not shown: they may hold one-time links."""

    id: int
    kind: str
    migration: str | None
    recipient: str
    subject: str
    state: str = Field(description="waiting, sent or given-up.")
    attempts: int
    created_at: datetime
    not_before: datetime | None
    sent_at: datetime | None
    words: str


@router.get("/history", response=Page[Happened], auth=LOOK_BACK, summary="Who did what, the newest first")
def list_history(
    request: ApiRequest, wanted: Wanted, migration: Annotated[str, Query(max_length=16, pattern="^[a-z0-9]*$")] = ""
) -> object:
    """migration: its code; of one that is deleted, too."""
    found = HistoryEntry.objects.select_related("customer", "person")
    if not request.viewer.operator:
        found = found.filter(customer__in=request.viewer.customers())
    if migration:
        found = found.filter(migration_code=migration)

    def show(entries: Sequence[HistoryEntry]) -> list[dict[str, Any]]:
        return [_happened(entry, operator=request.viewer.operator) for entry in entries]

    return one_page(found, wanted, show, newest_first=True)


@router.get("/mails", response=Page[MailShown], auth=LOOK_BACK, summary="The mails that were written, the newest first")
def list_mails(request: ApiRequest, wanted: Wanted, state: Annotated[Literal["", "waiting", "sent", "given-up"], Query()] = "") -> object:
    found = visible_mails(request.viewer)
    if state:
        found = found.filter(state=state)
    return one_page(found, wanted, lambda mails: [_mail(mail) for mail in mails], newest_first=True)


@router.post("/mails/{int:mail_id}/again", response=MailShown, auth=LOOK_BACK, summary="Send a mail now")
def repeat_mail(request: ApiRequest, mail_id: int) -> object:
    """One that waits for its next try, or was given up."""
    mail = get_object_or_404(visible_mails(request.viewer), pk=mail_id)
    if not send_again(request.actor, mail):
        raise Refused(409, "cannot-be-sent", "The mail has been sent meanwhile, or cannot be sent again: invite the person again.")
    mail.refresh_from_db()
    return _mail(mail)


def _happened(entry: HistoryEntry, *, operator: bool) -> dict[str, Any]:
    hidden = entry.person is not None and entry.person.is_superuser and not operator
    return {
        "id": entry.pk,
        "at": entry.at,
        "customer": entry.customer.name if entry.customer else None,
        "person": entry.person_name,
        "address": "" if hidden else entry.address or "",
        "verb": entry.verb,
        "words": str(VERBS.get(entry.verb, entry.verb)),
        "subject": entry.subject,
        "migration": entry.migration_code,
        "details": entry.details,
    }


def _mail(mail: Mail) -> dict[str, Any]:
    columns = ("kind", "recipient", "subject", "state", "attempts", "created_at", "not_before", "sent_at", "words")
    return {"id": mail.pk, "migration": mail.migration.code if mail.migration else None, **{name: getattr(mail, name) for name in columns}}
