"""People of a customer: invited, changed, removed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from trasloco.panel.access import PanelRequest, page
from trasloco.panel.forms_people import ChangePersonForm, InvitationForm
from trasloco.panel.invitation import invitation_link, write_invitation
from trasloco.panel.second_factor import has_second_factor, remove_second_factor
from trasloco.records.models import Customer, Membership, Person
from trasloco.records.people_actions import AddressTaken, LastAdmin, change_person, invite, remove_person, renew_invitation
from trasloco.records.rights import Right

FORM = ("GET", "HEAD", "POST")


@page(Right.PEOPLE, methods=FORM)
def people(request: PanelRequest) -> HttpResponse:
    """The people of the customer (the operator chooses which), and the form that invites one more."""
    customer = _customer(request)
    if customer is None:
        return render(request, "panel/people/choose.html", {"customers": request.viewer.customers(), "area": "people"})
    form = InvitationForm(request.POST or None, customer=customer, initial={"language": customer.language})
    if request.method == "POST" and form.is_valid():
        try:
            _invite(request, customer, form.cleaned_data)
            return _to_people(request, customer)
        except AddressTaken:
            form.add_error("email", _("Somebody signs in with this address already."))
    found = Person.objects.filter(membership__customer=customer).select_related("membership").prefetch_related("membership__domains")
    shown = request.session.pop("invitation_link", None)
    context = {"customer": customer, "people": found.order_by("email"), "form": form, "invitation": shown, "area": "people"}
    return render(request, "panel/people/people.html", context)


@page(Right.PEOPLE, methods=FORM)
def person(request: PanelRequest, person_id: int) -> HttpResponse:
    """Role, domains, whether he may sign in."""
    found = _person(request, person_id)
    customer = found.membership.customer
    initial = {
        "name": found.name,
        "role": found.membership.role,
        "domains": found.membership.domains.all(),
        "active": found.is_active,
    }
    form = ChangePersonForm(request.POST or None, customer=customer, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            change_person(request.actor, found, values["name"], values["role"], values["domains"], active=values["active"])
        except LastAdmin:
            form.add_error("role", _("This is the only admin; make somebody else one first."))
        except Membership.DoesNotExist as error:  # removed in this moment
            raise Http404 from error
        else:
            messages.success(request, _("Saved."))
            return _to_people(request, customer)
    context = {"person": found, "customer": customer, "form": form, "second_factor": has_second_factor(found), "area": "people"}
    return render(request, "panel/people/person.html", context)


@page(Right.PEOPLE, methods=("POST",))
def person_remove(request: PanelRequest, person_id: int) -> HttpResponse:
    """He cannot sign in any more; his migrations stay."""
    found = _person(request, person_id)
    customer = found.membership.customer
    if found.pk == request.viewer.person.pk:
        messages.error(request, _("You cannot remove yourself."))
        return _to_people(request, customer)
    try:
        remove_person(request.actor, found)
        messages.success(request, _("%(email)s is removed.") % {"email": found.email})
    except LastAdmin:
        messages.error(request, _("This is the only admin; make somebody else one first."))
    except Membership.DoesNotExist as error:
        raise Http404 from error
    return _to_people(request, customer)


@page(Right.PEOPLE, methods=("POST",))
def person_invite(request: PanelRequest, person_id: int) -> HttpResponse:
    """A new link for somebody who has not chosen a password yet; the one before works no more."""
    found = _person(request, person_id)
    customer = found.membership.customer
    with transaction.atomic():
        if renew_invitation(request.actor, found):
            _hand_out(request, found, customer)
        else:
            messages.error(request, _("%(email)s has chosen a password already.") % {"email": found.email})
    return _to_people(request, customer)


@page(Right.PEOPLE, methods=("POST",))
def person_second_factor(request: PanelRequest, person_id: int) -> HttpResponse:
    """Switch it off for somebody who lost it: he then signs in with his password alone."""
    found = _person(request, person_id)
    if remove_second_factor(request.actor, found):
        messages.success(request, _("%(email)s signs in without a second factor now.") % {"email": found.email})
    return redirect("person", person_id)


def _invite(request: PanelRequest, customer: Customer, values: dict[str, Any]) -> None:
    """Person and mail in one transaction. Raises ``AddressTaken``."""
    with transaction.atomic():
        made = invite(request.actor, customer, values["email"], values["name"], values["role"], values["domains"], values["language"])
        _hand_out(request, made, customer)


def _hand_out(request: PanelRequest, invited: Person, customer: Customer) -> None:
    """By mail, and once on the next page, for whoever has no mail server yet."""
    link = invitation_link(request, invited)
    write_invitation(invited, customer, link)
    request.session["invitation_link"] = {"email": invited.email, "link": link}


def _person(request: PanelRequest, person_id: int) -> Person:
    """Somebody whose role the viewer may change. Raises Http404."""
    people = request.viewer.people().filter(membership__isnull=False).select_related("membership__customer")
    return get_object_or_404(people, pk=person_id)


def _to_people(request: PanelRequest, customer: Customer) -> HttpResponseRedirect:
    return redirect(f"{reverse('people')}?customer={customer.pk}" if request.viewer.operator else reverse("people"))


def _customer(request: PanelRequest) -> Customer | None:
    """Whose people are looked at: one's own customer, or the one the operator names."""
    if not request.viewer.operator:
        return request.viewer.customer
    wanted = request.GET.get("customer", "")
    if not wanted:
        only = list(request.viewer.customers()[:2])
        return only[0] if len(only) == 1 else None
    if not wanted.isdecimal() or len(wanted) > 18:
        raise Http404
    return get_object_or_404(request.viewer.customers(), pk=int(wanted))
