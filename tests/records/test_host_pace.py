from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
HOST = "imap.example.org"


def at_work(ring: KeyRing, count: int, connections: int = 1) -> list[int]:
    """Ids of so many transfers under way, the first one the oldest."""
    from trasloco.records.actions import begin_run
    from trasloco.records.models import Transfer
    from trasloco.testing.migration_rows import small_migration

    run = begin_run(small_migration(ring, count))
    for number, transfer in enumerate(run.transfers.order_by("account__line")):
        began = NOW + timedelta(seconds=number)
        Transfer.objects.filter(pk=transfer.pk).update(status="running", started_at=began, connections=connections)
    return list(run.transfers.order_by("account__line").values_list("pk", flat=True))


def kept() -> Any:
    from trasloco.records.models import HostPace

    return HostPace.objects.filter(host=HOST).first()


def test_a_signal_halves_what_is_open_and_an_echo_of_it_does_not(ring: KeyRing) -> None:
    from trasloco.records.host_pace import signal

    at_work(ring, 8, connections=2)
    first = signal(HOST, "too many", None, NOW)
    assert first is not None
    assert (first.connections, first.bytes_per_second) == (8.0, None)
    assert signal(HOST, "too many", None, NOW + timedelta(seconds=14)) is None
    second = signal(HOST, "still too many", None, NOW + timedelta(seconds=15))
    assert second is not None
    assert second.connections == 4.0
    assert (kept().signals, kept().words) == (2, "still too many")


def test_at_one_connection_the_bytes_are_halved(ring: KeyRing) -> None:
    from trasloco.records.host_pace import LEAST_BYTES, signal

    at_work(ring, 1)
    rates = []
    for minute in range(4):
        found = signal(HOST, "slower", 400_000.0, NOW + timedelta(minutes=minute))
        assert found is not None
        assert found.connections == 1.0
        rates.append(found.bytes_per_second)
    assert rates == [None, 200_000.0, 100_000.0, 50_000.0]
    for minute in range(4, 9):
        signal(HOST, "slower", 400_000.0, NOW + timedelta(minutes=minute))
    assert kept().bytes_per_second == LEAST_BYTES


def test_every_quiet_minute_it_is_a_little_more_until_nothing_is_left_to_be_kept(ring: KeyRing) -> None:
    from trasloco.records.host_pace import more, signal

    at_work(ring, 2)
    signal(HOST, "too many", None, NOW)
    signal(HOST, "too many", 100_000.0, NOW + timedelta(minutes=1))
    now = NOW + timedelta(minutes=1)
    more([HOST], now + timedelta(seconds=59))
    assert (kept().connections, kept().bytes_per_second) == (1.0, 50_000.0)
    more([HOST], now + timedelta(seconds=60))
    more([HOST], now + timedelta(seconds=61))
    assert (kept().connections, kept().bytes_per_second) == (2.0, pytest.approx(120_536.0))
    minutes = 0
    while kept() is not None and minutes < 300:
        minutes += 1
        more([HOST], now + timedelta(seconds=120 + 60 * minutes))
    assert 40 < minutes < 120


def test_only_hosts_through_which_mail_has_passed_get_more(ring: KeyRing) -> None:
    from trasloco.records.host_pace import more, signal

    signal(HOST, "too many", None, NOW)
    more(["another.example"], NOW + timedelta(hours=1))
    assert kept().connections == 1.0


def test_the_youngest_are_too_many_and_the_oldest_goes_on(ring: KeyRing) -> None:
    from trasloco.records.host_pace import signal, surplus

    running = at_work(ring, 6)
    assert surplus(running) == set()
    signal(HOST, "too many", None, NOW)
    assert surplus(running) == set(running[3:])
    assert surplus(running[:4]) == {running[3]}
    signal(HOST, "too many", None, NOW + timedelta(minutes=1))
    signal(HOST, "too many", None, NOW + timedelta(minutes=2))
    assert surplus(running) == set(running[1:])


def test_one_that_has_several_connections_goes_on_although_it_is_more_than_is_borne(ring: KeyRing) -> None:
    from trasloco.records.host_pace import signal, surplus

    [alone] = at_work(ring, 1, connections=3)
    signal(HOST, "too many", None, NOW)
    assert surplus([alone]) == set()


def test_a_destination_is_a_server_too(ring: KeyRing) -> None:
    from trasloco.jobs.dispatch import admit
    from trasloco.records.actions import begin_run
    from trasloco.records.host_pace import signal, slowed
    from trasloco.testing.migration_rows import small_migration

    signal("127.0.0.1", "[LIMIT] slower", None, NOW)
    assert slowed(["127.0.0.1", HOST]) == {"127.0.0.1": slowed(["127.0.0.1"])["127.0.0.1"]}
    begin_run(small_migration(ring, 5))
    assert admit() == 1
