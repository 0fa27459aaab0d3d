"""Which passwords of an upload are kept, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from trasloco.plan.table import read
from trasloco.records.key_ring import KeyRing
from trasloco.secret import Secret

Make = Callable[..., Any]


def _of(migration: Any, text: str, *lines: int) -> Any:
    from trasloco.records.corrections import source_corrections

    table = read(text.encode(), by_token=True)
    assert table.problems == ()
    return source_corrections(migration, list(migration.accounts.filter(line__in=lines).values_list("pk", flat=True)), table.rows)


def test_only_passwords_of_these_accounts_are_taken(make_migration: Make) -> None:
    migration = make_migration()
    domain = migration.domains[0]
    text = "".join(f"A{n}@{domain};127.0.0.1:1;a{n}@old.example;new{n}\n" for n in (1, 2)) + f'a3@{domain};127.0.0.1:1;a3@old.example;""\n'
    found = _of(migration, text + "who@else.example;127.0.0.1:1;x;y\n", 1, 3)
    assert found.passwords == {migration.accounts.get(line=1).pk: Secret("new1")}
    assert [(problem.line, problem.code) for problem in found.problems] == [(2, "not-of-these"), (4, "not-of-these")]
    assert found.without == 1


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("127.0.0.1:1;other@old.example;new", "other-login"),
        ("192.0.2.9:1;a1@old.example;new", "other-server"),
        ("127.0.0.1:2;a1@old.example;new", "other-server"),
        ("127.0.0.1:1;a1@old.example;new;master", "other-master"),
    ],
)
def test_nothing_but_the_password_can_be_changed(make_migration: Make, line: str, code: str) -> None:
    migration = make_migration(accounts=1)
    found = _of(migration, f"a1@{migration.domains[0]};{line}\n", 1)
    assert [problem.code for problem in found.problems] == [code]
    assert found.passwords == {}


def test_lines_made_harmless_for_a_spreadsheet_are_known_again(make_migration: Make) -> None:
    rows = (("+a@plus.example", "=1+1"), ("-b@plus.example", "@b"))
    migration = _odd(make_migration, rows)
    text = "'+a@plus.example;127.0.0.1:1;'=1+1;new\n'-b@plus.example;127.0.0.1:1;'@b;new\n"
    found = _of(migration, text, 1, 2)
    assert (found.problems, len(found.passwords)) == ([], 2)


def _odd(make_migration: Make, rows: tuple[tuple[str, str], ...]) -> Any:
    """A migration with these logins."""
    migration = make_migration(accounts=len(rows))
    for line, (address, login) in enumerate(rows, 1):
        migration.accounts.filter(line=line).update(destination_address=address, login=login)
    return migration


def test_passwords_of_new_mailboxes_are_told_line_by_line(make_migration: Make) -> None:
    from trasloco.records.corrections import destination_corrections

    migration = make_migration()
    domain = migration.domains[0]
    accounts = list(migration.accounts.filter(line__in=(1, 2)).values_list("pk", flat=True))
    text = f'a1@{domain};"new;1"\r\na2@{domain};""\r\na3@{domain};new\r\nwho@else.example;x\r\n'
    found = destination_corrections(migration, accounts, text)
    assert found.passwords == {accounts[0]: Secret("new;1")}
    assert [(problem.line, problem.code) for problem in found.problems] == [(3, "not-of-these"), (4, "not-of-these")]
    assert found.without == 1


@pytest.mark.parametrize("side", ["source", "destination"])
def test_what_is_kept_can_be_opened_by_its_side_alone(make_migration: Make, ring: KeyRing, side: str) -> None:
    from trasloco.records.drafts import vault
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import HistoryEntry
    from trasloco.records.other_passwords import correct_passwords

    migration = make_migration()
    account, other = migration.accounts.get(line=1), migration.accounts.get(line=2)
    assert correct_passwords(SCHEDULE, migration, side, {account.pk: Secret("fresh")}, ring) == 1
    account.refresh_from_db()
    stored = getattr(account, f"{side}_secret")
    assert vault(migration, ring).reveal(stored, f"{account.destination_address} {side}") == Secret("fresh")
    assert migration.accounts.get(line=2).source_secret == other.source_secret
    assert "fresh" not in str(HistoryEntry.objects.get(verb="passwords-corrected").details)
