"""Who may do what: customers, their domains, their people. What follows from a role is in ``records.rights``."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from trasloco.records.models.destination_system import DestinationSystem


class Role(models.TextChoices):
    """Of a person among a customer's people. The operator's own superuser has none."""

    ADMIN = "admin", _("Admin")
    TEAM = "team", _("Team member")
    MANAGER = "manager", _("Domain manager")


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    ITALIAN = "it", "Italiano"


class Customer(models.Model):
    """A tenant. Limits that are None are those of the installation. is_active: False = none of his people can sign in.

    most_lines: of a CSV. most_unfinished: migrations at once. most_message_bytes: a larger message is left
    out and listed. most_hours: between first and second run. keep_days: after a migration's last run.
    most_transfers, most_connections: of all his migrations at once (``customer_transfers`` and ``customer_connections`` of the
    installation). share: of the places where several customers wait, as a multiple of what anybody gets.
    """

    name = models.CharField(max_length=200, unique=True)
    language = models.CharField(max_length=8, choices=Language, default=Language.ENGLISH)
    time_zone = models.CharField(max_length=64, default="UTC")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    most_lines = models.PositiveIntegerField(null=True, blank=True)
    most_unfinished = models.PositiveIntegerField(null=True, blank=True)
    most_message_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    most_hours = models.PositiveIntegerField(null=True, blank=True)
    keep_days = models.PositiveIntegerField(null=True, blank=True)
    most_transfers = models.PositiveIntegerField(null=True, blank=True)
    most_connections = models.PositiveIntegerField(null=True, blank=True)
    share = models.PositiveSmallIntegerField(default=1, db_default=1)

    class Meta:
        db_table = "trasloco_customer"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Domain(models.Model):
    """A mail domain of one customer, served by one of the operator's systems. name: lower case, A-labels (RFC 5890)."""

    name = models.CharField(max_length=253, unique=True)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="domains")
    destination_system = models.ForeignKey(DestinationSystem, models.PROTECT, related_name="domains")

    class Meta:
        db_table = "trasloco_domain"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    """Finds people by address whatever its case; makes none: that is ``records.people_actions``."""

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """Who signs in, by e-mail address. superuser: the operator himself, who sees all customers."""

    email = models.EmailField()
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=8, choices=Language, default=Language.ENGLISH)
    time_zone = models.CharField(max_length=64, default="UTC")
    is_active = models.BooleanField(default=True)
    is_superuser = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "trasloco_person"
        constraints = (models.UniqueConstraint(Lower("email"), name="trasloco_person_email"),)

    def __str__(self) -> str:
        return self.name or self.email


class Membership(models.Model):
    """A person belongs to one customer, with one role. domains: of a manager; those of the others are all."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="membership")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role)
    domains = models.ManyToManyField(Domain, related_name="managers", db_table="trasloco_membership_domain", blank=True)

    class Meta:
        db_table = "trasloco_membership"

    def __str__(self) -> str:
        return f"{self.person_id} is {self.role} of {self.customer_id}"
