"""How full the queues are."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("clean_database")


def job(queue: str = "errands", status: str = "todo", lock: str | None = None, later: str | None = None, since: int = 0) -> None:
    """since: seconds for which it has been there. later: an interval until it may be taken."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, lock, scheduled_at)"
            " VALUES (%s, 'trasloco.mail', %s, %s, now() + %s::interval) RETURNING id",
            [queue, status, lock, later],
        )
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - make_interval(secs => %s) WHERE job_id = %s", [since, cursor.fetchone()[0]]
        )


def lines() -> dict[str, Any]:
    from trasloco.records.queue_lines import queue_lines
    from trasloco.records.workers import workers

    return {line.name: line for line in queue_lines(workers())}


def test_waiting_is_what_somebody_could_take_and_the_longest_is_told() -> None:
    job(since=40)
    job(since=90)
    job(status="doing", since=500)
    job(later="1 hour", since=900)
    errands = lines()["errands"]
    assert (errands.waiting, errands.doing) == (2, 1)
    assert 90 <= errands.longest < 150


def test_what_was_put_off_waits_since_its_hour() -> None:
    job(later="-10 seconds", since=900)
    assert 10 <= lines()["errands"].longest < 70


def test_what_waits_for_another_one_under_its_lock_waits_for_no_worker() -> None:
    job(status="doing", lock="check-1")
    job(lock="check-1", since=900)
    errands = lines()["errands"]
    assert (errands.waiting, errands.longest, errands.doing) == (0, 0, 1)


def test_the_queue_of_a_command_is_told_of_while_it_has_jobs() -> None:
    assert list(lines()) == ["transfers", "errands"]
    job("run-12")
    assert list(lines()) == ["transfers", "errands", "run-12"]
    assert lines()["run-12"].full  # nobody is there for it
