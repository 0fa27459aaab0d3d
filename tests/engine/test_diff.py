"""Inventory + ledger -> work, as a table of cases and as a property."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trasloco.engine.diff import Diff, Work
from trasloco.engine.fate import Fate
from trasloco.engine.inventory import Inventory
from trasloco.engine.ledger import Known
from trasloco.engine.reflags import Reflag
from trasloco.imap.values import Fetched


def inventory(**flags: str) -> Inventory:
    """u5="\\\\Seen" stands for UID 5 with that flag."""
    taken = Inventory()
    for name, text in flags.items():
        taken.add(Fetched(1, int(name[1:]), frozenset(text.split()), b"17-Jul-1996 02:44:25 -0700", 100))
    return taken


def work(now: Inventory, *rows: Known, run: int = 2) -> Work:
    diff = Diff(now, run)
    diff.take(rows)
    return diff.work()


def todo(now: Inventory, result: Work) -> list[int]:
    return [now.uids[position] for position in result.todo]


def test_everything_is_new_to_an_empty_ledger() -> None:
    now = inventory(u1="", u2="", u9="")
    assert todo(now, work(now)) == [1, 2, 9]


def test_what_an_earlier_run_brought_is_already_there() -> None:
    now = inventory(u1="", u2="")
    result = work(now, Known(1, 11, Fate.COPIED, 1, ""), Known(2, 12, Fate.ADOPTED, 1, ""))
    assert todo(now, result) == []
    assert result.tally.adopted == 2
    assert sorted(result.bound) == [11, 12]


def test_what_this_run_brought_before_it_was_stopped_still_counts_as_copied() -> None:
    now = inventory(u1="")
    assert work(now, Known(1, 11, Fate.COPIED, 2, "")).tally.copied == 1


def test_changed_flags_are_found_against_the_base() -> None:
    now = inventory(u1="\\Seen")
    assert list(work(now, Known(1, 11, Fate.COPIED, 1, "\\Flagged")).reflag) == [Reflag(1, 11, "\\Flagged", "\\Seen")]


def test_a_message_gone_from_the_source_needs_nothing() -> None:
    now = inventory(u2="")
    result = work(now, Known(1, 11, Fate.COPIED, 1, ""), Known(2, 12, Fate.COPIED, 1, ""))
    assert result.tally.source == 1


def test_a_message_that_vanished_in_this_run_is_still_accounted_for() -> None:
    assert work(inventory(), Known(1, None, Fate.VANISHED, 2, "")).tally.vanished == 1
    assert work(inventory(), Known(1, None, Fate.VANISHED, 1, "")).tally.vanished == 0


def test_refused_and_skipped_are_tried_again_by_a_later_run_only() -> None:
    now = inventory(u1="", u2="")
    later = work(now, Known(1, None, Fate.REFUSED, 1, ""), Known(2, None, Fate.SKIPPED, 1, ""))
    assert todo(now, later) == [1, 2]
    same = work(now, Known(1, None, Fate.REFUSED, 2, ""))
    assert todo(now, same) == [2]
    assert same.tally.refused == 1


@given(st.sets(st.integers(1, 60)), st.dictionaries(st.integers(1, 60), st.sampled_from(list(Fate))), st.integers(1, 7))
def test_every_message_of_the_source_is_either_accounted_for_or_to_do(uids: set[int], rows: dict[int, Fate], chunk: int) -> None:
    now = inventory(**{f"u{uid}": "" for uid in sorted(uids)})
    diff = Diff(now, 2)
    known = [Known(uid, uid + 100, fate, 2, "") for uid, fate in sorted(rows.items())]
    for start in range(0, len(known), chunk):
        diff.take(known[start : start + chunk])
    result = diff.work()
    vanished = sum(1 for uid, fate in rows.items() if fate is Fate.VANISHED and uid not in uids)
    assert result.tally.source + len(result.todo) == len(uids) + vanished
    assert list(result.todo) == sorted(set(result.todo))
