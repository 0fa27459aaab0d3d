"""What admission reads, whatever waits: the database says how many rows, so nothing here depends on the speed of a machine."""

from __future__ import annotations

from typing import Any

import pytest

from trasloco.project.database import Database
from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")

_MORE_ACCOUNTS = """
INSERT INTO trasloco_account (migration_id, line, destination_address, source_host, source_port, source_security, source_trust,
    source_speech, login, master, left_out)
SELECT migration_id, n, 'u' || n || '-' || destination_address, 'imap' || n %% 4 || '.example', 993, 'implicit', 'verify', 'imap',
    'u' || n, '', false
FROM trasloco_account, generate_series(2, %s) n WHERE line = 1
"""
_THEIR_TRANSFERS = """
INSERT INTO trasloco_transfer (run_id, account_id, status, fence, source_host, destination_host, connections, failure_side,
    failure_scope, failure_retry, failure_code, failure_words, attempts, expected_messages, done_messages, copied_bytes, folder,
    flags_changed, seconds, facts)
SELECT r.id, a.id, 'waiting', 0, a.source_host, '127.0.0.1', 1, '', '', '', '', '', 0, 0, 0, 0, '', 0, 0, '{}'
FROM trasloco_account a JOIN trasloco_run r ON r.migration_id = a.migration_id WHERE a.line > 1 ORDER BY a.line
"""


def waiting(ring: KeyRing, each: int) -> None:
    """Eight runs of so many accounts, from four servers each."""
    from django.db import connection

    from trasloco.records.actions import begin_run
    from trasloco.testing.migration_rows import small_migration

    for number in range(8):
        begin_run(small_migration(ring, 1, host=f"imap{number % 4}.example", domain=f"of{number}.example"))
    with connection.cursor() as cursor:
        cursor.execute(_MORE_ACCOUNTS, [each])
        cursor.execute(_THEIR_TRANSFERS)
        cursor.execute("ANALYZE trasloco_account, trasloco_transfer, trasloco_run, trasloco_migration")


def rows_read(database: Database, count: int) -> int:
    """Of transfers and accounts, by admissions that are rolled back."""
    from django.db import connection, transaction

    from trasloco.jobs.dispatch import admit

    with transaction.atomic():
        before = _touched(connection)
        assert admit(free=count) == count
        found = _touched(connection) - before
        transaction.set_rollback(True)
    return found


def _touched(connection: Any) -> int:
    """Rows and index entries that this transaction has read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0) FROM pg_stat_xact_user_tables WHERE relname IN"
            " ('trasloco_transfer', 'trasloco_account')"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("free", [1, 20])
def test_it_reads_as_much_with_four_hundred_waiting_as_with_fifty_thousand(ring: KeyRing, clean_database: Database, free: int) -> None:
    waiting(ring, 50)
    few = rows_read(clean_database, free)
    clean_rows()
    waiting(ring, 6250)
    many = rows_read(clean_database, free)
    assert few > 0
    assert many <= 2 * few


def clean_rows() -> None:
    from trasloco.records.models import MailMigration

    MailMigration.objects.all().delete()


def test_when_all_places_are_taken_nothing_that_waits_is_read(ring: KeyRing) -> None:
    from django.db import connection, transaction

    from trasloco.jobs.dispatch import admit
    from trasloco.records.models import Installation

    waiting(ring, 500)
    Installation.objects.update(all_transfers=5)
    assert admit(free=20) == 5
    with transaction.atomic():
        before = _touched(connection)
        assert admit(free=20) == 0
        assert _touched(connection) - before < 50
