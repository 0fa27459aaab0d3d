"""What belongs to a migration goes with it, in every table there is; and nothing of anybody else's."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from trasloco.engine.account import FolderResult, Outcome, RunStatus
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.ledger import MessageRow
from trasloco.project.database import Database
from trasloco.records.connection_pool import connection_pool
from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")

# Of the installation and its people, and what says afterwards who did what: they stay.
STAYS = {
    "trasloco_api_answer",  # for a day
    "trasloco_api_token",
    "trasloco_cache",
    "trasloco_customer",
    "trasloco_customer_credentials",
    "trasloco_destination_system",
    "trasloco_domain",
    "trasloco_fetched_bytes",  # of the mailbox, whose next migration has the same day; for a day
    "trasloco_history_entry",
    "trasloco_host_pace",
    "trasloco_installation",
    "trasloco_membership",
    "trasloco_membership_domain",
    "trasloco_person",
    "trasloco_webhook",
    "trasloco_worker_process",
}
ACTOR_ADDRESS = "192.0.2.77"


def counts(database: Database) -> dict[str, int]:
    """Rows of every table of ours, and of the queue."""
    with psycopg.connect(database.conninfo) as connection:
        names = [
            name
            for (name,) in connection.execute(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace"
                " AND (relname LIKE 'trasloco%' OR relname IN ('procrastinate_jobs', 'procrastinate_events'))"
            )
        ]
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}  # type: ignore[index]


def full_migration(ring: KeyRing, database: Database, name: str, ledger_from: int | None = None) -> Any:
    """One that has a row in every table that can have one: ended, verified, with mails, jobs and a check.

    ledger_from: 0 = its messages are among others', as before they had partitions."""
    import asyncio

    from django.utils import timezone

    from trasloco.jobs.errands import CHECK, MAIL, VERIFY, enqueue
    from trasloco.records.actions import begin_run, claim_transfer, finish_transfer
    from trasloco.records.models import (
        Customer,
        LedgerFolder,
        LedgerNumber,
        LedgerRelic,
        LogEntry,
        LoginCheck,
        Mail,
        MxWatch,
        OwnerSignIn,
        ParkedMessage,
        RunPace,
        ServerSearch,
        Verification,
        Webhook,
        WebhookDelivery,
    )
    from trasloco.records.postgres_ledger import PostgresLedger
    from trasloco.testing.migration_rows import small_migration

    migration = small_migration(ring, 1, domain=f"{name}.example.net")
    migration.customer = Customer.objects.create(name=name)
    migration.planned_at = timezone.now()
    migration.ledger_from = ledger_from
    migration.save()
    run = begin_run(migration)
    run.transfers.update(status="admitted")
    claim = claim_transfer(run.transfers.get().pk, 0, 1)
    assert claim is not None

    async def copy() -> None:
        async with connection_pool(database.conninfo, size=2) as pool:
            ledger = PostgresLedger(pool, account_id=claim.account.pk, transfer_id=claim.transfer_id, fence=claim.fence)
            folder = await ledger.bind(b"INBOX", b"INBOX")
            await ledger.record(folder.id, [MessageRow(uid, Fate.COPIED, 1, destination_uid=uid, size=7) for uid in range(1, 101)])
            await ledger.begin(folder.id, 1, 1, [200])

    asyncio.run(copy())
    tally = FolderResult("INBOX", "INBOX", Tally(copied=100))
    assert finish_transfer(claim, Outcome(RunStatus.COMPLETED, None, 0.1, 700, (tally,), flags_changed=0))
    LogEntry.objects.create(transfer_id=claim.transfer_id, at=timezone.now(), level="info", action="folder-done", words="done")
    LedgerNumber.objects.create(account=claim.account, name=b"uidl", number=1)
    LedgerRelic.objects.create(
        account=claim.account, source_name=b"Old", destination_name=b"Old", destination_uidvalidity=1, source_uid=1, size=7, fate=1, run=1
    )
    ParkedMessage.objects.create(folder=LedgerFolder.objects.get(account=claim.account), source_uid=5, at=timezone.now(), message=b"mail")
    LoginCheck.objects.create(account=claim.account)
    ServerSearch.objects.create(migration=migration, domain="old.example", address="anna@old.example")
    MxWatch.objects.create(migration=migration, domain="old.example", state={})
    OwnerSignIn.objects.create(migration=migration, mailbox="anna@old.example")
    RunPace.objects.create(run=run, at=timezone.now(), done=0, expected=0, size=0, finished=0)
    Verification.objects.create(account=claim.account, at=timezone.now(), asked=1, counts={})
    hook = Webhook.objects.create(customer=migration.customer, url="https://hooks.example.net/", created_at=timezone.now())
    WebhookDelivery.objects.create(webhook=hook, migration=migration, event="planned", body="{}", created_at=timezone.now())
    mail = Mail.objects.create(kind="planned", migration=migration, recipient="a@example.net", subject="s", text="t")
    enqueue(CHECK, f"check-{migration.pk}", migration_id=migration.pk)
    enqueue(VERIFY, f"verify-{run.pk}", run_id=run.pk)
    enqueue(MAIL, f"mail-{mail.pk}", mail_id=mail.pk)
    return migration


def test_everything_of_a_deleted_migration_goes_and_nothing_of_another(clean_database: Database, ring: KeyRing) -> None:
    from trasloco.records.deletion import mark_deleted, remove_marked
    from trasloco.records.history import Actor

    full_migration(ring, clean_database, "stays")
    before = counts(clean_database)
    gone = full_migration(ring, clean_database, "goes")
    full = counts(clean_database)
    grown = {name for name in full if full[name] > before[name]} | {"trasloco_cache", "trasloco_installation"}
    belongs = {name for name in full if name not in STAYS}
    assert {name for name in belongs if full[name] == before[name]} == set(), "a table the test does not fill"
    assert grown - STAYS == belongs
    mark_deleted(Actor(None, ACTOR_ADDRESS), gone)
    assert remove_marked() == 1
    after = counts(clean_database)
    assert {name: after[name] for name in belongs} == {name: before[name] for name in belongs}


def test_rows_among_those_of_others_go_in_pieces_and_over_several_ticks(
    clean_database: Database, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trasloco.records import deletion
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import LedgerMessage, MailMigration

    monkeypatch.setattr(deletion, "PIECE", 30)
    full_migration(ring, clean_database, "stays", ledger_from=0)
    gone = full_migration(ring, clean_database, "goes", ledger_from=0)
    deletion.mark_deleted(SCHEDULE, gone)
    assert deletion.remove_marked(seconds=-1.0) == 0
    assert LedgerMessage.objects.count() == 200
    assert MailMigration.objects.count() == 2  # of which one is not to be seen by anybody
    assert deletion.remove_marked() == 1
    assert LedgerMessage.objects.count() == 100


def test_its_passwords_are_gone_the_moment_it_is_marked(clean_database: Database, ring: KeyRing) -> None:
    from trasloco.records.deletion import mark_deleted
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import MailMigration

    migration = full_migration(ring, clean_database, "goes")
    assert migration.wrapped_key is not None
    mark_deleted(SCHEDULE, migration)
    found = MailMigration.objects.get()
    assert (found.wrapped_key, found.destination_secret, found.key_id) == (None, None, "")
    assert found.accounts.get().source_secret is None


@pytest.mark.parametrize("status", ["waiting", "running"])
def test_not_while_a_run_is_in_progress(clean_database: Database, ring: KeyRing, status: str) -> None:
    from trasloco.records.deletion import mark_deleted, mark_expired
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import MailMigration
    from trasloco.records.planning import NotNow

    migration = full_migration(ring, clean_database, "runs")
    migration.runs.update(status=status)
    with pytest.raises(NotNow, match="still-runs"):
        mark_deleted(SCHEDULE, migration)
    MailMigration.objects.update(keep_until="2020-01-01T00:00Z")
    assert mark_expired() == 0
    assert MailMigration.objects.get().wrapped_key is not None


@pytest.mark.parametrize("status", ["planned", "stopped", "failed"])
def test_one_that_waits_for_its_hour_or_was_stopped_can_be_deleted(clean_database: Database, ring: KeyRing, status: str) -> None:
    from trasloco.records.deletion import mark_deleted, remove_marked
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import MailMigration

    migration = full_migration(ring, clean_database, "waits")
    migration.runs.update(status=status)
    mark_deleted(SCHEDULE, migration)
    assert remove_marked() == 1
    assert not MailMigration.objects.exists()


def test_a_run_that_becomes_due_while_its_migration_is_deleted_does_not_begin(clean_database: Database, ring: KeyRing) -> None:
    from django.db import connection, transaction
    from django.utils import timezone

    from trasloco.records.deletion import mark_deleted
    from trasloco.records.history import SCHEDULE
    from trasloco.records.planning import begin_due_runs

    migration = full_migration(ring, clean_database, "due")
    migration.runs.update(status="planned", due_at=timezone.now())
    begun: list[Any] = []

    def look() -> None:
        begun.append(begin_due_runs())
        connection.close()

    tick = threading.Thread(target=look)
    with transaction.atomic():
        mark_deleted(SCHEDULE, migration)
        tick.start()
        tick.join(1.0)  # it waits for the run, or has passed it by already
    tick.join(30)
    assert begun == [[]]


def test_two_who_delete_at_once_delete_once(clean_database: Database, ring: KeyRing) -> None:
    from django.db import connection

    from trasloco.records.deletion import mark_deleted
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import HistoryEntry
    from trasloco.records.planning import NotNow

    migration = full_migration(ring, clean_database, "goes")
    refused: list[str] = []

    def press() -> None:
        try:
            mark_deleted(SCHEDULE, migration)
        except NotNow as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert refused == ["deleted"] * 3
    assert HistoryEntry.objects.filter(verb="migration-deleted").count() == 1


def test_after_its_days_it_goes_by_itself_and_the_history_says_so(clean_database: Database, ring: KeyRing) -> None:
    from django.utils import timezone

    from trasloco.jobs.chores import do_chores
    from trasloco.records.models import HistoryEntry, MailMigration, Run

    migration = full_migration(ring, clean_database, "old")
    Run.objects.update(told_at=timezone.now())
    MailMigration.objects.update(keep_until=timezone.now() + timedelta(minutes=5))
    do_chores()
    assert MailMigration.objects.exists()
    MailMigration.objects.update(keep_until=timezone.now() - timedelta(minutes=5))
    do_chores()
    assert not MailMigration.objects.exists()
    entry = HistoryEntry.objects.get(verb="migration-expired")
    assert entry.subject == migration.code
    assert json.dumps(entry.details) == "{}"
