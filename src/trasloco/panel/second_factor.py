"""The second factor of somebody else: is there one, and switching it off when he has lost it."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db import transaction

from trasloco.records.history import Actor, note
from trasloco.records.models import Person


def has_second_factor(person: Person) -> bool:
    """An authenticator app or a passkey."""
    return bool(Authenticator.objects.filter(user=person).exists())


@transaction.atomic
def remove_second_factor(actor: Actor, person: Person) -> bool:
    """Apps, passkeys and recovery codes. False when there was none."""
    count, _kinds = Authenticator.objects.filter(user=person).delete()
    if count:
        note(actor, "second-factor-removed", person.email, customer=person.membership.customer)
    return bool(count)
