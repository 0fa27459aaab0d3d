"""The operator's destination systems: looked at and tested. They are set up in the panel, where their master passwords are typed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from trasloco.api.bearer import OPERATE, ApiRequest
from trasloco.api.cursor import Page, Wanted, one_page
from trasloco.api.given import Given, Line
from trasloco.api.problem import refuse_form
from trasloco.jobs.errands import test_system as start_test
from trasloco.panel.forms_operator import MailboxAddressForm
from trasloco.records.models import DestinationSystem

router = Router(tags=["destinations"])


class SystemShown(Schema):
    """tested_*: the last test; tested_well null with an address: it is under way."""

    id: int
    name: str
    host: str
    port: int
    security: str
    trust: str
    fingerprint: str = Field(description="SHA-256 of the pinned certificate, empty for none.")
    form: str = Field(description="How mailboxes are opened: master, authzid or password.")
    user: str
    separator: str
    tested_at: datetime | None
    tested_address: str
    tested_well: bool | None
    tested_words: str


class Test(Given):
    address: Line = Field(max_length=320, description="Of a mailbox there.")


@router.get("/destinations", response=Page[SystemShown], auth=OPERATE, summary="All destination systems")
def list_destinations(request: ApiRequest, wanted: Wanted) -> object:
    return one_page(DestinationSystem.objects.all(), wanted, lambda systems: [_shown(system) for system in systems])


@router.get("/destinations/{int:system_id}", response=SystemShown, auth=OPERATE, summary="One destination system")
def get_destination(request: ApiRequest, system_id: int) -> object:
    return _shown(get_object_or_404(DestinationSystem, pk=system_id))


@router.post("/destinations/{int:system_id}/test", response=SystemShown, auth=OPERATE, summary="Test a destination system")
def start_system_test(request: ApiRequest, system_id: int, given: Test) -> object:
    """By opening one mailbox; what comes of it is in tested_*."""
    found = get_object_or_404(DestinationSystem, pk=system_id)
    form = MailboxAddressForm({"address": given.address})
    if not form.is_valid():
        raise refuse_form(form)
    start_test(request.actor, found, form.cleaned_data["address"])
    found.refresh_from_db()
    return _shown(found)


def _shown(system: DestinationSystem) -> dict[str, Any]:
    """Column by column, so that a secret that is added to the table does not come along."""
    return {name: getattr(system, name) for name in SystemShown.model_fields}
