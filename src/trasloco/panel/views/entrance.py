"""The one-time links that make people: the operator's own of the first start, and invitations."""

from __future__ import annotations

from django.contrib.auth import login
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.encoding import force_str
from django.utils.http import urlsafe_base64_decode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from trasloco.panel.forms_people import ChoosePasswordForm, FirstStartForm
from trasloco.records import people_actions
from trasloco.records.first_superuser import LIFETIME, SALT, SuperuserThere, make_first_superuser, superuser_exists
from trasloco.records.models import Person
from trasloco.records.people_actions import AddressTaken
from trasloco.records.rights import may_sign_in

BACKEND = "trasloco.panel.sign_in_backend.SignInBackend"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
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
            person = make_first_superuser(request.META.get("REMOTE_ADDR"), values["email"], values["password"], values["name"])
        except SuperuserThere as error:
            raise Http404 from error
        except AddressTaken:
            form.add_error("email", _("Somebody signs in with this address already."))
        else:
            login(request, person, backend=BACKEND)
            return redirect("setup")
    return render(request, "panel/people/first_start.html", {"form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept_invitation(request: HttpRequest, who: str, token: str) -> HttpResponse:
    """An invited person chooses his password; the link then works no more."""
    person = _invited(who)
    if person is None or not default_token_generator.check_token(person, token):
        return render(request, "panel/people/invitation_over.html", status=404)
    with translation.override(person.language):
        form = ChoosePasswordForm(request.POST or None, person=person)
        if request.method == "POST" and form.is_valid():
            if not people_actions.accept_invitation(person, form.cleaned_data["password"], request.META.get("REMOTE_ADDR")):
                return render(request, "panel/people/invitation_over.html", status=404)
            login(request, person, backend=BACKEND)
            return redirect("migrations")
        return render(request, "panel/people/accept.html", {"form": form, "person": person})


def _invited(who: str) -> Person | None:
    """Who has not chosen a password yet, by the first part of his link."""
    try:
        number = int(force_str(urlsafe_base64_decode(who)))
        person = Person.objects.filter(pk=number, membership__isnull=False).first() if number < 2**63 else None
    except (ValueError, OverflowError):
        return None
    return person if person and may_sign_in(person) and not person.has_usable_password() else None
