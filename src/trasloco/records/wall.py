"""The second wall between customers: what a page asks the database for is cut down there too (row-level security).

The pages cut every query down by themselves (``rights``). Should one of them forget to, the database still shows the rows of the
viewer's own customer only: for the time of a request its connection acts as a role that the rules of ``wall_rules`` hold for.
Workers and the command line act as the owner of the tables, for whom they do not hold, and so does the operator.

``with within(scope):`` raises the wall for this thread or task, also on connections opened meanwhile; ``with beyond():`` takes it down
for what must look at all customers (is this mailbox on its way elsewhere?): each use says why. ``build`` makes role and rules.

Not a wall against somebody who makes the panel run SQL of his own: he can change the role back (docs/adr/0017-second-wall.md).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import psycopg
from django.db import connection as django_connection
from django.db.backends.signals import connection_created
from psycopg import sql
from psycopg.pq import TransactionStatus

from trasloco.records.wall_rules import GUARDED

if TYPE_CHECKING:
    from trasloco.records.rights import Viewer

log = logging.getLogger(__name__)

POLICY = "trasloco_wall"
BUILD_LOCK = 0x7472_6173_6C6F_0002  # "traslo", purpose 2
_NAME_BYTES = 63  # of PostgreSQL's names

_ACT = "SELECT set_config('role', %s, false), set_config('trasloco.customer', %s, false), set_config('trasloco.person', %s, false)"
_NOBODY = "0"
_role: str | None = None
"""What ``build`` found or made in this process; None: there is no wall here, and the log has said so."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows are shown. customer, person: ids; "0": of nobody; "": before the sign-in."""

    customer: str
    person: str

    @classmethod
    def of(cls, viewer: Viewer | None) -> Scope | None:
        """None = everything: the operator's."""
        if viewer is None:
            return cls("", "")
        if viewer.operator:
            return None
        return cls(str(viewer.customer.pk) if viewer.customer else _NOBODY, str(viewer.person.pk))

    def of_anybody_there(self) -> Scope:
        """The same for all people of the customer, for what they share."""
        return Scope(self.customer, _NOBODY)


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)
_changed: WeakSet[Any] = WeakSet()
"""Connections on which a wall was raised, and not certainly taken down."""


@contextmanager
def within(scope: Scope | None) -> Iterator[None]:
    """Only what the scope shows, as long as the block lasts; None: everything."""
    token = _scope.set(scope)
    try:
        _act_on_open()
        yield
    finally:
        _scope.reset(token)
        with suppress(Exception):  # a connection that is gone, or goes: the next one begins as ``_opened`` says
            _act_on_open()


@contextmanager
def beyond() -> Iterator[None]:
    """All customers' rows, for a question that concerns all of them. The caller says which, beside it."""
    with within(None):
        yield


def current_scope() -> Scope | None:
    """Of this thread or task; None = everything."""
    return _scope.get()


def _act_on_open() -> None:
    """Make the connection of this thread act as the scope says, if it has one; one whose transaction has failed gets
    back by its rollback what it had before."""
    if django_connection.connection is None:
        return
    if django_connection.connection.info.transaction_status != TransactionStatus.INERROR:
        _act(django_connection)


def _act(opened: Any) -> None:
    scope, raw = _scope.get(), opened.connection
    if _role is None or (scope is None and raw not in _changed):
        return
    _changed.add(raw)
    with opened.wrap_database_errors:  # past Django's cursor: it is no query of the page's own
        raw.execute(_ACT, (_role, scope.customer, scope.person) if scope else ("none", "", ""))
    if scope is None and not opened.in_atomic_block:  # in one, a rollback brings back what was
        _changed.discard(raw)


def _opened(sender: object, connection: Any, **_: object) -> None:
    """A connection from the pool: as the scope says, whatever it was used for before."""
    if connection.alias == django_connection.alias:
        _act(connection)


connection_created.connect(_opened, dispatch_uid="trasloco.records.wall")


# -- building it ----------------------------------------------------------------------------------


def build(conninfo: str) -> str:
    """Make role and rules where they are missing or have changed, and try them. Returns why there is no wall, "" when it stands.

    The words are for the operator. Raises psycopg.Error when the database cannot be had.
    """
    global _role
    with psycopg.connect(conninfo, autocommit=True, connect_timeout=30) as connection:
        role = _role_name(connection)
        plan = _plan(connection)
        why = ""
        if not _stands(connection, role, plan):
            connection.execute("SELECT pg_advisory_lock(%s)", (BUILD_LOCK,))
            if not _stands(connection, role, plan):
                why = _raise(connection, role, plan)
    _role = None if why else role
    if why:
        log.warning("%s", why)
    return why


def _role_name(connection: psycopg.Connection[Any]) -> str:
    """One for each database: roles belong to the whole server, and what one database's panel may see is no business of another's."""
    found = connection.execute("SELECT current_database()").fetchone()
    assert found
    name = f"{found[0]}_panel"
    if len(name.encode()) <= _NAME_BYTES:
        return name
    return f"trasloco_panel_{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _plan(connection: psycopg.Connection[Any]) -> str:
    """A digest of the rules and of the tables there are: a new one has to be opened to the role."""
    return hashlib.sha256(json.dumps([dict(GUARDED), _tables(connection)], sort_keys=True).encode()).hexdigest()


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    """All but partitions: those have no rules of their own, so the role gets to them over their parent only."""
    found = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = current_schema()::regnamespace"
        " ORDER BY 1"
    )
    return [str(name) for (name,) in found]


def _stands(connection: psycopg.Connection[Any], role: str, plan: str) -> bool:
    """Tried, not believed: the role is taken on, and what it may see is asked for."""
    noted = connection.execute(
        "SELECT obj_description(oid, 'pg_policy') FROM pg_policy WHERE polname = %s AND polrelid = 'trasloco_migration'::regclass",
        (POLICY,),
    ).fetchone()
    if noted != (plan,):
        return False
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SELECT set_config('role', %s, true), set_config('trasloco.customer', '0', true)", (role,))
            found = connection.execute(
                "SELECT row_security_active('trasloco_migration'), EXISTS (SELECT FROM trasloco_migration)"
            ).fetchone()
    except psycopg.Error:
        return False
    return found == (True, False)


def _raise(connection: psycopg.Connection[Any], role: str, plan: str) -> str:
    """Why it could not be done, "" when it was."""
    name = sql.Identifier(role)
    try:
        with connection.transaction():
            if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
                connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE").format(name))
            if not _may_act_as(connection, role):
                connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
            schema = sql.Identifier(_schema(connection))
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, name))
            tables = sql.SQL(", ").join(map(sql.Identifier, _tables(connection)))
            connection.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(tables, name))
            connection.execute(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {} TO {}").format(schema, name))
            _make_rules(connection, plan)
    except psycopg.errors.InsufficientPrivilege as error:
        return _words(connection, role, error)
    return "" if _stands(connection, role, plan) else _words(connection, role, None)


def _may_act_as(connection: psycopg.Connection[Any], role: str) -> bool:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SELECT set_config('role', %s, true)", (role,))
    except psycopg.Error:
        return False
    return True


def _make_rules(connection: psycopg.Connection[Any], plan: str) -> None:
    policy = sql.Identifier(POLICY)
    for table, condition in GUARDED.items():
        name = sql.Identifier(table)
        connection.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(name))
        connection.execute(sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(policy, name))
        # For whatever is done to a row, and for the row that comes of it.
        rule = sql.SQL(condition)
        connection.execute(sql.SQL("CREATE POLICY {} ON {} USING ({}) WITH CHECK ({})").format(policy, name, rule, rule))
    connection.execute(sql.SQL("COMMENT ON POLICY {} ON trasloco_migration IS {}").format(policy, sql.Literal(plan)))


def _schema(connection: psycopg.Connection[Any]) -> str:
    found = connection.execute("SELECT current_schema()").fetchone()
    assert found
    return str(found[0])


def _words(connection: psycopg.Connection[Any], role: str, error: psycopg.Error | None) -> str:
    owner = connection.info.user
    said = f" PostgreSQL said: {' '.join(str(error).split())}." if error else ""
    return (
        f"The database does not keep customers apart by itself: its user {owner} may not make the role that does.{said} "
        "The pages do all the same. "
        f'To have both, let an administrator of PostgreSQL run CREATE ROLE "{role}" NOLOGIN; GRANT "{role}" TO "{owner}"; and start again.'
    )
