"""What is open at each mail server, of what it may be."""

from __future__ import annotations

from typing import Any

import pytest

from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")


def lines() -> dict[tuple[str, str], Any]:
    from trasloco.records.standing import standing

    return {(line.side, line.host): line for line in standing().hosts}


def test_sources_are_counted_by_connections_and_destinations_by_accounts(ring: KeyRing) -> None:
    from trasloco.records.actions import begin_run
    from trasloco.records.models import MailMigration
    from trasloco.testing.migration_rows import small_migration

    run = begin_run(small_migration(ring, 4))
    MailMigration.objects.update(settings={"connections_per_host": 8})
    busy = list(run.transfers.order_by("pk").values_list("pk", flat=True)[:2])
    run.transfers.filter(pk__in=busy).update(status="running", connections=4)
    source, destination = lines()["source", "imap.example.org"], lines()["destination", "127.0.0.1"]
    assert (source.transfers, source.used, source.allowed, source.waiting, source.full) == (2, 8, 8, 2, True)
    assert (destination.transfers, destination.used, destination.allowed, destination.waiting, destination.full) == (2, 2, 50, 2, False)


def test_a_server_that_said_it_was_too_much_has_less_and_its_words(ring: KeyRing) -> None:
    from trasloco.records.clock import now
    from trasloco.records.models import HostPace

    moment = now()
    words = "NO [LIMIT] too many"
    HostPace.objects.create(
        host="imap.example.org", connections=1.5, bytes_per_second=65536, words=words, signalled_at=moment, changed_at=moment
    )
    line = lines()["source", "imap.example.org"]
    assert (line.used, line.allowed, line.said, line.said_at, line.bytes_per_second) == (0, 1, words, moment, 65536)


def test_of_two_limits_the_nearer_one_is_told_and_none_where_there_is_none(ring: KeyRing) -> None:
    from trasloco.records.actions import begin_run
    from trasloco.records.models import Installation
    from trasloco.testing.migration_rows import small_migration

    run = begin_run(small_migration(ring, 4))
    run.transfers.update(status="running", connections=1)
    Installation.objects.update(source_transfers=5, destination_transfers=None)
    source, destination = lines()["source", "imap.example.org"], lines()["destination", "127.0.0.1"]
    assert (source.unit, source.used, source.allowed, source.full) == ("accounts", 4, 5, False)
    assert (destination.unit, destination.used, destination.allowed, destination.full) == ("accounts", 4, None, False)
