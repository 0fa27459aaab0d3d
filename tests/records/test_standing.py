"""How the whole installation stands, and that looking at it costs little."""

from __future__ import annotations

from typing import Any

import pytest

from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")


def test_an_installation_without_work_stands_still(ring: KeyRing) -> None:
    from trasloco.records.standing import standing

    found = standing()
    assert (found.runs, found.busy, found.waiting) == (0, 0, 0)
    assert [(queue.name, queue.waiting, queue.doing, queue.workers) for queue in found.queues] == [
        ("transfers", 0, 0, 0),
        ("errands", 0, 0, 0),
    ]
    assert (found.hosts, found.waits, found.workers.lines) == ((), (), ())
    assert found.throughput.seconds == 0


def test_all_parts_speak_of_the_same_work(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import start
    from trasloco.records.standing import standing
    from trasloco.testing.migration_rows import small_migration

    start(small_migration(ring, 30), total=100)
    found = standing()
    assert (found.runs, found.busy, found.waiting) == (1, 10, 20)
    assert [(line.reason, line.about, line.accounts) for line in found.waits] == [("source", "imap.example.org", 20)]
    assert [(line.side, line.used, line.allowed, line.waiting) for line in found.hosts] == [
        ("source", 10, 10, 20),
        ("destination", 10, 50, 20),
    ]
    assert [(queue.name[:4], queue.waiting) for queue in found.queues] == [("tran", 0), ("erra", 0), ("run-", 10)]


def test_the_number_of_queries_does_not_grow_with_the_work(ring: KeyRing, django_assert_few: Any) -> None:
    from trasloco.jobs.dispatch import start
    from trasloco.records.standing import standing
    from trasloco.testing.migration_rows import small_migration

    with django_assert_few() as before:
        standing()
    for number in range(3):
        start(small_migration(ring, 15, host=f"imap{number}.example.org", domain=f"d{number}.example"), total=100)
    with django_assert_few() as after:
        standing()
    assert len(after) <= len(before) + 2 <= 14


@pytest.fixture
def django_assert_few() -> Any:
    """The queries of a block."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    return lambda: CaptureQueriesContext(connection)
