"""Which messages are the same: the pure parts. With real servers: test_recognise.py."""

from __future__ import annotations

from trasloco.engine.digest import Digests
from trasloco.engine.identity import match


def digests(*pairs: tuple[int, str, str]) -> dict[int, Digests]:
    return {uid: Digests(whole.encode(), body.encode()) for uid, whole, body in pairs}


def test_equal_wholes_are_paired_by_count() -> None:
    ours = digests((1, "w", "b"), (2, "w", "b"), (3, "w", "b"))
    theirs = digests((11, "w", "b"), (12, "w", "b"))
    assert match([1, 2, 3], [11, 12], ours, theirs, named=True) == {1: 11, 2: 12}


def test_an_exact_copy_is_preferred_to_one_with_another_header() -> None:
    ours = digests((1, "one", "b"), (2, "two", "b"))
    theirs = digests((11, "two", "b"), (12, "changed", "b"))
    assert match([1, 2], [11, 12], ours, theirs, named=True) == {2: 11, 1: 12}


def test_without_a_message_id_only_the_whole_counts() -> None:
    assert match([1], [11], digests((1, "one", "b")), digests((11, "two", "b")), named=False) == {}
