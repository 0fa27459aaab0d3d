"""Changes of flags, kept by what changed into what."""

from __future__ import annotations

import tracemalloc

from trasloco.engine.reflags import Reflag, Reflags

CHANGES = [
    Reflag(1, 11, "", "\\Seen"),
    Reflag(2, 12, "\\Seen", ""),
    Reflag(3, 13, "", "\\Seen"),
    Reflag(4, 14, "", "\\Flagged \\Seen"),
]


def test_all_are_there_again() -> None:
    changes = Reflags(CHANGES[:2])
    changes.extend(CHANGES[2:])
    assert len(changes) == 4
    assert sorted(changes, key=lambda change: change.source_uid) == CHANGES


def test_those_that_changed_alike_go_together() -> None:
    found = {(alike.before, alike.after): (list(alike.source_uids), list(alike.destination_uids)) for alike in Reflags(CHANGES).alike}
    assert found == {("", "\\Seen"): ([1, 3], [11, 13]), ("\\Seen", ""): ([2], [12]), ("", "\\Flagged \\Seen"): ([4], [14])}


def test_none_is_nothing_to_do() -> None:
    assert not Reflags()
    assert Reflags(CHANGES[:1])


def test_two_hundred_thousand_take_sixteen_bytes_each() -> None:
    tracemalloc.start()
    try:
        changes = Reflags(Reflag(uid, uid + 10, "", "\\Seen") for uid in range(1, 200_001))
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(changes) == 200_000
    assert size < 19 * 200_000  # with what the arrays keep to grow
