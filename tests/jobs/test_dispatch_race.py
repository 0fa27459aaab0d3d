"""Several processes admit, begin and end at once; what is under way is counted all the while from outside."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import psycopg
import pytest

from trasloco.project.database import Database
from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")

# It begins what is admitted, whoever admitted it, and ends now one, now another of its own.
WORKER = """
import random, sys
from trasloco.project.database import prepare
chance = random.Random(int(sys.argv[1]))
with prepare():
    from django.db import connection
    from trasloco.jobs.dispatch import admit
    from trasloco.records.actions import claim_transfer
    from trasloco.records.models import Transfer
    mine = []
    print("begins", flush=True)
    while True:
        admit(free=chance.randint(1, 6))
        admitted = list(Transfer.objects.filter(status="admitted").values_list("pk", "fence"))
        for pk, fence in chance.sample(admitted, min(1, len(admitted))):
            claim = claim_transfer(pk, fence, int(sys.argv[1]))
            mine += [claim.transfer_id] if claim else []
        if mine and chance.random() < 0.8:
            Transfer.objects.filter(pk=mine.pop(chance.randrange(len(mine)))).update(status="completed", worker=None)
"""

_SUMS = """
SELECT 'source', source_host, count(*), sum(connections) FROM trasloco_transfer WHERE status IN ('admitted', 'running') GROUP BY 1, 2
UNION ALL
SELECT 'destination', destination_host, count(*), sum(connections) FROM trasloco_transfer
    WHERE status IN ('admitted', 'running') GROUP BY 1, 2
UNION ALL
SELECT 'customer', m.customer_id::text, count(*), sum(t.connections) FROM trasloco_transfer t JOIN trasloco_run r ON r.id = t.run_id
    JOIN trasloco_migration m ON m.id = r.migration_id WHERE t.status IN ('admitted', 'running') GROUP BY 1, 2
UNION ALL
SELECT 'all', '', count(*), coalesce(sum(connections), 0) FROM trasloco_transfer WHERE status IN ('admitted', 'running')
"""

CAPS = {"source": (5, 7), "destination": (9, 14), "customer": (6, 9), "all": (8, 12)}
"""Transfers and connections."""

DEADLINE = 240.0
WANTED = 60
"""Transfers that are to have ended before the counting does."""


def many_migrations(ring: KeyRing) -> None:
    from trasloco.records.actions import begin_run
    from trasloco.records.models import Customer, Installation, MailMigration
    from trasloco.testing.migration_rows import small_migration

    for number in range(6):
        migration = small_migration(ring, 60, host=f"imap{number % 3}.example", domain=f"of{number}.example")
        customer, _ = Customer.objects.get_or_create(name=f"customer {number % 2}")
        MailMigration.objects.filter(pk=migration.pk).update(customer=customer)
        begin_run(migration)
    figures = {f"{where}_{what}": cap[place] for where, cap in CAPS.items() for place, what in enumerate(("transfers", "connections"))}
    Installation.objects.update(**figures)


def test_no_cap_is_ever_exceeded_by_workers_that_know_nothing_of_each_other(ring: KeyRing, clean_database: Database) -> None:
    """One of them is killed in the middle: what it held in a transaction is undone."""
    many_migrations(ring)
    environ = {**os.environ, "DATABASE_URL": clean_database.conninfo, "PYTHONWARNINGS": "ignore"}
    started = [subprocess.Popen([sys.executable, "-c", WORKER, str(number)], env=environ, stdout=subprocess.PIPE) for number in (1, 2, 3)]
    seen: dict[str, tuple[int, int]] = dict.fromkeys(CAPS, (0, 0))
    try:
        for process in started:
            assert process.stdout is not None
            process.stdout.readline()
        with psycopg.connect(clean_database.conninfo, autocommit=True) as connection:
            deadline, done, killed = time.monotonic() + DEADLINE, 0, False
            while done < WANTED:
                assert time.monotonic() < deadline, f"{done} of {WANTED} have ended"
                assert [process.poll() for process in started[1:]] == [None, None]
                for where, name, transfers, connections in connection.execute(_SUMS).fetchall():
                    assert transfers <= CAPS[where][0], (where, name)
                    assert connections <= CAPS[where][1], (where, name)
                    seen[where] = max(seen[where][0], transfers), max(seen[where][1], connections)
                row = connection.execute("SELECT count(*) FROM trasloco_transfer WHERE status = 'completed'").fetchone()
                assert row is not None
                done = row[0]
                if done > WANTED // 2 and not killed:
                    started[0].send_signal(signal.SIGKILL)
                    killed = True
                time.sleep(random.random() / 50)
    finally:
        for process in started:
            process.kill()
            process.wait(30)
            if process.stdout is not None:
                process.stdout.close()
    assert seen["all"][0] == CAPS["all"][0] or seen["all"][1] == CAPS["all"][1]  # it was reached, too
