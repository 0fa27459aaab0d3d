"""The memory of a worker does not grow with the mailbox in such a way that 200,000 messages would be too many.

The whole of it is measured by ``make bench BENCH="--mailbox 200000"``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.mailbox import ALLOWED, Figure, LargeMailbox

FEW, MANY, WHOLE = 2_000, 16_000, 200_000


@pytest.mark.timeout(300)
def test_memory_for_a_mailbox_of_200_000_messages_stays_below_what_is_allowed(tmp_path: Path) -> None:
    """By what some thousands of messages more take, in the first run and in the second, each in a process of its own."""
    with LargeMailbox(FEW, tmp_path) as small:
        few = [small.first("first run"), small.second("second run")]
    with LargeMailbox(MANY, tmp_path) as large:
        many = [large.first("first run"), large.second("second run")]
    assert all(figure.exact for figure in (*few, *many))
    assert [figure.messages for figure in many] == [MANY, MANY + MANY // 100]
    for less, more in zip(few, many, strict=True):
        assert _at(WHOLE, less, more) < ALLOWED, f"{less}; {more}"


def _at(messages: int, less: Figure, more: Figure) -> float:
    """Bytes, when it goes on as between these two."""
    growth = max(0.0, (more.cost.memory - less.cost.memory) / (more.messages - less.messages))
    return more.cost.memory + growth * (messages - more.messages)
