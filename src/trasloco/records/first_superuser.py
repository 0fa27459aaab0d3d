"""Is there anybody who may do everything? Until then a signed link of the terminal makes the first one."""

from __future__ import annotations

from django.db import transaction

from trasloco.records.history import Actor
from trasloco.records.models import Installation, Person
from trasloco.records.people_actions import make_superuser

SALT = "trasloco first start"
LIFETIME = 24 * 3600  # seconds


class SuperuserThere(Exception):
    """Somebody else was the first."""


@transaction.atomic
def make_first_superuser(address: str | None, email: str, password: str, name: str) -> Person:
    """The one the link is for; of two at once only one is made. Raises ``SuperuserThere``, ``AddressTaken``."""
    Installation.objects.select_for_update().get()
    if superuser_exists():
        raise SuperuserThere
    return make_superuser(Actor(None, address), email, password, name)


def superuser_exists() -> bool:
    """An active superuser."""
    return Person.objects.filter(is_superuser=True, is_active=True).exists()
