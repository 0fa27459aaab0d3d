"""What the database knows, as metrics: summed up, asked seldom, and missing when it is away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from trasloco.project.database import Database
from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[CollectorRegistry]:
    """That asks each time."""
    from trasloco.project import standing_metrics

    monkeypatch.setattr(standing_metrics, "FRESH_SECONDS", 0.0)
    registry = CollectorRegistry()
    registry.register(standing_metrics.StandingMetrics())
    yield registry


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(f"trasloco_{name}", labels)


def test_an_installation_without_work_says_so_by_zeros(registry: CollectorRegistry) -> None:
    assert value(registry, "database_up") == 1
    assert value(registry, "workers", state="working") == 0
    assert value(registry, "queue_jobs", queue="errands", state="waiting") == 0
    assert value(registry, "waiting_transfers", reason="worker") == 0
    assert value(registry, "letters_outstanding", kind="mail") == 0
    assert value(registry, "connections", side="source") == 0


def test_work_that_waits_is_told_by_what_it_waits_for(ring: KeyRing, registry: CollectorRegistry) -> None:
    from trasloco.jobs.dispatch import start
    from trasloco.testing.migration_rows import small_migration

    for number in range(2):
        start(small_migration(ring, 15, host=f"imap{number}.example.org", domain=f"d{number}.example"), total=100)
    assert value(registry, "runs_under_way") == 2
    assert value(registry, "transfers", state="busy") == 20
    assert value(registry, "transfers", state="waiting") == 10
    assert value(registry, "waiting_transfers", reason="source") == 10
    assert value(registry, "connections", side="source") == 20
    assert value(registry, "connections", side="destination") == 20
    assert value(registry, "hosts_full", side="source") == 2
    assert value(registry, "queue_jobs", queue="commands", state="waiting") == 20  # of two runs, told together


def test_no_host_customer_migration_or_queue_of_a_run_is_a_label(ring: KeyRing, registry: CollectorRegistry) -> None:
    from trasloco.jobs.dispatch import start
    from trasloco.testing.migration_rows import small_migration

    empty = sum(len(family.samples) for family in registry.collect())
    for number in range(3):
        start(small_migration(ring, 2, host=f"imap{number}.example.org", domain=f"d{number}.example"))
    samples = [sample for family in registry.collect() for sample in family.samples]
    assert len(samples) == empty
    assert all(re.fullmatch("[a-z]+", value) for sample in samples for value in sample.labels.values())


def test_letters_are_counted_until_they_are_away(registry: CollectorRegistry) -> None:
    from django.utils import timezone

    from trasloco.records.models import Mail, MailKind, MailState

    for state in (MailState.WAITING, MailState.WAITING, MailState.SENT):
        Mail.objects.create(kind=MailKind.TEST, recipient="anna@example.org", subject="Test", text="Test", state=state)
    Mail.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert value(registry, "letters_outstanding", kind="mail") == 2
    assert value(registry, "letters_outstanding", kind="webhook") == 0
    oldest = value(registry, "letters_oldest_seconds", kind="mail")
    assert oldest is not None
    assert 7200 <= oldest < 7800


def test_a_database_that_is_away_is_told_and_not_an_error(registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.project import standing_metrics

    def away() -> None:
        raise psycopg.OperationalError("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr(standing_metrics, "standing", away)
        assert value(registry, "database_up") == 0
        assert value(registry, "workers", state="working") is None  # not 0: nobody knows
    assert value(registry, "database_up") == 1


def test_who_asks_often_does_not_ask_the_database_often(clean_database: Database) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from trasloco.project.standing_metrics import StandingMetrics

    metrics = StandingMetrics()
    assert list(metrics.describe()) == []
    first = list(metrics.collect())
    with CaptureQueriesContext(connection) as queries:
        assert list(metrics.collect()) == first
    assert len(queries) == 0
