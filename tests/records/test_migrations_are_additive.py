"""The rule by which an upgrade needs no standstill: a worker of the version before goes on with the schema of the next.

A migration may add: tables, columns that may be NULL or have a default in the database (the old version's INSERT does not name
them), indexes. What the old version reads or writes is not taken away, renamed or made narrower; that is for the release after.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddField, AddIndex, AlterField, AlterModelOptions, CreateModel, RemoveField, RenameField, RunSQL
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from trasloco.project.database import Database

APP = "trasloco_records"
ROOT = Path(__file__).parents[2]
FIRST = 14  # those before were never upgraded over with workers at work
BEFORE_THE_RULE = {"mx_watch"}  # by the name without its number: older than the rule, and than the first release
# More than the rule allows, with the test that has an old version's statements go on through it.
PROVEN = {"partitioned_ledger": "tests/records/test_partitioned_ledger.py"}
_ADDS = re.compile(r"CREATE (TABLE|INDEX) |ALTER TABLE \w+ ADD COLUMN (?!.*NOT NULL(?! DEFAULT))[^,]*$", re.IGNORECASE)
HARMLESS = (CreateModel, AddIndex, AlterModelOptions)


def offences(operation: Operation, state: ProjectState) -> list[str]:
    """Why an old version may stumble over this operation, on the state before it; nothing when it may not."""
    what = operation.describe()
    if isinstance(operation, HARMLESS):
        return []
    if isinstance(operation, AddField):
        field = operation.field
        unique = field.unique or isinstance(field, models.OneToOneField)
        fits = field.null or field.many_to_many or field.db_default is not models.NOT_PROVIDED
        return [] if fits and not unique else [f"{what}: an INSERT that does not name it must go on (null=True or db_default)"]
    if isinstance(operation, AlterField):
        before = state.models[APP, operation.model_name_lower].fields[operation.name]
        return [] if _column(before) == _column(operation.field) else [f"{what}: the column changes under the old version"]
    if isinstance(operation, RunSQL) and isinstance(operation.sql, str):  # of tables that Django does not manage
        statements = [" ".join(each.split()) for each in operation.sql.split(";") if each.strip()]
        return [f"{each}: not among what only adds" for each in statements if not _ADDS.match(each)]
    return [f"{what}: not among what only adds"]


def _column(field: models.Field[Any, Any]) -> tuple[object, ...]:
    """What the database knows of it; choices and words are none of its business."""
    return type(field), getattr(field, "max_length", None), field.null, field.unique, field.db_default, field.remote_field is None


def test_each_migration_only_adds(database: Database) -> None:
    loader = MigrationLoader(connection)
    found: list[str] = []
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        number, _, rest = name.partition("_")
        if app != APP or int(number) < FIRST or rest in BEFORE_THE_RULE:
            continue
        if rest in PROVEN:
            assert (ROOT / PROVEN[rest]).exists()
            continue
        state = loader.project_state((app, name), at_end=False)
        for operation in migration.operations:
            found += [f"{name}: {words}" for words in offences(operation, state)]
            operation.state_forwards(APP, state)
    assert found == []


@pytest.mark.parametrize(
    "operation",
    [
        AddField("transfer", "more", models.IntegerField(default=0)),
        AddField("transfer", "more", models.IntegerField(null=True, unique=True)),
        AlterField("transfer", "folder", models.IntegerField()),
        RemoveField("transfer", "folder"),
        RenameField("transfer", "folder", "mailbox"),
        RunSQL("DROP TABLE trasloco_transfer"),
        RunSQL("ALTER TABLE trasloco_ledger_message ADD COLUMN more integer NOT NULL"),
        RunSQL("ALTER TABLE trasloco_ledger_message ADD COLUMN more integer, DROP COLUMN flags"),
    ],
)
def test_the_rule_finds_what_stops_an_old_version(database: Database, operation: Operation) -> None:
    state = MigrationLoader(connection).project_state()
    assert offences(operation, state)


@pytest.mark.parametrize(
    "operation",
    [
        AddField("transfer", "more", models.IntegerField(null=True)),
        AddField("transfer", "more", models.IntegerField(default=0, db_default=0)),
        RunSQL("ALTER TABLE trasloco_ledger_message ADD COLUMN more integer; ALTER TABLE x ADD COLUMN y int NOT NULL DEFAULT 0"),
        AddIndex("transfer", models.Index(fields=["folder"], name="more")),
    ],
)
def test_the_rule_lets_pass_what_only_adds(database: Database, operation: Operation) -> None:
    assert offences(operation, MigrationLoader(connection).project_state()) == []
