"""The database of this process: embedded or ``DATABASE_URL``, ready to use, with its schema up to date.

``with prepare() as database:`` is all a command needs before it touches records or jobs.
Errors: ``DatabaseUnavailable`` with words for the operator.
"""

from __future__ import annotations

import contextlib
import os
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from trasloco.project.paths import state_directory
from trasloco.records.database_unavailable import DatabaseUnavailable
from trasloco.records.embedded_postgres import EmbeddedPostgres

SETTINGS_MODULE = "trasloco.project.settings"
MIGRATE_LOCK = 0x7472_6173_6C6F_0001  # "traslo", purpose 1: an advisory lock of PostgreSQL is a 64-bit number


# A worker that is frozen inside a transaction must not hold its row locks against the one that takes over; the embedded
# server has it among its own settings. What the operator's ``options`` say comes behind and wins.
_FROZEN = "-c idle_in_transaction_session_timeout=60s"

# To notice within a minute that the machine of the database has gone without a word.
_FAR: dict[str, Any] = {"keepalives_idle": "20", "keepalives_interval": "10", "keepalives_count": "3", "tcp_user_timeout": "50000"}


@dataclass(frozen=True, slots=True)
class Database:
    """How to reach it. ``conninfo`` is what libpq takes; with ``DATABASE_URL`` it may hold a password."""

    conninfo: str
    embedded: bool

    def __repr__(self) -> str:
        return f"Database({'embedded' if self.embedded else 'DATABASE_URL'})"

    def django(self) -> dict[str, Any]:
        """The value of Django's ``DATABASES["default"]``."""
        parts = {name: value for name, value in conninfo_to_dict(self.conninfo).items() if value is not None}
        if not self.embedded:
            parts = _FAR | parts | {"options": f"{_FROZEN} {parts.get('options', '')}".strip()}
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.pop("dbname", "trasloco"),
            "USER": parts.pop("user", ""),
            "PASSWORD": parts.pop("password", ""),
            "HOST": parts.pop("host", ""),
            "PORT": str(parts.pop("port", "")),
            "CONN_MAX_AGE": 0,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {**parts, "pool": {"min_size": 1, "max_size": 8, "max_idle": 60, "timeout": 10}},
        }


_current: Database | None = None


def current() -> Database | None:
    """The database ``prepare`` has opened, or the one ``DATABASE_URL`` names; None when there is neither yet."""
    return _current or _named(os.environ)


@contextlib.contextmanager
def opened(environ: Mapping[str, str] = os.environ) -> Iterator[Database]:
    """Start or attach the embedded server, or take ``DATABASE_URL``. No Django here."""
    named = _named(environ)
    if named:
        yield named
        return
    with EmbeddedPostgres(state_directory(environ), environ).running() as conninfo:
        yield Database(conninfo, embedded=True)


@contextlib.contextmanager
def prepare(environ: Mapping[str, str] = os.environ) -> Iterator[Database]:
    """Database, Django and schema, for as long as the block lasts. Once at a time in a process."""
    global _current
    with opened(environ) as database:
        _current = database
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS_MODULE)
        import django
        from django.db import connections

        django.setup()
        connections["default"].settings_dict.update(database.django())
        try:
            migrate(database)
            _keep_customers_apart(database)
            yield database
        finally:
            connections.close_all()
            connections["default"].close_pool()  # type: ignore[attr-defined] # of the PostgreSQL backend
            _current = None


def migrate(database: Database) -> bool:
    """Bring the schema up to date; one process at a time does it, the others wait. True if there was anything to do."""
    try:
        with psycopg.connect(database.conninfo, autocommit=True, connect_timeout=30) as connection:
            if not pending_migrations(connection):
                return False
            connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATE_LOCK,))
            if not pending_migrations(connection):
                return False
            from django.core.management import call_command

            from trasloco.project.patient_locks import with_patient_locks

            with_patient_locks(lambda: call_command("migrate", interactive=False, verbosity=0))
            return True
    except psycopg.Error as error:
        raise DatabaseUnavailable(f"The database cannot be used. PostgreSQL said: {' '.join(str(error).split())}") from error


def _keep_customers_apart(database: Database) -> None:
    """The second wall (``records.wall``); where it cannot be had the log says so, and what to do."""
    from trasloco.records import wall

    try:
        wall.build(database.conninfo)
    except psycopg.Error as error:
        raise DatabaseUnavailable(f"The database cannot be used. PostgreSQL said: {' '.join(str(error).split())}") from error


def pending_migrations(connection: psycopg.Connection[Any]) -> set[tuple[str, str]]:
    """Migrations on disk that the database has not seen, as app and name: a listing and one query, no migration is imported.

    Raises ``DatabaseUnavailable`` for a database that a newer version has used.
    """
    from django.apps import apps

    present: set[tuple[str, str]] = set()
    for config in apps.get_app_configs():
        with contextlib.suppress(ModuleNotFoundError):
            package = import_module(f"{config.name}.migrations")
            present |= {(config.label, module.name) for module in pkgutil.iter_modules(package.__path__) if module.name[0].isdigit()}
    if connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,):
        return present
    applied = set(connection.execute("SELECT app, name FROM django_migrations").fetchall())
    ours = {app for app, _ in present if app.startswith("trasloco")}
    if unknown := sorted(name for app, name in applied - present if app in ours):
        raise DatabaseUnavailable(
            f"The database was last used by a newer Trasloco (it has {unknown[-1]}). Use that version, or a database of its own."
        )
    return present - applied


def _named(environ: Mapping[str, str]) -> Database | None:
    url = environ.get("DATABASE_URL", "")
    if not url:
        return None
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise DatabaseUnavailable("DATABASE_URL is not understood; it looks like postgres://user:password@host:5432/database.") from error
    return Database(url, embedded=False)
