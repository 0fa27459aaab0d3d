"""The page of one more run: what stands in it, what is refused, what begins."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

from django.test import Client

from trasloco.testing.run_states import begin, close, set_states

Make = Callable[..., Any]


def _ended(make_migration: Make, states: list[str]) -> Any:
    migration = make_migration(accounts=len(states), second_minutes=None)
    set_states(begin(migration), states)
    close(migration)
    return migration


def _text(client: Client, migration: Any, query: str = "") -> str:
    return _area(client.get(f"/migrations/{migration.code}/again/{query}").content.decode())


def _area(page: str) -> str:
    """What stands in the field of the lines."""
    found = re.search(r'<textarea[^>]*name="text"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found
    return html.unescape(found[1])


def test_the_lines_stand_there_but_for_the_passwords(anna: Client, make_migration: Make) -> None:
    migration = _ended(make_migration, ["completed", "failed"])
    domain = migration.domains[0]
    assert _text(anna, migration).split() == [
        f'a1@{domain};127.0.0.1:1;a1@old.example;""',
        f'a2@{domain};127.0.0.1:1;a2@old.example;""',
    ]
    assert _text(anna, migration, "?only=failed").split() == [f'a2@{domain};127.0.0.1:1;a2@old.example;""']


def test_with_passwords_it_begins_for_these_accounts(anna: Client, make_migration: Make) -> None:
    migration = _ended(make_migration, ["completed", "failed"])
    text = _text(anna, migration, "?only=failed").replace('""', "new")
    answer = anna.post(f"/migrations/{migration.code}/again/", {"text": text}, follow=True)
    assert "Run 2 begins." in answer.content.decode()
    run = migration.runs.get(number=2)
    assert (run.status, run.transfers.get().account.line) == ("waiting", 2)
    listed = re.search(r'data-label="Accounts">(\d+)<', anna.get("/migrations/").content.decode())
    assert listed
    assert listed[1] == "2", "one takes part again; the migration has two"


def test_lines_without_passwords_are_refused_and_stay_as_they_were_typed(anna: Client, make_migration: Make) -> None:
    migration = _ended(make_migration, ["completed", "failed"])
    text = _text(anna, migration).replace('""', "new", 1)
    answer = anna.post(f"/migrations/{migration.code}/again/", {"text": text})
    assert 'role="alert"' in answer.content.decode()
    assert _area(answer.content.decode()).split() == text.split()
    assert migration.runs.count() == 1


def test_an_address_of_another_migration_is_refused_beside_its_line(anna: Client, make_migration: Make) -> None:
    migration, other = _ended(make_migration, ["completed"]), _ended(make_migration, ["completed"])
    text = _text(anna, other).replace('""', "new")
    page = anna.post(f"/migrations/{migration.code}/again/", {"text": text}).content.decode()
    assert "This address is not one of this migration." in page


def test_an_empty_text_begins_nothing(anna: Client, make_migration: Make) -> None:
    migration = _ended(make_migration, ["completed"])
    page = anna.post(f"/migrations/{migration.code}/again/", {"text": " "}).content.decode()
    assert 'role="alert"' in page
    assert migration.runs.count() == 1


def test_while_a_run_is_open_it_says_why_not(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    answer = anna.get(f"/migrations/{migration.code}/again/", follow=True)
    assert "that has to end first" in answer.content.decode()
