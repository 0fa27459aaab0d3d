"""What it costs to let transfers in, however many wait: ``python -m bench.admission``.

Runs of 500 accounts from four servers, none of which exists: nothing is moved. So many wait; then places become free again and
again: twenty are let in with their jobs, begun, ended. The rows that are read do not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

PLACES, ROUNDS, OF_A_RUN = 20, 10, 500
SIZES = (1_000, 5_000, 10_000, 50_000)

_ACCOUNTS = """
INSERT INTO trasloco_account (migration_id, line, destination_address, source_host, source_port, source_security, source_trust,
    source_speech, login, master, left_out)
SELECT migration_id, n, 'u' || n || '-' || destination_address, 'imap' || n %% 4 || '.example', 993, 'implicit', 'verify', 'imap', 'u' || n,
    '', false
FROM trasloco_account, generate_series(2, %s) n WHERE line = 1 AND migration_id = %s
"""
_READ = "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables WHERE relname = ANY(%s)"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="how many wait")
    sizes = sorted(options.parse_args().sizes)
    home = tempfile.mkdtemp(prefix="trasloco-admission-")
    environment = os.environ
    environment["TRASLOCO_STATE_DIR"] = home
    environment.pop("DATABASE_URL", None)
    try:
        _measure(sizes)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _measure(sizes: list[int]) -> None:
    from trasloco.project.database import prepare

    with prepare():
        from django.db import connection

        from trasloco.project.paths import master_key_file
        from trasloco.records.key_ring import KeyRing

        ring, waiting = KeyRing.open(master_key_file()), 0
        print(f"For each of {PLACES} transfers: milliseconds, and rows of accounts and transfers that are read")
        print("waiting " + "".join(f"{title:>18}" for title in ("to let it in", "to begin it", "to end it")))
        for size in sizes:
            while waiting < size:
                waiting += _more(ring, min(OF_A_RUN, size - waiting))
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE trasloco_account, trasloco_transfer, trasloco_run, trasloco_migration")
            rounds = [_round() for _ in range(ROUNDS)]
            waiting -= PLACES * ROUNDS
            medians = [statistics.median(each[step] for each in rounds) * 1000 / PLACES for step in range(3)]
            figures = (f"{each:8.2f} ms {rows:5}" for each, rows in zip(medians, _rows_read(), strict=True))
            print(f"{size:7} " + "".join(f"{each:>18}" for each in figures), flush=True)


def _more(ring: Any, count: int) -> int:
    """One more run that waits."""
    from django.db import connection

    from trasloco.records.actions import begin_run
    from trasloco.records.models import MailMigration
    from trasloco.testing.migration_rows import small_migration

    number = MailMigration.objects.count()
    migration = small_migration(ring, 1, host=f"imap{number % 4}.example", domain=f"of{number}.example")
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, [count, migration.pk])
    begin_run(migration)
    return count


def _steps() -> list[Callable[[], None]]:
    """To let in, to begin and to end as many as there are places."""
    from trasloco.engine.account import Outcome, RunStatus
    from trasloco.jobs.dispatch import admit
    from trasloco.records.actions import Claim, claim_transfer, finish_transfer
    from trasloco.records.models import Transfer

    claims: list[Claim] = []

    def let_in() -> None:
        admit(free=PLACES)

    def begin() -> None:
        for pk, fence in Transfer.objects.filter(status="admitted").values_list("pk", "fence"):
            claim = claim_transfer(pk, fence, 1)
            assert claim is not None
            claims.append(claim)

    def end() -> None:
        for claim in claims:
            finish_transfer(claim, Outcome(RunStatus.COMPLETED, None, 1.0, 0, ()))

    return [let_in, begin, end]


def _round() -> list[float]:
    """Seconds of each step."""
    from django.db import connection

    found = []
    for step in _steps():
        began = time.perf_counter()
        step()
        found.append(time.perf_counter() - began)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    return found


def _rows_read() -> list[int]:
    """Of transfers and accounts by each step, once more; that is undone."""
    from django.db import connection, transaction

    def so_far() -> int:
        cursor.execute(_READ, [["trasloco_transfer", "trasloco_account"]])
        return int(cursor.fetchone()[0] or 0)

    found = []
    with transaction.atomic(), connection.cursor() as cursor:
        for step in _steps():
            before = so_far()
            step()
            found.append((so_far() - before) // PLACES)
        transaction.set_rollback(True)
    return found


if __name__ == "__main__":
    main()
