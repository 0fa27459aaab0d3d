"""The database shows each customer his own rows, whoever forgot to ask for no others; and says when it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.fix_people import Cast
from trasloco.project.database import Database
from trasloco.records import wall
from trasloco.records.wall import Scope, beyond, within
from trasloco.records.wall_rules import GUARDED, OPEN


def models() -> list[Any]:
    from django.apps import apps

    return [model for model in apps.get_models(include_auto_created=True) if model._meta.db_table in GUARDED]


def scope_of(cast: Cast, name: str) -> Scope | None:
    from trasloco.records.rights import Viewer

    return Scope.of(Viewer.of(cast.people[name]))


def rows(model: Any) -> int:
    return int(model.objects.count())


def test_every_table_is_guarded_or_says_why_it_need_not_be(clean_database: Database) -> None:
    with psycopg.connect(clean_database.conninfo) as connection:
        found = connection.execute(
            "SELECT relname, relrowsecurity FROM pg_class"
            " WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace"
        )
        tables: dict[str, bool] = dict(found.fetchall())
    assert not set(GUARDED) & set(OPEN)
    assert set(tables) == set(GUARDED) | set(OPEN), "a table with rows of customers belongs into wall_rules.GUARDED, any other into OPEN"
    assert {name for name, guarded in tables.items() if guarded} == set(GUARDED)


def test_another_customer_is_shown_no_row_of_what_is_moved(cast: Cast) -> None:
    there = {model: rows(model) for model in models()}
    with within(scope_of(cast, "stranger")):
        shown = {model.__name__: rows(model) for model in models() if rows(model)}
    assert set(shown) <= {"Domain", "Customer", "Membership", "Person", "HistoryEntry", "DestinationSystem", "Mail", "EmailAddress"}
    assert (shown["Customer"], shown["Domain"], shown["Membership"], shown["Person"]) == (1, 1, 1, 1)
    assert sum(1 for count in there.values() if count) > 15, "the cast has rows in most tables: nothing was shown of them"


def test_ones_own_customers_rows_are_all_shown(cast: Cast) -> None:
    from trasloco.records.models import Account, LogEntry, MailMigration, ParkedMessage, Person, Transfer

    with within(scope_of(cast, "team")):
        assert rows(MailMigration) == 3
        assert rows(Account) == 5
        assert rows(Transfer) == 4
        assert (rows(LogEntry), rows(ParkedMessage)) == (1, 1)
        assert set(Person.objects.values_list("membership__customer", flat=True)) == {cast.alpha.pk}


def test_the_operator_and_the_workers_see_everything(cast: Cast) -> None:
    from trasloco.records.models import Customer

    assert scope_of(cast, "superuser") is None
    with within(scope_of(cast, "superuser")):
        assert rows(Customer) == 2
    assert rows(Customer) == 2


def test_before_the_sign_in_people_are_found_and_nothing_that_is_moved(cast: Cast) -> None:
    from trasloco.records.models import Account, Domain, MailMigration, Person

    with within(Scope.of(None)):
        assert Person.objects.filter(email__iexact="admin@alpha.example").exists()
        assert (rows(MailMigration), rows(Account), rows(Domain)) == (0, 0, 0)


def test_who_belongs_to_nobody_sees_himself_only(cast: Cast) -> None:
    from trasloco.records.models import Customer, HistoryEntry, Membership, Person

    person = cast.people["removable"]
    Membership.objects.filter(person=person).delete()
    with within(scope_of(cast, "removable")):
        assert [found.pk for found in Person.objects.all()] == [person.pk]
        assert (rows(Customer), rows(HistoryEntry)) == (0, 0)


def test_a_foreign_row_is_neither_changed_nor_removed_nor_made(cast: Cast) -> None:
    from django.db import ProgrammingError, transaction

    from trasloco.records.models import Account, HistoryEntry, MailMigration

    with within(scope_of(cast, "stranger")):
        assert MailMigration.objects.filter(pk=cast.moving.pk).update(source_type="gmail") == 0
        assert Account.objects.filter(pk=cast.account.pk).delete()[0] == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            HistoryEntry.objects.create(verb="signed-in", customer=cast.alpha)
    assert Account.objects.filter(pk=cast.account.pk).exists()


def test_beyond_the_wall_is_for_a_block_and_the_wall_stands_again_whatever_happened_in_it(cast: Cast) -> None:
    from django.db import transaction

    from trasloco.records.models import Customer

    with within(scope_of(cast, "stranger")):
        with beyond():
            assert rows(Customer) == 2
        assert rows(Customer) == 1
        with suppress(psycopg.Error, Exception), transaction.atomic(), beyond():
            Customer.objects.raw("SELECT no such thing")[0]
        assert rows(Customer) == 1
    assert rows(Customer) == 2


def test_a_connection_that_comes_from_the_pool_shows_what_the_scope_says(cast: Cast) -> None:
    from django.db import connection

    from trasloco.records.models import Customer

    with within(scope_of(cast, "stranger")):
        assert rows(Customer) == 1
        connection.close()
        assert rows(Customer) == 1
        connection.close()
    assert rows(Customer) == 2, "and its next user is not confined by the last one"


def test_a_thread_of_its_own_is_confined_when_it_says_for_whom(cast: Cast) -> None:
    import threading

    from django.db import connection

    from trasloco.records.models import Customer

    seen: list[int] = []

    def look(scope: Scope | None) -> None:
        with within(scope):
            seen.append(rows(Customer))
        connection.close()

    for scope in (scope_of(cast, "stranger"), None):
        thread = threading.Thread(target=look, args=(scope,))
        thread.start()
        thread.join(60)
    assert seen == [1, 2]


# -- a PostgreSQL of the operator's, whose user is no superuser -------------------------------------


@pytest.fixture
def owned(database: Database) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A connection of the administrator to a database that belongs to an ordinary user, and that user's conninfo."""
    owner, name, password = "wall_owner", "wall_test", "otter kiln 3 mosaic"
    with psycopg.connect(database.conninfo, autocommit=True) as administrator:
        _remove(administrator, name, owner)
        administrator.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(owner), sql.Literal(password)))
        administrator.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner)))
        conninfo = make_conninfo(database.conninfo, user=owner, password=password, dbname=name)
        with psycopg.connect(conninfo, autocommit=True) as theirs:
            theirs.execute("CREATE SCHEMA IF NOT EXISTS public")
            for table in sorted(GUARDED):
                columns = "id bigint, email text, recipient text, destination_system_id bigint, "
                keys = ("customer", "person", "migration", "run", "account", "transfer", "folder", "membership", "user", "token", "webhook")
                columns += ", ".join(f"{key}_id bigint" for key in keys)
                theirs.execute(sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(table), sql.SQL(columns)))
            theirs.execute("INSERT INTO trasloco_migration (id, customer_id) VALUES (1, 7), (2, 8)")
        yield administrator, conninfo
        _remove(administrator, name, owner)


def _remove(administrator: psycopg.Connection[Any], name: str, owner: str) -> None:
    administrator.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    for role in (f"{name}_panel", owner):
        administrator.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


@pytest.fixture
def built_again(database: Database) -> Iterator[None]:
    """This process's own wall stands again afterwards."""
    yield
    assert wall.build(database.conninfo) == ""


@pytest.mark.parametrize("right", ["CREATEROLE", ""])
def test_an_ordinary_user_has_the_wall_if_he_may_make_roles_or_was_given_it(
    owned: tuple[psycopg.Connection[Any], str], built_again: None, right: str
) -> None:
    administrator, conninfo = owned
    if right:
        administrator.execute("ALTER ROLE wall_owner CREATEROLE")
    else:
        administrator.execute("CREATE ROLE wall_test_panel NOLOGIN")
        administrator.execute("GRANT wall_test_panel TO wall_owner")
    assert wall.build(conninfo) == ""
    assert wall.build(conninfo) == "", "a second time nothing is left to do"
    with psycopg.connect(conninfo, autocommit=True) as theirs:
        assert theirs.execute("SELECT id FROM trasloco_migration ORDER BY 1").fetchall() == [(1,), (2,)], (
            "the owner, as of workers and dumps"
        )
        theirs.execute("SELECT set_config('role', 'wall_test_panel', false), set_config('trasloco.customer', '7', false)")
        assert theirs.execute("SELECT id FROM trasloco_migration").fetchall() == [(1,)]


def test_where_it_cannot_be_had_it_says_so_and_what_to_do(
    owned: tuple[psycopg.Connection[Any], str], built_again: None, caplog: pytest.LogCaptureFixture
) -> None:
    words = wall.build(owned[1])
    assert "its user wall_owner may not make the role that does" in words
    assert 'CREATE ROLE "wall_test_panel" NOLOGIN; GRANT "wall_test_panel" TO "wall_owner";' in words
    assert words in caplog.text
    with within(Scope("1", "1")):  # and the panel works, by its own filters
        pass


def test_a_table_that_came_later_is_opened_to_the_panel_at_the_next_start(
    owned: tuple[psycopg.Connection[Any], str], built_again: None
) -> None:
    administrator, conninfo = owned
    administrator.execute("ALTER ROLE wall_owner CREATEROLE")
    assert wall.build(conninfo) == ""
    with psycopg.connect(conninfo, autocommit=True) as theirs:
        theirs.execute("CREATE TABLE later (id bigint)")
        assert wall.build(conninfo) == ""
        theirs.execute("SELECT set_config('role', 'wall_test_panel', false)")
        assert theirs.execute("SELECT count(*) FROM later").fetchone() == (0,)
