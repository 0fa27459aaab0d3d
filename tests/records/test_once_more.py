"""One more run after the passwords were wiped."""

from __future__ import annotations

from typing import Any

import pytest

from trasloco.plan.table import Row
from trasloco.records.key_ring import KeyRing
from trasloco.secret import Secret
from trasloco.testing.planned_migration import Order, planned

pytestmark = pytest.mark.usefixtures("clean_database")

ACCOUNTS = tuple((f"a{n}@example.net", f"a{n}@example.org", f"password of {n}") for n in (1, 2, 3))


def ended(ring: KeyRing) -> Any:
    """A migration whose only run has ended and was told of; its passwords are gone."""
    from trasloco.records.actions import end_run, wipe_secrets
    from trasloco.records.clock import now
    from trasloco.records.planning import start_now

    migration = planned(ring, Order(accounts=ACCOUNTS, second_minutes=None))
    run = start_now(_actor(), migration)
    run.transfers.update(status="completed")
    end_run(run)
    migration.runs.update(told_at=now())
    wipe_secrets(migration)
    migration.refresh_from_db()
    return migration


def _actor() -> Any:
    from trasloco.records.history import Actor
    from trasloco.records.models import Person

    return Actor(Person.objects.get())


def _row(number: int, **other: Any) -> Row:
    given = {"line": 1, "destination": f"A{number}@example.net", "host": "127.0.0.1", "port": 1, "login": f"a{number}@example.org"}
    return Row(**{**given, "password": Secret(f"new password of {number}"), **other})


def test_only_the_accounts_that_are_given_take_part_with_their_new_passwords(ring: KeyRing) -> None:
    from trasloco.records.once_more import run_once_more
    from trasloco.records.vault import Vault

    migration = ended(ring)
    run = run_once_more(_actor(), migration, [_row(3), _row(1)], {}, ring)
    assert (run.number, [row.account.destination_address for row in run.transfers.order_by("pk")]) == (
        2,
        ["a1@example.net", "a3@example.net"],
    )
    migration.refresh_from_db()
    vault = Vault.open(migration.code, migration.wrapped_key, migration.key_id, ring)
    first, second, third = migration.accounts.order_by("line")
    assert vault.reveal(first.source_secret, "a1@example.net source").reveal() == "new password of 1"
    assert vault.reveal(third.source_secret, "a3@example.net source").reveal() == "new password of 3"
    assert (second.source_secret, second.left_out, first.line, third.line) == (None, True, 1, 3)
    assert vault.reveal(migration.destination_secret, "destination").reveal() == "master's password"


def test_an_address_that_was_not_there_and_another_login_are_named(ring: KeyRing) -> None:
    from trasloco.records.once_more import row_problems

    migration = ended(ring)
    problems = row_problems(migration, [_row(1), _row(9, line=2), _row(2, line=3, login="somebody@example.org")])
    assert [(problem.line, problem.code) for problem in problems] == [(2, "not-of-this-migration"), (3, "other-login")]


def test_a_server_with_another_name_is_looked_up_anew(ring: KeyRing) -> None:
    from trasloco.records.models import Account
    from trasloco.records.once_more import run_once_more

    migration = ended(ring)
    Account.objects.filter(migration=migration).update(source_address="192.0.2.1", source_fingerprint="ab")
    run_once_more(_actor(), migration, [_row(1, host="imap.example.org"), _row(2)], {}, ring)
    first, second, _ = migration.accounts.order_by("line")
    assert (first.source_host, first.source_address, first.source_fingerprint) == ("imap.example.org", None, None)
    assert (second.source_address, second.source_fingerprint) == ("192.0.2.1", "ab")


def test_the_certificate_that_was_pinned_stays_pinned(ring: KeyRing) -> None:
    from trasloco.records.models import DestinationSystem
    from trasloco.records.once_more import run_once_more

    DestinationSystem.objects.update(trust="pin")
    migration = ended(ring)
    DestinationSystem.objects.update(trust="pin")
    migration.destination |= {"trust": "pin", "fingerprint": "cd" * 32}
    migration.save()
    run_once_more(_actor(), migration, [_row(1)], {}, ring)
    migration.refresh_from_db()
    assert migration.destination["fingerprint"] == "cd" * 32


@pytest.mark.parametrize(
    ("change", "code"), [("open", "still-runs"), ("untold", "being-ended"), ("deleted", "deleted"), ("many", "unfinished:1")]
)
def test_it_is_refused(ring: KeyRing, change: str, code: str) -> None:
    from trasloco.records.models import Customer, MailMigration
    from trasloco.records.once_more import run_once_more
    from trasloco.records.planning import NotNow

    migration = ended(ring)
    if change == "open":
        migration.runs.update(status="stopped")
    elif change == "untold":
        migration.runs.update(told_at=None)
    elif change == "deleted":
        MailMigration.objects.filter(pk=migration.pk).update(deleting_at=migration.created_at)
    else:
        planned(ring, Order(accounts=(("b@example.net", "b@example.org", "password"),)))
        Customer.objects.update(most_unfinished=1)
    with pytest.raises(NotNow) as caught:
        run_once_more(_actor(), migration, [_row(1)], {}, ring)
    assert str(caught.value) == code
    migration.refresh_from_db()
    assert migration.wrapped_key is None, "nothing was kept of a refused try"
