"""Who takes part in the tests of rights: an operator, two customers with people of every role, and what they own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from trasloco.project.database import Database
from trasloco.records.key_ring import KeyRing
from trasloco.secret import Secret

if TYPE_CHECKING:
    from django.test import Client

    from trasloco.records.models import Customer, DestinationSystem, MailMigration, Person

PASSWORD = "gravel lantern 4 oboe"
MASTER_SECRET = "tulip engine 17"
BACKEND = "trasloco.panel.sign_in_backend.SignInBackend"


@dataclass
class Cast:
    """alpha: the customer, with domains alpha.example and other.example; beta: another one, with beta.example.

    draft: in the steps of "new migration". moving: its first run has begun, the second is planned; of alpha.example only.
    wide: into both domains of alpha. account, mail: of ``moving`` and alpha. token: of the superuser, for
    the API. webhook: of alpha. people: by what the tests call them.
    """

    alpha: Customer
    beta: Customer
    system: DestinationSystem
    spare: DestinationSystem
    people: dict[str, Person] = field(default_factory=dict)
    draft: Any = None
    moving: Any = None
    wide: Any = None
    account: Any = None
    parked: int = 0
    mail: Any = None
    token: int = 0
    webhook: int = 0
    ids: dict[str, int] = field(default_factory=dict)


@pytest.fixture
def make_client(clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Client]:
    """A browser without JavaScript; of a person it is signed in. Its host is one the panel answers to."""
    from django.conf import settings
    from django.test import Client

    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["testserver"])

    def make(person: Person | None = None) -> Client:
        client = Client()
        if person is not None:
            client.force_login(person, backend=BACKEND)
        return client

    return make


@pytest.fixture
def quick_passwords(clean_database: Database) -> Iterator[None]:
    """Hashes that cost nothing: eight people are made for each test."""
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture
def cast(quick_passwords: None, ring: KeyRing) -> Cast:
    """All of them, by the verbs the pages call."""
    from trasloco.records.api_tokens import make_token
    from trasloco.records.customers import save_customer
    from trasloco.records.history import Actor
    from trasloco.records.models import Customer, DestinationSystem, Domain
    from trasloco.records.people_actions import make_superuser
    from trasloco.records.systems import add_domain, save_system
    from trasloco.records.webhooks import add_webhook

    operator = make_superuser(Actor(), "operator@panel.example", PASSWORD, "Olga")
    actor = Actor(operator)
    systems = [DestinationSystem(name=name, host="mx.example.net", user="master") for name in ("Ours", "Spare")]
    for system in systems:
        save_system(actor, system, Secret(MASTER_SECRET), ring)
    customers = [Customer(name=name) for name in ("Alpha", "Beta")]
    for customer in customers:
        save_customer(actor, customer)
    for name, customer in (("alpha.example", customers[0]), ("other.example", customers[0]), ("beta.example", customers[1])):
        add_domain(actor, customer, name, systems[0])
    made = Cast(customers[0], customers[1], systems[0], systems[1])
    made.people["superuser"] = operator
    _people(made, actor)
    _migrations(made, ring)
    made.token = make_token(actor, "a program", ["read"], 30)[0].pk
    made.webhook = add_webhook(actor, made.alpha, "https://hooks.example.net/", Secret("a secret of webhooks"), ring).pk
    made.ids |= {domain.name: domain.pk for domain in Domain.objects.all()}
    return made


def _people(cast: Cast, actor: Any) -> None:
    """``invited`` has not chosen a password yet; ``removable`` is there to be changed."""
    from trasloco.records.models import Domain
    from trasloco.records.people_actions import accept_invitation, invite

    own, other = Domain.objects.get(name="alpha.example"), Domain.objects.get(name="other.example")
    wanted = {
        "admin": (cast.alpha, "admin", []),
        "team": (cast.alpha, "team", []),
        "manager": (cast.alpha, "manager", [own]),
        "manager-elsewhere": (cast.alpha, "manager", [other]),
        "stranger": (cast.beta, "admin", []),
        "removable": (cast.alpha, "team", []),
        "invited": (cast.alpha, "team", []),
    }
    for name, (customer, role, domains) in wanted.items():
        person = invite(actor, customer, f"{name}@{customer.name.lower()}.example", name.title(), role, domains, "en")
        if name != "invited":
            accept_invitation(person, PASSWORD, None)
        cast.people[name] = person


def _migrations(cast: Cast, ring: KeyRing) -> None:
    cast.draft = _draft(cast, ring, "d1@alpha.example")
    cast.moving = _planned(cast, ring, "m1@alpha.example", "m2@alpha.example")
    cast.wide = _planned(cast, ring, "w1@alpha.example", "w2@other.example")
    cast.account = cast.moving.accounts.order_by("line").first()
    _traces(cast)


def _draft(cast: Cast, ring: KeyRing, *addresses: str) -> MailMigration:
    from trasloco.plan.table import Row
    from trasloco.records.drafts import give_csv, start_draft
    from trasloco.records.history import Actor
    from trasloco.records.models import CheckState, LoginCheck

    actor = Actor(cast.people["admin"])
    draft = start_draft(actor, cast.alpha, "standard", "verify")
    rows = [Row(line, address, "imap.example.org", 993, f"u{line}", Secret("source password")) for line, address in enumerate(addresses, 1)]
    give_csv(actor, draft, rows, {}, ring)
    LoginCheck.objects.bulk_create(LoginCheck(account=account, state=CheckState.OK) for account in draft.accounts.all())
    return draft


def _planned(cast: Cast, ring: KeyRing, *addresses: str) -> MailMigration:
    """Planned, and its first run begun: its transfers wait for a worker."""
    from trasloco.records.history import Actor
    from trasloco.records.planning import plan, set_schedule, start_now

    draft = _draft(cast, ring, *addresses)
    set_schedule(draft, None, 360, "UTC", [], "")
    draft.refresh_from_db()
    planned = plan(Actor(cast.people["admin"]), draft, ring)
    start_now(Actor(cast.people["admin"]), planned)
    return planned


def _traces(cast: Cast) -> None:
    """A log, a parked message, a mail that could not be sent."""
    from django.utils import timezone

    from trasloco.records.models import LedgerFolder, LogEntry, Mail, MailKind, ParkedMessage, Transfer

    transfer = Transfer.objects.get(account=cast.account)
    LogEntry.objects.create(transfer=transfer, at=timezone.now(), level="info", words="began")
    folder = LedgerFolder.objects.create(account=cast.account, source_name=b"INBOX", destination_name=b"INBOX")
    cast.parked = ParkedMessage.objects.create(folder=folder, source_uid=7, at=timezone.now(), message=b"Subject: x\r\n\r\n").pk
    cast.mail = Mail.objects.create(
        kind=MailKind.PLANNED,
        migration=cast.moving,
        customer=cast.alpha,
        recipient="admin@alpha.example",
        subject="Planned",
        text="Planned.",
        attempts=1,
        words="Connection refused",
        not_before=timezone.now() + timedelta(minutes=20),
    )
