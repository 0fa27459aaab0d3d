from __future__ import annotations

from typing import Any

import pytest

from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")


def begun(ring: KeyRing, count: int, **settings: Any) -> Any:
    from trasloco.records.actions import begin_run
    from trasloco.records.models import MailMigration
    from trasloco.testing.migration_rows import small_migration

    migration = small_migration(ring, count)
    MailMigration.objects.filter(pk=migration.pk).update(settings=migration.settings | settings)
    return begin_run(MailMigration.objects.get(pk=migration.pk))


def claimed(run: Any, line: int) -> Any:
    from trasloco.records.actions import claim_transfer

    transfer = run.transfers.get(account__line=line)
    return claim_transfer(transfer.pk, transfer.fence, 7)


def test_alone_it_has_as_many_as_its_mailbox_may_have(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit

    run = begun(ring, 1, connections=3, connections_per_host=20)
    assert admit() == 1
    assert claimed(run, 1).connections == 3


def test_together_they_never_have_more_than_the_server_bears(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.records.actions import release_transfer

    run = begun(ring, 9, connections=3, connections_per_host=4)
    assert admit() == 4
    claims = [claimed(run, line) for line in range(1, 5)]
    assert [claim.connections for claim in claims] == [1, 1, 1, 1]
    assert admit() == 0
    release_transfer(claims[0])
    run.transfers.filter(account__line=1).update(status="completed")
    assert admit() == 1


def test_what_one_has_taken_is_not_given_to_the_next(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit

    run = begun(ring, 6, connections=3, connections_per_host=5)
    assert admit(total=1) == 1
    assert claimed(run, 1).connections == 3
    assert admit() == 2
    assert [claimed(run, line).connections for line in (2, 3)] == [1, 1]
    assert admit() == 0


def test_admitted_again_after_it_was_handed_back_it_begins_with_one(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.records.actions import release_transfer

    run = begun(ring, 2, connections=3, connections_per_host=3)
    admit(total=1)
    release_transfer(claimed(run, 1))
    assert admit() == 2
    assert set(run.transfers.values_list("connections", flat=True)) == {1}


def test_a_server_that_said_it_is_too_much_gets_no_more_than_it_bears(ring: KeyRing) -> None:
    from datetime import UTC, datetime

    from trasloco.jobs.dispatch import admit
    from trasloco.records.host_pace import signal

    run = begun(ring, 1, connections=3, connections_per_host=20)
    signal("imap.example.org", "too many", None, datetime.now(UTC))
    admit()
    assert claimed(run, 1).connections == 1


def test_who_freezes_while_all_wait_for_him_is_sent_away(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database ends a session that holds the lock and says nothing; what it had changed is undone."""
    import threading

    from django.db import DatabaseError, InterfaceError, connection, transaction

    from trasloco.jobs.dispatch import admit
    from trasloco.records import connections
    from trasloco.records.models import Transfer

    monkeypatch.setattr(connections, "FROZEN", "1s")
    begun(ring, 3)
    holds, go_on, seen = threading.Event(), threading.Event(), []

    def frozen() -> None:
        try:
            with transaction.atomic():
                connections.lock_admission()
                Transfer.objects.update(status="running")
                holds.set()
                go_on.wait(120)
                Transfer.objects.update(status="running")
        except (DatabaseError, InterfaceError) as error:
            seen.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=frozen)
    thread.start()
    assert holds.wait(60)
    assert admit() == 3  # it waits for no longer than that
    go_on.set()
    thread.join(60)
    assert len(seen) == 1
    assert set(Transfer.objects.values_list("status", flat=True)) == {"admitted"}
