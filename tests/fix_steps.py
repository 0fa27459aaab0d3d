"""Which steps of a run a test spoils that spoils it at one step after another: a third of them or half, with ``--long`` all.

Tests that differ only in what happens at a step, or in how the run goes, take turns: among three of them each step comes once. So
each step is tried, each deed, each way, and any two of them together; what only ``--long`` tries are all three together.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

THIRD = 3  # odd: what alternates from step to step alternates from one to the next of these, too
HALF = 2


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="spoil runs at every step, not at a part of them")


@pytest.fixture
def steps(request: pytest.FixtureRequest) -> Callable[[int], Iterator[int]]:
    """``for step in steps(turn):`` goes on until the test breaks off. turn: any number; the next one has other steps."""
    stride = 1 if request.config.getoption("--long") else THIRD
    return lambda turn: itertools.count(1 + turn % stride, stride)


@pytest.fixture
def halves(request: pytest.FixtureRequest) -> Callable[[bool], Iterator[int]]:
    """``for step in halves(second):`` for two tests that differ in one thing: one has the odd steps, the second the even ones."""
    stride = 1 if request.config.getoption("--long") else HALF
    return lambda second: itertools.count(1 + int(second) % stride, stride)
