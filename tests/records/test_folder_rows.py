"""What is asked of one account's messages reads that account's rows, whatever the database believes of the table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")

FOLDERS, OF_OTHERS, EACH = 2, 2_000, 10


def grown(ring: KeyRing) -> Any:
    """An account of two folders, whose migration has grown since the planner's figures were taken: they say that all folders
    are of this account, and that no message has such a fate or run."""
    from django.db import connection

    from trasloco.records.actions import begin_run, claim_transfer
    from trasloco.records.ledger_place import decide_place, partition
    from trasloco.records.models import Account, LedgerFolder, MailMigration
    from trasloco.testing.migration_rows import small_migration

    migration = small_migration(ring, 2)
    run = begin_run(migration)
    run.transfers.update(status="admitted")
    for transfer in run.transfers.all():
        decide_place(transfer.pk)
        claim_transfer(transfer.pk, transfer.fence, 1)
    mine, other = Account.objects.filter(migration=migration).order_by("pk")
    place = partition(MailMigration.objects.get(pk=migration.pk).ledger_from or 0)
    write = (
        f"INSERT INTO {place} (folder_id, source_uid, size, fate, run, flags, reason) SELECT f.id, n, 7, %(fate)s, %(run)s, '', ''"
        " FROM trasloco_ledger_folder f, generate_series(%(first)s, %(first)s + %(each)s - 1) n WHERE f.account_id = ANY(%(accounts)s)"
    )
    with connection.cursor() as cursor:
        LedgerFolder.objects.bulk_create(folders(mine, FOLDERS))
        cursor.execute(write, {"fate": 6, "run": 9, "first": 1, "each": EACH, "accounts": [mine.pk]})
        cursor.execute(f"ANALYZE {place}, trasloco_ledger_folder")
        LedgerFolder.objects.bulk_create(folders(other, OF_OTHERS))
        for fate in (1, 4):
            cursor.execute(write, {"fate": fate, "run": 1, "first": fate * 100, "each": EACH, "accounts": [mine.pk, other.pk]})
    return mine


def folders(account: Any, count: int) -> list[Any]:
    from trasloco.records.models import LedgerFolder

    return [LedgerFolder(account=account, source_name=b"%d" % n, destination_name=b"%d" % n) for n in range(count)]


def read_of_messages(node: dict[str, Any]) -> int:
    """Rows that the scans of the plan have brought or thrown away."""
    own = 0
    if str(node.get("Relation Name", "")).startswith("trasloco_ledger_message"):
        own = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return own + sum(read_of_messages(child) for child in node.get("Plans", ()))


@pytest.mark.parametrize(
    "statement",
    [
        "actions._BROUGHT",
        "actions._COPIED_BYTES",
        "account_contents._PLAIN",
        "account_contents._PLAIN_COUNT",
        "account_contents._COUNTS",
        "account_contents._EXCEPTIONS",
        "fates._ROWS_OF_ONE",
        "proof_source._COUNTS",
    ],
)
def test_the_rows_of_other_accounts_are_not_read(statement: str, ring: KeyRing) -> None:
    from importlib import import_module

    from django.db import connection

    account = grown(ring)
    module, name = statement.split(".")
    text = getattr(import_module(f"trasloco.records.{module}"), name)
    asked = {"account": account.pk, "migration": account.migration_id, "run": 1, "fate": 1, "fates": [4], "many": 10, "start": 0}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", asked)
        found = cursor.fetchone()[0]
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    assert 0 < read_of_messages(plan) <= FOLDERS * 3 * EACH
