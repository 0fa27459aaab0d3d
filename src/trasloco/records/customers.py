"""Customers: every write, as a verb. Only the operator calls them."""

from __future__ import annotations

from django.db import transaction

from trasloco.records.history import Actor, note
from trasloco.records.models import Customer, MailMigration, Person

LIMITS = ("most_lines", "most_unfinished", "most_message_bytes", "most_hours", "keep_days")
EDITABLE = ("name", "language", "time_zone", *LIMITS, "most_transfers", "most_connections", "share")


@transaction.atomic
def save_customer(actor: Actor, customer: Customer) -> None:
    """Make or change a customer."""
    made = customer.pk is None
    customer.save(update_fields=None if made else EDITABLE)
    note(actor, "customer-created" if made else "customer-changed", customer.name, customer=customer)


@transaction.atomic
def lock_customer(actor: Actor, customer: Customer, *, locked: bool) -> None:
    """Of a locked customer nobody can sign in, and who is signed in is out at his next request.
    Migrations go on as planned: mail that is half moved would be worse."""
    if Customer.objects.filter(pk=customer.pk, is_active=locked).update(is_active=not locked):
        note(actor, "customer-locked" if locked else "customer-unlocked", customer.name, customer=customer)


@transaction.atomic
def remove_customer(actor: Actor, customer: Customer) -> bool:
    """Only one without migrations; his people and domains go with him. False when there are some left."""
    Customer.objects.select_for_update().get(pk=customer.pk)
    if MailMigration.objects.filter(customer=customer).exists():
        return False
    name = customer.name
    Person.objects.filter(membership__customer=customer).delete()
    customer.domains.all().delete()
    customer.delete()
    note(actor, "customer-removed", name)
    return True
