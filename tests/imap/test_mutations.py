from __future__ import annotations

from tests.imap.mutations import run


def test_mutated_streams_break_nothing() -> None:
    assert run(20_000, seed=2026) > 10_000
