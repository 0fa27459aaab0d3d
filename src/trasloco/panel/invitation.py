"""The mail that invites a person."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from trasloco.records.models import Customer, Mail, MailKind, Person


def write_invitation(person: Person, customer: Customer, link: str) -> Mail:
    """With the one-time link; the row's text is emptied once it is sent."""
    with translation.override(person.language):
        context = {"person": person, "customer": customer, "link": link}
        return Mail.objects.create(
            kind=MailKind.INVITATION,
            customer=customer,
            recipient=person.email,
            language=person.language,
            subject=_("You are invited to Trasloco by %(customer)s") % {"customer": customer.name},
            text=render_to_string("panel/mail/invitation.txt", context).strip() + "\n",
            html=render_to_string("panel/mail/invitation.html", context),
        )
