"""People of a customer, one's own profile, and the one-time links that make people."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from trasloco.panel.access import PanelRequest, page
from trasloco.panel.forms_people import (
    ChangePersonForm,
    ChoosePasswordForm,
    CustomerSettingsForm,
    FirstStartForm,
    InvitationForm,
    ProfileForm,
)
from trasloco.panel.invitation import write_invitation
from trasloco.records.first_superuser import LIFETIME, SALT, superuser_exists
from trasloco.records.history import Actor
from trasloco.records.models import Customer, Person
from trasloco.records.people_actions import AddressTaken, LastAdmin, change_person, invite, make_superuser, remove_person, save_customer
from trasloco.records.rights import Right

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
@require_http_methods(["GET", "POST"])
def first_start(request: HttpRequest, token: str) -> HttpResponse:
    """Makes the first superuser, and nobody after him."""
    try:
        signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.BadSignature as error:
        raise Http404 from error
    if superuser_exists():
        raise Http404
    form = FirstStartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            person = make_superuser(Actor(None, request.META.get("REMOTE_ADDR")), values["email"], values["password"], values["name"])
        except AddressTaken:
            form.add_error("email", _("Somebody signs in with this address already."))
        else:
            login(request, person, backend=BACKEND)
            return redirect("setup")
    return render(request, "panel/people/first_start.html", {"form": form})


@never_cache
@require_http_methods(["GET", "POST"])
def accept_invitation(request: HttpRequest, who: str, token: str) -> HttpResponse:
    """An invited person chooses his password; the link then works no more."""
    try:
        person = Person.objects.filter(pk=int(force_str(urlsafe_base64_decode(who))), is_active=True).first()
    except (ValueError, OverflowError) as error:
        raise Http404 from error
    if person is None or not default_token_generator.check_token(person, token):
        return render(request, "panel/people/invitation_over.html", status=404)
    with translation.override(person.language):
        form = ChoosePasswordForm(request.POST or None, person=person)
        if request.method == "POST" and form.is_valid():
            person.set_password(form.cleaned_data["password"])
            person.save(update_fields=["password"])
            login(request, person, backend=BACKEND)
            return redirect("migrations")
        return render(request, "panel/people/accept.html", {"form": form, "person": person})


@page(Right.PEOPLE, methods=("GET", "HEAD", "POST"))
def people(request: PanelRequest) -> HttpResponse:
    """The people of the customer (the operator chooses which), and the form that invites one more."""
    customer = _customer(request)
    if customer is None:
        return render(request, "panel/people/choose.html", {"customers": request.viewer.customers(), "area": "people"})
    form = InvitationForm(request.POST or None, customer=customer, initial={"language": customer.language})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            person = invite(request.actor, customer, values["email"], values["name"], values["role"], values["domains"], values["language"])
        except AddressTaken:
            form.add_error("email", _("Somebody signs in with this address already."))
        else:
            link = request.build_absolute_uri(invitation_path(person))
            write_invitation(person, customer, link)
            messages.success(request, _("%(email)s is invited.") % {"email": person.email})
            request.session["invitation_link"] = {"email": person.email, "link": link}
            return redirect(f"{reverse('people')}?customer={customer.pk}" if request.viewer.operator else "people")
    found = Person.objects.filter(membership__customer=customer).select_related("membership").prefetch_related("membership__domains")
    shown = request.session.pop("invitation_link", None)
    context = {"customer": customer, "people": found.order_by("email"), "form": form, "invitation": shown, "area": "people"}
    return render(request, "panel/people/people.html", context)


@page(Right.PEOPLE, methods=("GET", "HEAD", "POST"))
def person(request: PanelRequest, person_id: int) -> HttpResponse:
    """Role, domains, whether he may sign in."""
    found = get_object_or_404(request.viewer.people().filter(membership__isnull=False), pk=person_id)
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
            form.add_error("role", _("He is the only admin; make somebody else one first."))
        else:
            messages.success(request, _("Saved."))
            return redirect(f"{reverse('people')}?customer={customer.pk}" if request.viewer.operator else "people")
    return render(request, "panel/people/person.html", {"person": found, "customer": customer, "form": form, "area": "people"})


@page(Right.PEOPLE, methods=("POST",))
def person_remove(request: PanelRequest, person_id: int) -> HttpResponse:
    """He cannot sign in any more; his migrations stay."""
    found = get_object_or_404(request.viewer.people().filter(membership__isnull=False), pk=person_id)
    customer = found.membership.customer
    if found.pk == request.viewer.person.pk:
        messages.error(request, _("You cannot remove yourself."))
    else:
        try:
            remove_person(request.actor, found)
            messages.success(request, _("Removed."))
        except LastAdmin:
            messages.error(request, _("He is the only admin; make somebody else one first."))
    return redirect(f"{reverse('people')}?customer={customer.pk}" if request.viewer.operator else "people")


@page(methods=("GET", "HEAD", "POST"))
def profile(request: PanelRequest) -> HttpResponse:
    """One's own name, language and time zone; the rest (password, second factor, sessions) is linked."""
    me = request.viewer.person
    form = ProfileForm(request.POST or None, initial={"name": me.name, "language": me.language, "time_zone": me.time_zone})
    if request.method == "POST" and form.is_valid():
        Person.objects.filter(pk=me.pk).update(**form.cleaned_data)
        translation.activate(form.cleaned_data["language"])
        messages.success(request, _("Saved."))
        return redirect("profile")
    return render(request, "panel/people/profile.html", {"form": form, "area": "profile"})


@page(Right.SETTINGS, methods=("GET", "HEAD", "POST"))
def customer_settings(request: PanelRequest) -> HttpResponse:
    """An admin's settings; the operator has those of the installation."""
    customer = request.viewer.customer
    if customer is None:
        return redirect("installation")
    form = CustomerSettingsForm(request.POST or None, initial={"language": customer.language, "time_zone": customer.time_zone})
    if request.method == "POST" and form.is_valid():
        customer.language, customer.time_zone = form.cleaned_data["language"], form.cleaned_data["time_zone"]
        save_customer(request.actor, customer)
        messages.success(request, _("Saved."))
        return redirect("settings")
    return render(request, "panel/people/settings.html", {"form": form, "customer": customer, "area": "settings"})


def invitation_path(person: Person) -> str:
    """The path of the one-time link; it ends with the first sign-in, a password, or after three days."""
    who = urlsafe_base64_encode(str(person.pk).encode())
    return reverse("accept_invitation", args=[who, default_token_generator.make_token(person)])


def _customer(request: PanelRequest) -> Customer | None:
    """Whose people are looked at: one's own customer, or the one the operator names."""
    if not request.viewer.operator:
        return request.viewer.customer
    wanted = request.GET.get("customer", "")
    if not wanted:
        only = list(request.viewer.customers()[:2])
        return only[0] if len(only) == 1 else None
    if not wanted.isdecimal():
        raise Http404
    return get_object_or_404(request.viewer.customers(), pk=int(wanted))
