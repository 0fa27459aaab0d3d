"""Which worker processes there are, and how it is with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from trasloco.records.key_ring import KeyRing
from trasloco.records.presence_locks import QUEUE_WORKER

pytestmark = pytest.mark.usefixtures("clean_database")

Lock = Callable[[int, int], None]
Make = Callable[..., Any]


def queue_worker() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        return int(cursor.fetchone()[0])


def states() -> list[str]:
    from trasloco.records.workers import workers

    return [line.state.value for line in workers().lines]


def test_what_holds_its_lock_works_and_what_has_lost_it_is_lost(process: Make) -> None:
    process()
    process(there=False, pid=8)
    assert states() == ["working", "lost"]


def test_what_holds_its_lock_and_says_nothing_is_frozen(process: Make) -> None:
    from trasloco.records.clock import now
    from trasloco.records.workers import workers

    process(seen_at=now() - timedelta(seconds=40))
    (line,) = workers().lines
    assert line.state == "frozen"
    assert 40 <= line.silent < 100
    assert not line.takes("transfers")
    assert line.free == 0


def test_each_has_what_is_in_its_hands(ring: KeyRing, process: Make) -> None:
    from django.db import connection

    from trasloco.records.actions import begin_run
    from trasloco.records.workers import workers
    from trasloco.testing.migration_rows import small_migration

    mine, errands, elsewhere = queue_worker(), queue_worker(), queue_worker()
    process(queue_workers=[mine, errands])
    process(pid=8, queue_workers=[elsewhere], queues=["transfers"])
    run = begin_run(small_migration(ring, 5))
    transfers = list(run.transfers.order_by("pk"))
    for transfer, worker in zip(transfers, (mine, mine, mine, elsewhere), strict=False):
        run.transfers.filter(pk=transfer.pk).update(status="running", worker=worker)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id) VALUES ('errands', 'trasloco.mail', 'doing', %s)",
            [errands],
        )
    first, second = workers().lines
    assert [(line.transfers, line.errands, line.free) for line in (first, second)] == [(3, 1, 2), (1, 0, 4)]
    assert [line.pid for line in workers().taking("errands")] == [7]
    assert workers().anybody(["errands"])


def test_a_worker_of_a_version_without_a_row_is_counted_by_its_lock(lock: Lock, process: Make) -> None:
    from trasloco.records.workers import workers

    named, unnamed, gone = queue_worker(), queue_worker(), queue_worker()
    process(there=False, queue_workers=[named])
    for worker in (named, unnamed):
        lock(QUEUE_WORKER, worker)
    assert gone not in (named, unnamed)
    assert workers().unnamed == 1
    assert workers().anybody(["transfers"])


def test_lost_ones_are_told_of_for_an_hour_and_then_removed(process: Make) -> None:
    from trasloco.records.clock import now
    from trasloco.records.models import WorkerProcess
    from trasloco.records.workers import forget_workers

    old = now() - timedelta(hours=2)
    frozen = process(seen_at=old)
    process(there=False, pid=8, seen_at=old)
    recent = process(there=False, pid=9, seen_at=now() - timedelta(minutes=50))
    assert states() == ["frozen", "lost"]
    assert forget_workers(now()) == 1
    assert forget_workers(now()) == 0
    assert set(WorkerProcess.objects.values_list("pk", flat=True)) == {frozen.pk, recent.pk}
