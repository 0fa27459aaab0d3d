"""What allauth asks us: who may sign in, where links lead, in which language mails are, what goes into the history."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation

from trasloco.panel.public_address import public_address
from trasloco.records.history import Actor, note
from trasloco.records.models import Customer, Membership, Person
from trasloco.records.rights import may_sign_in
from trasloco.records.time_zone import zone_named


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """Sign-in, reset and sessions are the library's; people are made by an admin."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: Person, **kwargs: Any) -> HttpResponse | None:
        """By whatever way he comes: password, passkey, reset."""
        if not may_sign_in(user):
            answer: HttpResponse = self.respond_user_inactive(request, user)
            return answer
        refused: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return refused

    def post_login(self, request: HttpRequest, user: Person, **kwargs: Any) -> HttpResponse:
        note(Actor(user, self.get_client_ip(request)), "signed-in", user.email, customer=_customer(user))
        answer: HttpResponse = super().post_login(request, user, **kwargs)
        return answer

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Only of people there are: what a stranger types is not kept. The rate limit bounds how many there can be."""
        person = Person.objects.filter(email__iexact=credentials.get("email", "")).first()
        if person is not None:
            note(Actor(None, self.get_client_ip(request)), "sign-in-failed", person.email, customer=_customer(person))

    def set_password(self, user: Person, password: str) -> None:
        """By the page of the one who is signed in, or by the link of a reset."""
        super().set_password(user, password)
        note(Actor(user, self.get_client_ip(self.request)), "password-changed", user.email, customer=_customer(user))

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Below the address the operator has given, not the one a request claims."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return public_address(self.request, path.replace("UID-KEY", key))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("profile")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the language and time zone of the person it goes to."""
        person = Person.objects.filter(email__iexact=email).first()
        if person is None:
            super().send_mail(template_prefix, email, context)
            return
        with translation.override(person.language), timezone.override(zone_named(person.time_zone)):
            super().send_mail(template_prefix, email, context)


def _customer(person: Person) -> Customer | None:
    membership = Membership.objects.select_related("customer").filter(person=person).first()
    return membership.customer if membership else None
