"""People and what they may: every write, as a verb. Who may call which is ``rights``'s business."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from trasloco.records.history import Actor, note
from trasloco.records.models import Customer, Domain, Membership, Person, Role
from trasloco.records.wall import beyond


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
    with beyond():  # an address is one person's in the whole installation; and he is of this customer only with the next line
        _save(person)
    membership = Membership.objects.create(person=person, customer=customer, role=role)
    membership.domains.set(domains if role == Role.MANAGER else [])
    note(actor, "person-invited", person.email, customer=customer, role=role)
    return person


@transaction.atomic
def renew_invitation(actor: Actor, person: Person) -> bool:
    """Links that were sent before work no more. False when he has chosen a password meanwhile."""
    fresh = Person(email=person.email)
    fresh.set_unusable_password()  # another random text: one-time links are bound to it
    waiting = Person.objects.filter(pk=person.pk, password=person.password)
    if person.has_usable_password() or not waiting.update(password=fresh.password):
        return False
    person.password = fresh.password
    note(actor, "invitation-repeated", person.email, customer=person.membership.customer)
    return True


@transaction.atomic
def accept_invitation(person: Person, password: str, address: str | None) -> bool:
    """His first password. False when it was chosen already, by another use of the same link."""
    waiting = Person.objects.filter(pk=person.pk, password=person.password, is_active=True)
    chosen = make_password(password)
    if person.has_usable_password() or not waiting.update(password=chosen):
        return False
    person.password = chosen
    note(Actor(person, address), "invitation-accepted", person.email, customer=person.membership.customer)
    return True


@transaction.atomic
def change_profile(actor: Actor, person: Person, name: str, language: str, time_zone: str) -> None:
    """What everybody may change of himself."""
    Person.objects.filter(pk=person.pk).update(name=name, language=language, time_zone=time_zone)
    membership = Membership.objects.select_related("customer").filter(person=person).first()
    note(actor, "profile-changed", person.email, customer=membership.customer if membership else None)


@transaction.atomic
def change_person(actor: Actor, person: Person, name: str, role: str, domains: Iterable[Domain], *, active: bool) -> None:
    """Another name, role or domains; inactive people cannot sign in. Raises ``LastAdmin``, ``Membership.DoesNotExist``."""
    membership = _locked(person)
    if membership.role == Role.ADMIN and (role != Role.ADMIN or not active):
        _refuse_last_admin(membership)
    Membership.objects.filter(pk=membership.pk).update(role=role)
    membership.domains.set(domains if role == Role.MANAGER else [])
    Person.objects.filter(pk=person.pk).update(name=name, is_active=active)
    note(actor, "person-changed", person.email, customer=membership.customer, role=role, active=active)


@transaction.atomic
def remove_person(actor: Actor, person: Person) -> None:
    """His migrations stay, with his name. Raises ``LastAdmin``, ``Membership.DoesNotExist``."""
    membership = _locked(person)
    if membership.role == Role.ADMIN:
        _refuse_last_admin(membership)
    note(actor, "person-removed", person.email, customer=membership.customer)
    with beyond():  # his membership goes first, and then he is nobody's
        person.delete()


def _locked(person: Person) -> Membership:
    """His membership, while nobody else changes the people of this customer: the last admin is counted under this lock."""
    customer_id = Membership.objects.values_list("customer_id", flat=True).get(person=person)
    Customer.objects.select_for_update().get(pk=customer_id)
    return Membership.objects.select_related("customer").get(person=person)


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
