from __future__ import annotations

import pytest

from bench.curves import AT_ONCE, CURVES, Load


@pytest.mark.usefixtures("database")
def test_accounts_at_once_are_what_a_worker_takes_from_one_host_by_default() -> None:
    from trasloco.records.shares import PER_HOST

    assert AT_ONCE == PER_HOST


def test_a_scale_shortens_the_axes_that_are_counted_and_never_to_nothing() -> None:
    points = {curve.name: curve for curve in CURVES}
    assert points["messages"].points(None)[-1] == 20_000
    assert points["messages"].points(1)[-1] == 1_000_000
    assert points["folders"].points(0.2)[-1] == 1_000
    assert points["messages"].points(0.00001) == (1_000,)
    assert points["size"].points(0.1)[-1] == 49 << 10
    assert points["distance"].points(None)[-1] == 300


def test_every_point_is_a_load_of_its_own() -> None:
    for curve in CURVES:
        loads = [curve.load(value) for value in curve.values]
        assert len(set(loads)) == len(loads), curve.name
        assert all(isinstance(load, Load) and load.messages > 0 for load in loads)
