"""Who sees and may do what: the only place that knows what follows from a role.

Every page asks here first, and gets a ``Viewer``. Querysets are cut down to what he may see, so that
a stranger's row is simply not there (404), whatever address he guesses.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q, QuerySet

from trasloco.records.models import Customer, Domain, MailMigration, Membership, Person, Role


class Right(enum.Enum):
    """What a page asks for. MIGRATE: see and run migrations. HISTORY: who did what. PEOPLE, SETTINGS: of a customer.
    OPERATE: the installation: customers, destination systems, limits, mail."""

    MIGRATE = enum.auto()
    HISTORY = enum.auto()
    PEOPLE = enum.auto()
    SETTINGS = enum.auto()
    OPERATE = enum.auto()


_OF_ROLE: dict[str, frozenset[Right]] = {
    Role.ADMIN: frozenset({Right.MIGRATE, Right.HISTORY, Right.PEOPLE, Right.SETTINGS}),
    Role.TEAM: frozenset({Right.MIGRATE, Right.HISTORY}),
    Role.MANAGER: frozenset({Right.MIGRATE}),
}


def may_sign_in(person: Person) -> bool:
    """An active person whose customer has not been locked; asked at sign-in and again at each request."""
    if not person.is_active:
        return False
    return person.is_superuser or not Membership.objects.filter(person=person, customer__is_active=False).exists()


@dataclass(frozen=True)
class Viewer:
    """A person who has signed in, with what he may do. membership: None of a superuser, or of somebody who may nothing."""

    person: Person
    membership: Membership | None

    @classmethod
    def of(cls, person: Person) -> Viewer:
        found = Membership.objects.select_related("customer").filter(person=person).first()
        return cls(person, None if person.is_superuser else found)

    @property
    def operator(self) -> bool:
        return self.person.is_superuser

    @property
    def customer(self) -> Customer | None:
        """Whose people he belongs to; None of the operator, who belongs to all."""
        return self.membership.customer if self.membership else None

    def may(self, right: Right) -> bool:
        if self.operator:
            return True
        return self.membership is not None and right in _OF_ROLE[self.membership.role]

    @cached_property
    def domain_names(self) -> frozenset[str] | None:
        """The domains a manager is confined to; None of everybody else."""
        if self.membership is None or self.membership.role != Role.MANAGER:
            return None
        return frozenset(self.membership.domains.values_list("name", flat=True))

    def customers(self) -> QuerySet[Customer]:
        if self.operator:
            return Customer.objects.all()
        return Customer.objects.filter(memberships__person=self.person)

    def domains(self) -> QuerySet[Domain]:
        """Into which he may move mail."""
        found = Domain.objects.filter(customer__in=self.customers())
        return found if self.domain_names is None else found.filter(name__in=self.domain_names)

    def migrations(self) -> QuerySet[MailMigration]:
        """Those of his customer, the newest first. A manager: those that lie wholly in his domains, and drafts of his own;
        of a migration that goes into other domains too he must not learn anything. The operator: also those of the command line."""
        found = MailMigration.objects.filter(deleting_at=None).order_by("-created_at", "-pk")
        if self.operator:
            return found
        if not self.may(Right.MIGRATE):
            return found.none()
        found = found.filter(customer__in=self.customers())
        if self.domain_names is None:
            return found
        mine = Q(domains__contained_by=sorted(self.domain_names)) & ~Q(domains=[])
        return found.filter(mine | Q(domains=[], asked_by=self.person))

    def people(self) -> QuerySet[Person]:
        """Whose role he may change: his customer's people, or everybody for the operator."""
        if not self.may(Right.PEOPLE):
            return Person.objects.none()
        found = Person.objects.order_by("email")
        return found if self.operator else found.filter(membership__customer__in=self.customers())
