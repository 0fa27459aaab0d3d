"""A migration of the panel, planned without a browser, by the verbs the pages call: for tests of what happens afterwards.

In a process whose Django is set up: ``planned(ring, Order(...))``. For a service that runs in processes of its own:

    python -m trasloco.testing.planned_migration < orders.json     # with its TRASLOCO_STATE_DIR; prints the codes

Customer, person, destination system and domain are made where they are not there. Logins are taken as checked.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from subprocess import run
from typing import TYPE_CHECKING, Any

from trasloco.imap.endpoint import Speech
from trasloco.plan.table import Row
from trasloco.secret import Secret

if TYPE_CHECKING:
    from trasloco.records.key_ring import KeyRing
    from trasloco.records.models import MailMigration

PERSON = "anna@operator.example"


@dataclass(frozen=True)
class Order:
    """What is wanted. accounts: (destination address, source login, source password). first_run_at: ISO 8601, "" = at once.
    second_minutes: None = no second run. second_when, quiet_hours: as of ``MailMigration``. mx_hosts: of the destination.
    master: of the destination, name and password.
    source_master: who opens all sources; the passwords are his then.
    source_type: a provider's name. source_speech: imap or pop3.
    oauth: the text of ``OauthSettings.as_secret``, for accounts with an empty password.
    installation: fields of its row. settings: of the engine, over the usual ones.
    """

    accounts: Sequence[tuple[str, str, str]] = (("a1@example.net", "a1@example.org", "password of 1"),)
    source: tuple[str, int] = ("127.0.0.1", 1)
    destination: tuple[str, int] = ("127.0.0.1", 2)
    master: tuple[str, str] = ("master", "master's password")
    first_run_at: str = ""
    second_minutes: int | None = 360
    second_when: str = "hour"
    quiet_hours: int | None = None
    mx_hosts: Sequence[str] = ()
    customer: str = "Example Ltd"
    language: str = "en"
    time_zone: str = "Europe/Rome"
    recipients: Sequence[str] = ()
    verification: str = ""
    installation: dict[str, Any] | None = None
    settings: dict[str, Any] | None = None
    source_type: str = "standard"
    source_master: str = ""
    oauth: str = ""
    source_speech: str = "imap"


def planned(ring: KeyRing, order: Order, now: datetime | None = None) -> MailMigration:
    """The migration, planned, with its mail written."""
    from trasloco.jobs.errands import plan_migration
    from trasloco.records.drafts import give_csv, start_draft
    from trasloco.records.models import CheckState, Installation, LoginCheck, MailMigration
    from trasloco.records.planning import plan, set_schedule

    Installation.objects.update(allow_private_addresses=True, **(order.installation or {}))
    customer, actor = _people(order)
    domains = {address.rpartition("@")[2] for address, _, _ in order.accounts}
    _serve(customer, domains, order, ring)
    draft = start_draft(actor, customer, order.source_type, "off")
    MailMigration.objects.filter(pk=draft.pk).update(settings=draft.settings | (order.settings or {}))
    rows = [
        Row(line, address, *order.source, login, Secret(password), order.source_master, Speech(order.source_speech))
        for line, (address, login, password) in enumerate(order.accounts, 1)
    ]
    give_csv(actor, draft, rows, {}, ring, Secret(order.oauth) if order.oauth else None)
    LoginCheck.objects.bulk_create(LoginCheck(account=account, state=CheckState.OK) for account in draft.accounts.all())
    at = datetime.fromisoformat(order.first_run_at) if order.first_run_at else None
    set_schedule(
        draft,
        at,
        order.second_minutes,
        order.time_zone,
        order.recipients,
        order.verification,
        second_run_when=order.second_when,
        quiet_hours=order.quiet_hours,
    )
    return plan(actor, draft, ring, now) if now else plan_migration(actor, draft, ring)


def plan_in(state: Path, *orders: Order, **environment: str) -> str:
    """The same in the database of a service with that state directory (and environment); returns the codes, a line for each."""
    done = run(  # our own module
        [sys.executable, "-m", "trasloco.testing.planned_migration"],
        # An old version takes one order by itself.
        input=json.dumps(asdict(orders[0]) if len(orders) == 1 else [asdict(order) for order in orders]),
        env=os.environ | {"TRASLOCO_STATE_DIR": str(state)} | environment,
        capture_output=True,
        text=True,
        timeout=120 + sum(len(order.accounts) for order in orders),
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


def _people(order: Order) -> tuple[Any, Any]:
    from trasloco.records.history import Actor
    from trasloco.records.models import Customer, Person

    customer, _ = Customer.objects.get_or_create(name=order.customer)
    person, _ = Person.objects.get_or_create(
        email=PERSON, defaults={"name": "Anna", "is_superuser": True, "language": order.language, "time_zone": order.time_zone}
    )
    return customer, Actor(person)


def _serve(customer: Any, domains: set[str], order: Order, ring: KeyRing) -> None:
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import DestinationLogin, DestinationSystem, Domain
    from trasloco.records.systems import add_domain, save_system

    name = f"{order.destination[0]}:{order.destination[1]}"
    system = DestinationSystem.objects.filter(name=name).first()
    if system is None:
        host, port = order.destination
        system = DestinationSystem(
            name=name,
            host=host,
            port=port,
            security="plain",
            form=DestinationLogin.MASTER,
            user=order.master[0],
            separator="*",
            mx_hosts=list(order.mx_hosts),
        )
        save_system(SCHEDULE, system, Secret(order.master[1]), ring)
    for domain in domains:
        if not Domain.objects.filter(name=domain).exists():
            add_domain(SCHEDULE, customer, domain, system)


def _main() -> None:
    from trasloco.project.database import prepare

    given = json.load(sys.stdin)
    orders = [Order(**values) for values in (given if isinstance(given, list) else [given])]
    with prepare():
        from django.conf import settings

        from trasloco.records.key_ring import KeyRing

        ring = KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE)
        for order in orders:
            print(planned(ring, order).code)


if __name__ == "__main__":
    _main()
