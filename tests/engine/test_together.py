"""Which folders go together: groups keep their order, lose none and keep their bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trasloco.engine.account import Settings
from trasloco.engine.ledger import FolderRecord
from trasloco.engine.small_folder import MOST_BYTES, MOST_MESSAGES
from trasloco.engine.together import ENOUGH_BYTES, ENOUGH_MESSAGES, MOST_FOLDERS, gather_together, is_small
from trasloco.imap.values import Status

SMALL = Status(messages=600, uidnext=601, uidvalidity=1, size=1_000_000)
RECORD = FolderRecord(1, b"A", b"A")


@given(st.lists(st.tuples(st.integers(0, 2500), st.integers(0, 20 << 20)), max_size=250), st.booleans())
def test_groups_hold_all_folders_in_order_within_bounds(folders: list[tuple[int, int]], near: bool) -> None:
    records = [FolderRecord(number, b"%d" % number, b"") for number in range(len(folders))]
    statuses = [Status(messages=messages, size=size) for messages, size in folders]
    groups = gather_together(zip(records, statuses, strict=True), near=near)
    assert [record for group in groups for record in group] == records
    for group in groups:
        held = [folders[record.id] for record in group]
        messages, size = sum(each[0] for each in held), sum(each[1] for each in held)
        assert 1 <= len(group) <= MOST_FOLDERS
        assert len(group) == 1 or (messages <= MOST_MESSAGES and size <= MOST_BYTES)
        if near and len(group) > 2:
            before_the_last = held[:-1]
            assert sum(each[0] for each in before_the_last) < ENOUGH_MESSAGES
            assert sum(each[1] for each in before_the_last) < ENOUGH_BYTES


def test_near_by_a_folder_of_several_batches_is_small_as_well() -> None:
    assert is_small(RECORD, SMALL, None, Settings(), near=True)
    assert not is_small(RECORD, SMALL, None, Settings())
    assert not is_small(RECORD, replace(SMALL, messages=MOST_MESSAGES + 1), None, Settings(), near=True)


@pytest.mark.parametrize("size", [Settings().batch_bytes + 1, MOST_BYTES], ids=["more-than-a-batch", "much-more"])
def test_what_could_be_answered_mixed_is_bounded_by_a_batch(size: int) -> None:
    assert not is_small(RECORD, replace(SMALL, size=size), None, Settings(), near=True)


@pytest.mark.parametrize(
    ("record", "there"),
    [(replace(RECORD, source_uidvalidity=1), None), (replace(RECORD, begun=True), None), (RECORD, Status(messages=1))],
    ids=["opened-before", "begun", "something-there"],
)
def test_only_what_is_new_on_both_sides_is_small(record: FolderRecord, there: Status | None) -> None:
    assert not is_small(record, SMALL, there, Settings(), near=True)
