"""The list behind each number: by account, folder and reason, a page at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.records.test_completeness import ended

Make = Callable[..., Any]


def test_messages_of_a_folder_with_the_same_reason_are_one_line(make_migration: Make) -> None:
    from trasloco.records.fate_list import FateList

    migration = ended(make_migration, ["completed"] * 2, copied=2, skipped=7)
    found = FateList(migration, "skipped")
    assert (len(found), found.messages) == (2, 14)
    (line,) = found[1:5]
    assert (line.address, line.folder, line.reason, line.count) == (f"a2@{migration.domains[0]}", "INBOX", "why", 7)
    assert line.uids == (3, 4, 5, 6, 7)


def test_folders_that_could_only_be_counted_come_after_the_others(make_migration: Make) -> None:
    from trasloco.records.completeness import completeness
    from trasloco.records.fate_list import FateList
    from trasloco.records.models import FolderTally

    migration = ended(make_migration, ["completed"], skipped=1)
    transfer = migration.runs.get(number=1).transfers.get()
    FolderTally.objects.create(transfer=transfer, source="INBOX", destination="INBOX", skipped=1)
    FolderTally.objects.create(transfer=transfer, source="Trash", note="Trash is left out", skipped=40, position=1)
    found = FateList(migration, "skipped")
    assert [(line.folder, line.count, line.uids) for line in found[0:9]] == [("INBOX", 1, (1,)), ("Trash", 40, ())]
    assert found[1:2][0].reason == "Trash is left out"
    assert found.messages == completeness(migration).messages["skipped"] == 41


@pytest.mark.parametrize("fate", ["copied", "adopted", "moved", "skipped", "refused", "vanished"])
def test_the_list_has_as_many_messages_as_the_number_says(make_migration: Make, fate: str) -> None:
    from trasloco.records.completeness import completeness
    from trasloco.records.fate_list import FateList

    counts = {"copied": 1, "adopted": 2, "moved": 3, "skipped": 4, "refused": 5, "vanished": 6}
    migration = ended(make_migration, ["completed_with_errors"] * 2, **counts)
    found = FateList(migration, fate)
    assert sum(line.count for line in found[0:99]) == found.messages == completeness(migration).messages[fate] == 2 * counts[fate]


def test_who_is_left_out_is_in_no_list(make_migration: Make) -> None:
    from trasloco.records.fate_list import FateList

    migration = ended(make_migration, ["completed"] * 2, copied=1)
    migration.accounts.filter(line=1).update(left_out=True)
    assert len(FateList(migration, "copied")) == 1
