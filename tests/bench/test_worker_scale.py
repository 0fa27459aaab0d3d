from __future__ import annotations

import pytest

from bench.worker_scale import ScalePlan, WorkerScale

PLAN = ScalePlan(accounts=4, messages=2, size=4 << 10, hands=2, rate=4 << 10)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_destination_with_a_fixed_pace_is_what_limits_the_workers() -> None:
    said = list[str]()
    with WorkerScale(PLAN, said.append) as scale:
        point = scale.measure(2)
    assert (point.workers, point.difference) == (2, "")
    assert 0 < point.rate < PLAN.ideal(2)  # faster than the line it cannot be
    assert point.seconds >= 2.0  # of 8 KiB on each connection
    assert len(said) == 1
