"""People, customers and what they may: every write, as a verb. Who may call which is ``rights``'s business."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction

from trasloco.records.history import Actor, note
from trasloco.records.models import Customer, Domain, MailMigration, Membership, Person, Role


class AddressTaken(Exception):
    """Somebody signs in with this address already."""


class LastAdmin(Exception):
    """A customer whose people nobody can look after any more is of no use to anybody."""


def make_superuser(actor: Actor, email: str, password: str, name: str = "") -> Person:
    """The operator's own person. Raises ``AddressTaken``."""
    person = Person(email=email.strip(), name=name, is_superuser=True)
    person.set_password(password)
    _save(person)
    note(actor, "superuser-created", person.email)
    return person


@transaction.atomic
def invite(actor: Actor, customer: Customer, email: str, name: str, role: str, domains: Iterable[Domain], language: str) -> Person:
    """A person of the customer, without a password yet: a one-time link lets him choose one. Raises ``AddressTaken``."""
    person = Person(email=email.strip(), name=name, language=language, time_zone=customer.time_zone)
    person.set_unusable_password()
    _save(person)
    membership = Membership.objects.create(person=person, customer=customer, role=role)
    membership.domains.set(domains if role == Role.MANAGER else [])
    note(actor, "person-invited", person.email, customer=customer, role=role)
    return person


@transaction.atomic
def change_person(actor: Actor, person: Person, name: str, role: str, domains: Iterable[Domain], *, active: bool) -> None:
    """Another name, role or domains; inactive people cannot sign in. Raises ``LastAdmin``."""
    membership = Membership.objects.select_for_update(of=("self",)).select_related("customer").get(person=person)
    Customer.objects.select_for_update().get(pk=membership.customer_id)
    if membership.role == Role.ADMIN and (role != Role.ADMIN or not active):
        _refuse_last_admin(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    membership.domains.set(domains if role == Role.MANAGER else [])
    Person.objects.filter(pk=person.pk).update(name=name, is_active=active)
    note(actor, "person-changed", person.email, customer=membership.customer, role=role, active=active)


@transaction.atomic
def remove_person(actor: Actor, person: Person) -> None:
    """His migrations stay, with his name. Raises ``LastAdmin``."""
    membership = Membership.objects.select_for_update(of=("self",)).select_related("customer").get(person=person)
    Customer.objects.select_for_update().get(pk=membership.customer_id)
    if membership.role == Role.ADMIN:
        _refuse_last_admin(membership)
    note(actor, "person-removed", person.email, customer=membership.customer)
    person.delete()


@transaction.atomic
def save_customer(actor: Actor, customer: Customer) -> None:
    """Make or change a customer."""
    made = customer.pk is None
    customer.save()
    note(actor, "customer-created" if made else "customer-changed", customer.name, customer=customer)


@transaction.atomic
def remove_customer(actor: Actor, customer: Customer) -> bool:
    """Only one without migrations; his people and domains go with him. False when there are some left."""
    if MailMigration.objects.filter(customer=customer).exists():
        return False
    name = customer.name
    Person.objects.filter(membership__customer=customer).delete()
    customer.domains.all().delete()
    customer.delete()
    note(actor, "customer-removed", name)
    return True


def _save(person: Person) -> None:
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as error:
        raise AddressTaken from error


def _refuse_last_admin(membership: Membership) -> None:
    others = Membership.objects.filter(customer=membership.customer, role=Role.ADMIN, person__is_active=True).exclude(pk=membership.pk)
    if not others.exists():
        raise LastAdmin
