"""Where the rows of a migration's messages are: in a partition of its own, which goes in one step when the migration goes.

The table of messages is partitioned by ranges of folder ids. The folders of migration *n* have ids from n * 2^32 on, so that all that
names a folder names a partition, and no row is a byte longer for it. A trigger of the database gives folders their ids, because workers
of an older version bind folders too (``migrations/0020_partitioned_ledger``). ``MailMigration.ledger_from`` says what was decided:

- NULL: nothing yet. It is decided before the first folder is bound, once, and never changes then.
- 0: with others, in ``SHARED``: it had folders before there were partitions, or no partition could be made.
- otherwise the first of its ids; its rows are in ``partition(ledger_from)``.

Whoever reads over the parent table says which migration, by ``rows_of`` or ``in_place``: otherwise PostgreSQL would look at the
partitions of all. No default partition: with one, making another would stop everybody for a moment (docs/adr/0023-partitioned-ledger.md).
"""

from __future__ import annotations

import logging
from typing import Any, LiteralString

import psycopg
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, LockNotAvailable

from trasloco.records.connection_pool import conninfo
from trasloco.records.models import LedgerFolder, MailMigration

log = logging.getLogger(__name__)

PARENT: LiteralString = "trasloco_ledger_message"
SHARED = f"{PARENT}_shared"
EACH = 1 << 32
"""Ids of folders that a migration has for itself."""

REMOVE_LOCK = 0x7472_6173_6C6F_0003  # "traslo", purpose 3
_MAKE_WAIT = "5s"  # for others that make or remove a partition in this moment, or for VACUUM
_REMOVE_WAIT = "2s"  # for whoever still reads: a backup may take an hour

_UNDECIDED = """
SELECT m.id FROM trasloco_transfer t JOIN trasloco_account a ON a.id = t.account_id JOIN trasloco_migration m ON m.id = a.migration_id
WHERE t.id = %s AND m.ledger_from IS NULL
"""
_PENDING = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass AND i.inhdetachpending
"""
_ATTACHED = "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhparent = %s::regclass AND inhrelid = to_regclass(%s))"


def partition(ledger_from: int) -> str:
    """The name of the table that has the rows."""
    return f"{PARENT}_{ledger_from // EACH}" if ledger_from else SHARED


def rows_of(migration: str = "%(migration)s", folder: str = "m.folder_id") -> str:
    """A condition in SQL: rows of this migration, wherever they are. migration: its id, as a parameter or a literal of the statement, so
    that the planner sees it. It says where to look, not which folders: the statement has a condition on those, too."""
    first = f"({migration}::bigint << 32)"
    return f"({folder} < {EACH} OR {folder} BETWEEN {first} AND {first} + {EACH - 1})"


def folder_rows(condition: str = "TRUE", *, folder: str = "f.id", migration: str = "%(migration)s") -> str:
    """A join in SQL: behind the folders of an account, the rows ``m`` of each of them. migration: as of ``rows_of``.

    Each folder's rows are looked for by themselves, which the planner must not turn round (OFFSET 0 keeps it from that): where its
    figures are of a time before the ledger grew, it takes the rows of a whole migration for a handful and reads them all, for one account.
    """
    return f"CROSS JOIN LATERAL (SELECT * FROM {PARENT} m WHERE m.folder_id = {folder} AND {rows_of(migration)} AND {condition} OFFSET 0) m"  # noqa: S608


def in_place(migration_id: int) -> Q:
    """``rows_of`` for a query set of ``LedgerMessage``."""
    first = migration_id * EACH
    return Q(folder_id__lt=EACH) | Q(folder_id__gte=first, folder_id__lt=first + EACH)


def decide_place(transfer_id: int) -> None:
    """Before the first transfer of a migration begins: make the partition for its rows. Where that cannot be done, they go to ``SHARED``,
    and the log says why. A worker's act, as the owner of the tables."""
    with connection.cursor() as cursor:
        cursor.execute(_UNDECIDED, [transfer_id])
        found = cursor.fetchone()
    if found is None:
        return
    with transaction.atomic():
        undecided = MailMigration.objects.select_for_update(no_key=True).filter(pk=found[0], ledger_from=None)
        if undecided.exists():
            MailMigration.objects.filter(pk=found[0], ledger_from=None).update(ledger_from=_made(found[0]))


def _made(migration_id: int) -> int:
    """``ledger_from`` of a migration whose row is locked."""
    if LedgerFolder.objects.filter(account__migration=migration_id).exists():
        return 0
    first = migration_id * EACH
    name, parent = sql.Identifier(partition(first)), sql.Identifier(PARENT)
    bounds = sql.Literal(first), sql.Literal(first + EACH)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_MAKE_WAIT])
            cursor.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(name, parent))
            cursor.execute(sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(parent, name, *bounds))
    except DatabaseError as error:
        if not isinstance(error.__cause__, InsufficientPrivilege | LockNotAvailable):
            raise
        log.warning("the ledger of migration %s gets no table of its own; its rows are kept with others'. %s", migration_id, _said(error))
        return 0
    return first


def remove_place(migration: MailMigration) -> bool:
    """Remove the partition of a migration that is deleted, rows and all; True when there is none (any more).

    Nobody is held up: it is detached CONCURRENTLY, which waits for who reads or writes the ledger now but lets all others pass. False:
    that took too long (a backup), or another process is at it; what was begun is gone on with by the next call. Not in a transaction.
    Raises what Django raises for a database that is away.
    """
    if not migration.ledger_from:
        return True
    name = partition(migration.ledger_from)
    with connection.wrap_database_errors, psycopg.connect(conninfo(), autocommit=True, application_name="trasloco") as own:
        if own.execute("SELECT pg_try_advisory_lock(%s)", [REMOVE_LOCK]).fetchone() != (True,):
            return False
        own.execute("SELECT set_config('lock_timeout', %s, false)", [_REMOVE_WAIT])
        try:
            _detach(own, name)
            own.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name)))
        except LockNotAvailable as error:
            log.info("the ledger of migration %s is still being read, it is removed later: %s", migration.code, _said(error))
            return False
    return True


def _detach(own: psycopg.Connection[Any], name: str) -> None:
    """There may be one at most that was begun to be detached, this one or another: it comes first."""
    for (pending,) in own.execute(_PENDING, [PARENT]).fetchall():
        own.execute(sql.SQL("ALTER TABLE {} DETACH PARTITION {} FINALIZE").format(sql.Identifier(PARENT), sql.Identifier(pending)))
    if own.execute(_ATTACHED, [PARENT, name]).fetchone() == (True,):
        own.execute(sql.SQL("ALTER TABLE {} DETACH PARTITION {} CONCURRENTLY").format(sql.Identifier(PARENT), sql.Identifier(name)))


def _said(error: BaseException) -> str:
    return f"PostgreSQL said: {' '.join(str(error).split())}"
