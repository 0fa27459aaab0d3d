"""The list of migrations: search, filter, order, pages, and its live part."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from trasloco.testing.run_states import begin, close, set_states

Make = Callable[..., Any]


def _codes(client: Client, query: str = "") -> list[str]:
    page = client.get(f"/migrations/{query}").content.decode()
    return re.findall(r'id="row-(\w+)"', page)


def test_the_newest_is_first(anna: Client, make_migration: Make) -> None:
    first, second = make_migration(), make_migration()
    assert _codes(anna) == [second.code, first.code]


@pytest.mark.parametrize("what", ["code", "domain", "address", "person", "customer"])
def test_it_is_found_by(anna: Client, make_migration: Make, what: str) -> None:
    from trasloco.records.models import MailMigration

    wanted, _other = make_migration(customer="Wanted Ltd"), make_migration()
    MailMigration.objects.filter(pk=wanted.pk).update(asked_by_name="Zoe")
    words = {"code": wanted.code.upper(), "domain": wanted.domains[0], "address": f"a2@{wanted.domains[0]}", "person": "zoe"}
    assert _codes(anna, f"?q={words.get(what, 'wanted l')}") == [wanted.code]


def test_nothing_found_says_so(anna: Client, make_migration: Make) -> None:
    make_migration()
    page = anna.get("/migrations/?q=nowhere").content.decode()
    assert "No migration is like that." in page


def test_only_those_in_a_stage(anna: Client, make_migration: Make) -> None:
    planned_one, running = make_migration(), make_migration()
    set_states(begin(running), ["running", "waiting", "waiting"])
    assert _codes(anna, "?stage=running") == [running.code]
    assert _codes(anna, "?stage=planned") == [planned_one.code]
    assert len(_codes(anna, "?stage=nonsense")) == 2


@pytest.mark.parametrize("column", ["code", "status", "person", "type", "accounts", "first", "second", "created"])
def test_each_column_sorts_both_ways(anna: Client, make_migration: Make, column: str) -> None:
    from trasloco.records.models import MailMigration

    made = [make_migration(accounts=count, second_minutes=60 * count) for count in (2, 1, 3)]
    for migration, kind, name in zip(made, ("gmail", "standard", "exchange"), "bca", strict=True):
        MailMigration.objects.filter(pk=migration.pk).update(source_type=kind, asked_by_name=name)
    set_states(begin(made[0]), ["running", "waiting"])
    up, down = _codes(anna, f"?sort={column}"), _codes(anna, f"?sort=-{column}")
    assert sorted(up) == sorted(down) == sorted(migration.code for migration in made)
    if column != "status":  # two are planned, in the order of their making both ways
        assert up == down[::-1]
    if column == "accounts":
        assert up == [made[1].code, made[0].code, made[2].code]
    page = anna.get(f"/migrations/?sort=-{column}").content.decode()
    assert page.count('aria-sort="descending"') == (column != "created")


def test_a_long_list_has_pages_that_keep_what_was_asked(anna: Client, make_migration: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.panel.views import migration_list

    monkeypatch.setattr(migration_list, "PER_PAGE", 2)
    for _ in range(3):
        make_migration()
    assert len(_codes(anna)) == 2
    page = anna.get("/migrations/?sort=code&q=d").content.decode()
    assert "?q=d&amp;sort=code&amp;page=2" in page
    assert len(_codes(anna, "?sort=code&page=2")) == 1


def test_progress_and_failures_are_in_words(anna: Client, make_migration: Make) -> None:
    migration = make_migration(accounts=4)
    set_states(begin(migration), ["completed", "failed", "running", "waiting"])
    page = " ".join(anna.get("/migrations/").content.decode().split())
    assert "run 1: 2 of 4 accounts" in page
    assert "1 failed" in page


def test_the_live_part_comes_only_when_it_has_changed(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    run = begin(migration)
    set_states(run, ["running", "waiting", "waiting"])
    first = anna.get("/migrations/", headers={"HX-Request": "true"})
    assert first.status_code == 200
    assert "<html" not in first.content.decode()
    seen = {"HX-Request": "true", "X-Seen": first.headers["X-Digest"]}
    again = anna.get("/migrations/", headers=seen)
    assert (again.status_code, again.content) == (204, b"")
    set_states(run, ["completed", "running", "waiting"])
    assert anna.get("/migrations/", headers=seen).status_code == 200


def test_a_list_without_movement_is_not_asked_for_again(anna: Client, make_migration: Make) -> None:
    migration = make_migration(second_minutes=None)
    set_states(begin(migration), ["completed"] * 3)
    close(migration)
    assert "every 2s" not in anna.get("/migrations/").content.decode()
    assert anna.get("/migrations/", headers={"HX-Request": "true"}).status_code == 286


def test_its_queries_do_not_grow_with_the_list(anna: Client, make_migration: Make) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make_migration()
    with CaptureQueriesContext(connection) as few:
        anna.get("/migrations/")
    for _ in range(4):
        begin(make_migration())
    with CaptureQueriesContext(connection) as many:
        anna.get("/migrations/")
    assert len(many) <= len(few) + 1
