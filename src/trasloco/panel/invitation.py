"""An invitation: the one-time link, and the mail that brings it."""

from __future__ import annotations

from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from trasloco.panel.public_address import public_address
from trasloco.records.mails import subject_line
from trasloco.records.models import Customer, Mail, MailKind, Person


def invitation_link(request: HttpRequest, person: Person) -> str:
    """It works until a password is chosen, another link is made, or three days have gone."""
    who = urlsafe_base64_encode(str(person.pk).encode())
    return public_address(request, reverse("accept_invitation", args=[who, default_token_generator.make_token(person)]))


def write_invitation(person: Person, customer: Customer, link: str) -> Mail:
    """With the one-time link; the row's text is emptied once it is sent. Call it in the transaction that makes the person."""
    with translation.override(person.language):
        context = {"person": person, "customer": customer, "link": link}
        return Mail.objects.create(
            kind=MailKind.INVITATION,
            customer=customer,
            recipient=person.email,
            language=person.language,
            subject=subject_line(_("You are invited to Trasloco by %(customer)s") % {"customer": customer.name}),
            text=render_to_string("panel/mail/invitation.txt", context).strip() + "\n",
            html=render_to_string("panel/mail/invitation.html", context),
        )
