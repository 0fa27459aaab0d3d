"""The load test in its small form: real servers, workers killed and drained, and each mailbox compared in the end."""

from __future__ import annotations

import pytest

from bench.load_plan import LARGE, SMALL, LoadPlan
from bench.load_run import LoadRun

PLAN = LoadPlan(migrations=3, accounts=10, arrivals=(0.0,), workers=2, hands=4, cap=6, pause=2.0, rate=5000, fair=1.0)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_workers_are_killed_and_drained_and_all_mail_arrives_once_within_the_caps() -> None:
    said = list[str]()
    with LoadRun(PLAN, said.append) as run:
        result = run.run()
    assert result.faults == []
    assert result.states == {"completed": 33}
    assert result.kills + result.drains >= 3
    assert result.fates == {"copied": result.messages, "adopted": 0, "skipped": 0, "refused": 0}
    assert [len(result.waited[customer]) for customer in (LARGE, SMALL)] == [30, 3]
    assert all(0 < cap.seen <= cap.allowed for cap in result.caps)  # measured, and not exceeded
