"""A customer with people and a destination that is a real Dovecot, and the steps of "new migration" by HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from trasloco.project.database import Database
from trasloco.records.key_ring import KeyRing
from trasloco.secret import Secret
from trasloco.testing.dovecot import Dovecot

if TYPE_CHECKING:
    from django.test import Client

    from trasloco.records.models import Customer, DestinationSystem, MailMigration, Person

PASSWORD = "a long password 1"
MAILBOXES = {f"user{number}@old.example.org": f"hush;{number}" for number in range(1, 7)}


@pytest.fixture(scope="session")
def old_server() -> Iterator[Dovecot]:
    """Knows the six mailboxes of ``MAILBOXES`` and refuses all others."""
    with Dovecot(users=MAILBOXES) as server:
        yield server


@dataclass
class WizardCast:
    """Alice, admin of a customer with example.net and example.org; and what she does. client: signed in as her."""

    source: Dovecot
    ring: KeyRing
    customer: Customer
    system: DestinationSystem
    alice: Person
    client: Client
    clients: Callable[[], Client] = field(repr=False)

    def person(self, email: str, role: str, domains: tuple[str, ...] = (), customer: Customer | None = None) -> Person:
        """One more person, of Alice's customer or of another."""
        from trasloco.records.history import SCHEDULE
        from trasloco.records.models import Domain
        from trasloco.records.people_actions import invite

        given = list(Domain.objects.filter(name__in=domains))
        return invite(SCHEDULE, customer or self.customer, email, "", role, given, "en")

    def sign_in(self, person: Person) -> Client:
        client = self.clients()
        client.force_login(person)
        return client

    def line(self, number: int, address: str = "", password: str | None = None) -> str:
        """A line of the CSV for the old server's user of that number."""
        login = f"user{number}@old.example.org"
        secret = MAILBOXES[login] if password is None else password
        return f'{address or f"user{number}@example.net"};127.0.0.1:{self.source.port};{login};"{secret}"\n'

    def begin(self, client: Client | None = None) -> str:
        """The first step; returns the draft's code."""
        answer = (client or self.client).post("/migrations/new/", {"source_type": "standard", "source_tls": "off"})
        assert answer.status_code == 302, answer.content.decode()
        return str(answer.headers["Location"].split("/")[3])

    def give(self, code: str, text: str = "", client: Client | None = None, **more: Any) -> Any:
        """The second step; the answer."""
        return (client or self.client).post(f"/migrations/new/{code}/csv/", {"text": text, **more})

    def check(self, code: str, account_id: int | None = None) -> None:
        """The third step: the page, which asks for the check, and the worker's part of it."""
        from trasloco.engine.logins import HostGates
        from trasloco.jobs.login_checks import check_migration

        assert self.client.get(f"/migrations/new/{code}/check/").status_code == 200
        asyncio.run(check_migration(self.migration(code).pk, account_id, self.ring, HostGates()))

    def checked(self, text: str) -> str:
        """A draft whose accounts have been tried; its code."""
        code = self.begin()
        answer = self.give(code, text)
        assert answer.status_code == 302, answer.content.decode()
        self.check(code)
        return code

    def planned(self, text: str) -> str:
        """A migration that waits for tomorrow; its code."""
        code = self.checked(text)
        self.later(code)
        answer = self.migrate(code)
        assert answer.headers["Location"] == f"/migrations/{code}/", answer.headers
        return code

    def later(self, code: str, hours: int = 24) -> None:
        """The fourth step: the first run in so many hours, the second 6 hours after."""
        from datetime import UTC, datetime, timedelta

        at = (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")
        answer = self.client.post(f"/migrations/new/{code}/when/", {"start": "at", "at": at, "time_zone": "UTC", "second": "360"})
        assert answer.status_code == 302, answer.content.decode()

    def migrate(self, code: str, client: Client | None = None) -> Any:
        """The last step; the answer."""
        return (client or self.client).post(f"/migrations/new/{code}/review/")

    def migration(self, code: str) -> MailMigration:
        from trasloco.records.models import MailMigration

        return MailMigration.objects.get(code=code)


@pytest.fixture
def wizard(
    clean_database: Database, ring: KeyRing, monkeypatch: pytest.MonkeyPatch, old_server: Dovecot, dovecot_destination: Dovecot
) -> WizardCast:
    """The cast before the first step."""
    from django.conf import settings
    from django.test import Client

    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import Customer, DestinationSystem, Domain, Installation
    from trasloco.records.people_actions import invite
    from trasloco.records.systems import save_system

    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["testserver"])
    Installation.objects.update(allow_private_addresses=True)
    customer = Customer.objects.create(name="Alice & Co")
    assert dovecot_destination.master is not None
    user, secret = dovecot_destination.master
    system = DestinationSystem(
        name="Ours", host="127.0.0.1", port=dovecot_destination.port, security="plain", form="master", user=user, separator="*"
    )
    save_system(SCHEDULE, system, Secret(secret), ring)
    for name in ("example.net", "example.org"):
        Domain.objects.create(name=name, customer=customer, destination_system=system)
    alice = invite(SCHEDULE, customer, "alice@example.net", "Alice", "admin", [], "en")
    cast = WizardCast(old_server, ring, customer, system, alice, Client(), Client)
    cast.client = cast.sign_in(alice)
    return cast
