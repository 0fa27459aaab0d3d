"""The panel asked without a browser: a client signed in as the person of ``testing.planned_migration``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from trasloco.project.database import Database
from trasloco.records.key_ring import KeyRing
from trasloco.testing.planned_migration import PERSON, Order, planned


@pytest.fixture
def make_migration(clean_database: Database, ring: KeyRing) -> Callable[..., Any]:
    """Plans a migration of ``accounts`` accounts in a domain of its own; takes the fields of ``Order`` as well."""
    numbers = iter(range(1, 1000))

    def make(accounts: int = 3, **wanted: Any) -> Any:
        domain = f"d{next(numbers)}.example"
        rows = tuple((f"a{n}@{domain}", f"a{n}@old.example", f"password of {n}") for n in range(1, accounts + 1))
        return planned(ring, Order(**{"accounts": rows, **wanted}))

    return make


@pytest.fixture
def anna(make_client: Callable[..., Client]) -> Client:
    """Signed in as the operator who plans the migrations of ``make_migration``."""
    from trasloco.records.models import Person

    person, _ = Person.objects.get_or_create(email=PERSON, defaults={"name": "Anna", "is_superuser": True, "time_zone": "Europe/Rome"})
    return make_client(person)
