"""People of a customer: invited, changed, removed; for his admins and the operator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trasloco.api.bearer import PEOPLE, ApiRequest
from trasloco.api.cursor import LARGEST, Page, Wanted, one_page
from trasloco.api.given import Count, Flag, Given, Line
from trasloco.api.problem import Refused, refuse_form
from trasloco.api.shown_migrations import Named
from trasloco.panel.forms_people import ChangePersonForm, InvitationForm
from trasloco.panel.invitation import invitation_link, write_invitation
from trasloco.panel.second_factor import has_second_factor, remove_second_factor
from trasloco.records.models import Customer, Domain, Membership, Person
from trasloco.records.people_actions import AddressTaken, LastAdmin, change_person, invite, remove_person, renew_invitation

router = Router(tags=["people"])

RoleName = Literal["admin", "team", "manager"]
_LAST_ADMIN = Refused(409, "last-admin", "This is the only admin; make somebody else one first.")


class PersonShown(Schema):
    id: int
    email: str
    name: str
    customer: Named
    role: str
    domains: list[str] = Field(description="Of a manager; everybody else has all.")
    active: bool
    invited: bool = Field(description="Has not chosen a password yet.")
    second_factor: bool
    last_login: datetime | None


class GivenPerson(Given):
    name: Line = Field("", max_length=200)
    role: RoleName = "team"
    domains: list[Line] = Field([], max_length=1000, description="Names of domains, of a manager.")


class Invitation(GivenPerson):
    email: Line = Field(max_length=254)
    language: Literal["en", "it"] = "en"
    customer: Count | None = Field(None, ge=1, le=LARGEST, description="Id; of the operator only, everybody else has his own.")


class Change(GivenPerson):
    active: Flag = Field(True, description="May sign in.")


@router.get("/people", response=Page[PersonShown], auth=PEOPLE, summary="The people one may look after")
def list_people(
    request: ApiRequest, wanted: Wanted, customer: Annotated[int | None, Query(ge=1, le=LARGEST, description="Id.")] = None
) -> object:
    found = _people(request).prefetch_related("membership__domains")
    if customer is not None:
        found = found.filter(membership__customer_id=customer)
    return one_page(found, wanted, _shown)


@router.post("/people", response={201: PersonShown}, auth=PEOPLE, summary="Invite a person")
def invite_person(request: ApiRequest, given: Invitation) -> object:
    """The one-time link goes out by mail; it is in no answer."""
    customer = _customer(request, given.customer)
    typed = {"email": given.email, "name": given.name, "language": given.language, "role": given.role}
    form = InvitationForm({**typed, "domains": _ids(customer, given.domains)}, customer=customer)
    if not form.is_valid():
        raise refuse_form(form)
    values = form.cleaned_data
    try:
        with transaction.atomic():
            made = invite(request.actor, customer, values["email"], values["name"], values["role"], values["domains"], values["language"])
            write_invitation(made, customer, invitation_link(request, made))
    except AddressTaken as error:
        words = "Somebody signs in with this address already."
        raise Refused(409, "address-taken", words, fields={"email": [words]}) from error
    return Status(201, _one(request, made.pk))


@router.get("/people/{int:person_id}", response=PersonShown, auth=PEOPLE, summary="One person")
def get_person(request: ApiRequest, person_id: int) -> object:
    return _one(request, person_id)


@router.put("/people/{int:person_id}", response=PersonShown, auth=PEOPLE, summary="Change a person")
def put_person(request: ApiRequest, person_id: int, given: Change) -> object:
    """Name, role and domains, and whether he may sign in."""
    found = _person(request, person_id)
    customer = found.membership.customer
    typed = {"name": given.name, "role": given.role, "active": "on" if given.active else ""}
    form = ChangePersonForm({**typed, "domains": _ids(customer, given.domains)}, customer=customer)
    if not form.is_valid():
        raise refuse_form(form)
    values = form.cleaned_data
    try:
        change_person(request.actor, found, values["name"], values["role"], values["domains"], active=values["active"])
    except LastAdmin as error:
        raise _LAST_ADMIN from error
    except Membership.DoesNotExist as error:  # removed in this moment
        raise Http404 from error
    return _one(request, person_id)


@router.delete("/people/{int:person_id}", response={204: None}, auth=PEOPLE, summary="Remove a person")
def delete_person(request: ApiRequest, person_id: int) -> object:
    """His migrations stay."""
    found = _person(request, person_id)
    if found.pk == request.viewer.person.pk:
        raise Refused(409, "yourself", "You cannot remove yourself.")
    try:
        remove_person(request.actor, found)
    except LastAdmin as error:
        raise _LAST_ADMIN from error
    except Membership.DoesNotExist as error:
        raise Http404 from error
    return HttpResponse(status=204)


@router.post("/people/{int:person_id}/invite-again", response=PersonShown, auth=PEOPLE, summary="Send the invitation again")
def invite_again(request: ApiRequest, person_id: int) -> object:
    """The link before works no more."""
    found = _person(request, person_id)
    with transaction.atomic():
        if not renew_invitation(request.actor, found):
            raise Refused(409, "has-password", f"{found.email} has chosen a password already.")
        write_invitation(found, found.membership.customer, invitation_link(request, found))
    return _one(request, person_id)


@router.delete("/people/{int:person_id}/second-factor", response={204: None}, auth=PEOPLE, summary="Switch a second factor off")
def delete_second_factor(request: ApiRequest, person_id: int) -> object:
    """Of somebody who has lost it: he then signs in with his password alone."""
    remove_second_factor(request.actor, _person(request, person_id))
    return HttpResponse(status=204)


def _people(request: ApiRequest) -> Any:
    return request.viewer.people().filter(membership__isnull=False).select_related("membership__customer")


def _person(request: ApiRequest, person_id: int) -> Person:
    """Raises Http404."""
    found: Person = get_object_or_404(_people(request), pk=person_id)
    return found


def _one(request: ApiRequest, person_id: int) -> dict[str, Any]:
    return _shown([_person(request, person_id)])[0]


def _customer(request: ApiRequest, wanted: int | None) -> Customer:
    if wanted is None and request.viewer.customer is not None:
        return request.viewer.customer
    found = request.viewer.customers().filter(pk=wanted).first() if wanted is not None else None
    if found is None:
        words = "Say of which customer the person is; there is none with this id among those you may see."
        raise Refused(422, "customer-unknown", words, fields={"customer": [words]})
    return found


def _ids(customer: Customer, names: Sequence[str]) -> list[str]:
    """Of the customer's domains. Raises ``Refused`` for others."""
    known = {domain.name: str(domain.pk) for domain in Domain.objects.filter(customer=customer)}
    strange = [name for name in names if name.lower() not in known]
    if strange:
        words = f"These are no domains of the customer: {', '.join(strange[:5])}."
        raise Refused(422, "domain-unknown", words, fields={"domains": [words]})
    return [known[name.lower()] for name in names]


def _shown(people: Sequence[Person]) -> list[dict[str, Any]]:
    return [
        {
            "id": person.pk,
            "email": person.email,
            "name": person.name,
            "customer": person.membership.customer,
            "role": person.membership.role,
            "domains": [domain.name for domain in person.membership.domains.all()],
            "active": person.is_active,
            "invited": not person.has_usable_password(),
            "second_factor": has_second_factor(person),
            "last_login": person.last_login,
        }
        for person in people
    ]
