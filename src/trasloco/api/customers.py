"""Customers and their domains. Everybody sees his own; the operator sees and changes all."""

from __future__ import annotations

from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from pydantic import Field

from trasloco.api.bearer import LOOK, OPERATE, ApiRequest
from trasloco.api.cursor import LARGEST, Page, Wanted, one_page
from trasloco.api.given import Count, Flag, Given, Line
from trasloco.api.problem import Refused, refuse_form
from trasloco.panel.forms_operator import MIB, CustomerForm, DomainForm
from trasloco.panel.forms_shares import MOST_SHARE
from trasloco.plan.shares import MOST
from trasloco.records.customers import lock_customer, remove_customer, save_customer
from trasloco.records.models import Customer, Domain
from trasloco.records.systems import add_domain, remove_domain

router = Router(tags=["customers"])


class DomainShown(Schema):
    id: int
    name: str
    customer: int = Field(description="Id.")
    destination: str = Field(description="Name of the system that serves it.")


class GivenDomain(Given):
    name: Line = Field(max_length=253, examples=["example.net"])
    destination: Count = Field(ge=1, le=LARGEST, description="Id of the destination system that serves it.")


class GivenCustomer(Given):
    """Limits that are null are those of the installation."""

    name: Line = Field(max_length=200, min_length=1)
    language: Literal["en", "it"] = "en"
    time_zone: Line = "UTC"
    most_lines: Count | None = Field(None, ge=1, le=5000, description="Of a CSV.")
    most_unfinished: Count | None = Field(None, ge=1, le=1000, description="Migrations at once.")
    most_message_mb: Count | None = Field(None, ge=1, le=2048, description="Larger messages are left out and listed.")
    most_hours: Count | None = Field(None, ge=1, le=23, description="Between the runs.")
    keep_days: Count | None = Field(None, ge=1, le=3650, description="After the end of a migration.")
    most_transfers: Count | None = Field(None, ge=1, le=MOST, description="Accounts at once, of all his migrations.")
    most_connections: Count | None = Field(None, ge=1, le=MOST, description="Connections at once, on each side.")
    share: Count = Field(1, ge=1, le=MOST_SHARE, description="Of the places where several customers wait: 2 = twice as many as with 1.")


class CustomerShown(Schema):
    id: int
    name: str
    language: str
    time_zone: str
    active: bool = Field(description="false: none of his people can sign in.")
    most_lines: int | None
    most_unfinished: int | None
    most_message_mb: int | None
    most_hours: int | None
    keep_days: int | None
    most_transfers: int | None
    most_connections: int | None
    share: int


class Lock(Given):
    locked: Flag


@router.get("/domains", response=Page[DomainShown], auth=LOOK, summary="The domains into which one may move mail")
def list_domains(request: ApiRequest, wanted: Wanted) -> object:
    found = request.viewer.domains().select_related("destination_system")
    return one_page(found, wanted, lambda domains: [_domain(domain) for domain in domains])


@router.get("/customers", response=Page[CustomerShown], auth=OPERATE, summary="All customers")
def list_customers(request: ApiRequest, wanted: Wanted) -> object:
    return one_page(request.viewer.customers(), wanted, lambda customers: [_shown(customer) for customer in customers])


@router.post("/customers", response={201: CustomerShown}, auth=OPERATE, summary="Make a customer")
def create_customer(request: ApiRequest, given: GivenCustomer) -> object:
    return Status(201, _saved(request, given, None))


@router.get("/customers/{int:customer_id}", response=CustomerShown, auth=OPERATE, summary="One customer")
def get_customer(request: ApiRequest, customer_id: int) -> object:
    return _shown(get_object_or_404(Customer, pk=customer_id))


@router.put("/customers/{int:customer_id}", response=CustomerShown, auth=OPERATE, summary="Change a customer")
def put_customer(request: ApiRequest, customer_id: int, given: GivenCustomer) -> object:
    """All fields: a limit that is missing is that of the installation."""
    return _saved(request, given, get_object_or_404(Customer, pk=customer_id))


@router.put("/customers/{int:customer_id}/lock", response=CustomerShown, auth=OPERATE, summary="Lock or unlock a customer")
def put_lock(request: ApiRequest, customer_id: int, given: Lock) -> object:
    """Of a locked one nobody can sign in, and no token works. Migrations go on as planned."""
    found = get_object_or_404(Customer, pk=customer_id)
    lock_customer(request.actor, found, locked=given.locked)
    found.refresh_from_db()
    return _shown(found)


@router.delete("/customers/{int:customer_id}", response={204: None}, auth=OPERATE, summary="Remove a customer")
def delete_customer(request: ApiRequest, customer_id: int) -> object:
    """With his people and domains; only one without migrations."""
    if not remove_customer(request.actor, get_object_or_404(Customer, pk=customer_id)):
        raise Refused(409, "has-migrations", "The customer has migrations; delete them first.")
    return HttpResponse(status=204)


@router.post("/customers/{int:customer_id}/domains", response={201: DomainShown}, auth=OPERATE, summary="Give a customer a domain")
def create_domain(request: ApiRequest, customer_id: int, given: GivenDomain) -> object:
    found = get_object_or_404(Customer, pk=customer_id)
    form = DomainForm({"name": given.name, "destination_system": given.destination})
    if not form.is_valid():
        raise refuse_form(form, {"destination_system": "destination"})
    try:
        with transaction.atomic():
            made = add_domain(request.actor, found, form.cleaned_data["name"], form.cleaned_data["destination_system"])
    except IntegrityError as error:  # somebody else gave it away in this moment
        raise Refused(409, "domain-taken", "This domain belongs to a customer already.") from error
    return Status(201, _domain(made))


@router.delete("/domains/{int:domain_id}", response={204: None}, auth=OPERATE, summary="Remove a domain")
def delete_domain(request: ApiRequest, domain_id: int) -> object:
    """Migrations that were made for it stay."""
    remove_domain(request.actor, get_object_or_404(Domain.objects.select_related("customer"), pk=domain_id))
    return HttpResponse(status=204)


def _saved(request: ApiRequest, given: GivenCustomer, before: Customer | None) -> dict[str, Any]:
    values = given.model_dump()
    values["most_message_bytes"] = values.pop("most_message_mb")
    form = CustomerForm({name: "" if value is None else value for name, value in values.items()}, instance=before)
    if not form.is_valid():
        raise refuse_form(form, {"most_message_bytes": "most_message_mb"})
    save_customer(request.actor, form.instance)
    return _shown(form.instance)


def _shown(customer: Customer) -> dict[str, Any]:
    columns = ("name", "language", "time_zone", "most_lines", "most_unfinished", "most_hours", "keep_days")
    shares = ("most_transfers", "most_connections", "share")
    most = customer.most_message_bytes
    return {
        "id": customer.pk,
        "active": customer.is_active,
        "most_message_mb": None if most is None else most // MIB,
        **{name: getattr(customer, name) for name in (*columns, *shares)},
    }


def _domain(domain: Domain) -> dict[str, Any]:
    return {"id": domain.pk, "name": domain.name, "customer": domain.customer_id, "destination": domain.destination_system.name}
