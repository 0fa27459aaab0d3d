from __future__ import annotations

import pytest

from bench.queue_cost import QueueCost


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_first_and_the_last_transfers_of_a_migration_are_measured() -> None:
    said = list[str]()
    with QueueCost(said.append) as cost:
        first, last = cost.measure(60)
    assert (first.accounts, first.window, first.transfers) == (60, "first", 20)
    assert (last.window, last.transfers) == ("last", 20)
    for point in (first, last):
        assert point.client > 0
        assert point.database > 0
        assert point.rows > 20  # its messages, at least
    assert len(said) == 2
