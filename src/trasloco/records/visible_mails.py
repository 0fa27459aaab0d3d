"""The mails that were written: which of them a person may see, and having one sent again."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from trasloco.records.history import Actor, note
from trasloco.records.models import Mail, MailKind, MailState
from trasloco.records.rights import Right, Viewer


def visible_mails(viewer: Viewer) -> QuerySet[Mail]:
    """Newest first: all for the operator, else those of his customer, for whoever may see the history."""
    found = Mail.objects.select_related("customer", "migration").order_by("-id")
    if viewer.operator:
        return found
    if not viewer.may(Right.HISTORY):
        return found.none()
    found = found.filter(customer__in=viewer.customers())
    return found if viewer.may(Right.PEOPLE) else found.exclude(kind=MailKind.INVITATION)


@transaction.atomic
def send_again(actor: Actor, mail: Mail) -> bool:
    """A mail that waits for its next try, or was given up, is due at once. False when it was sent meanwhile, or its words
    are gone: an invitation that was given up holds no link any more."""
    unsent = Mail.objects.filter(pk=mail.pk, state__in=[MailState.WAITING, MailState.GIVEN_UP]).exclude(text="")
    if not unsent.update(state=MailState.WAITING, attempts=0, not_before=None):
        return False
    note(actor, "mail-repeated", mail.recipient, customer=mail.customer, migration=mail.migration)
    return True
