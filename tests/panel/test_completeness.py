"""What the pages say of completeness, and that each number leads to the list behind it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.records.test_completeness import compared, ended

Make = Callable[..., Any]
COUNTS = {"copied": 1, "adopted": 2, "moved": 3, "skipped": 4, "refused": 5, "vanished": 6}


def _page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code in (200, 286)
    return " ".join(answer.content.decode().split())


def test_it_says_what_is_missing_until_it_was_compared(anna: Client, make_migration: Make) -> None:
    migration = ended(make_migration, ["completed"], copied=5)
    part = f"/migrations/{migration.code}/completeness/"
    page = _page(anna, part)
    assert "1 account is not compared yet since its last run" in page
    assert "✓" not in page
    compared(migration.accounts.get(), {"identical": 3, "different": 2})
    page = _page(anna, part)
    assert "2 messages are missing or differ" in page
    assert "✓" not in page


def test_it_is_green_when_all_was_compared_and_is_well(anna: Client, make_migration: Make) -> None:
    migration = ended(make_migration, ["completed"], copied=5)
    compared(migration.accounts.get(), {"identical": 5})
    for address in ("completeness/", f"accounts/{migration.accounts.get().pk}/"):
        page = _page(anna, f"/migrations/{migration.code}/{address}")
        assert "5 messages were read again on the new server, and all are as they should be." in page
        assert 'class="verdict good"' in page


@pytest.mark.parametrize("fate", COUNTS)
def test_each_number_is_a_link_to_as_many_messages(anna: Client, make_migration: Make, fate: str) -> None:
    migration = ended(make_migration, ["completed_with_errors"], **COUNTS)
    part = _page(anna, f"/migrations/{migration.code}/completeness/")
    found = re.search(rf'id="fate-{fate}" href="([^"]*)">(\d+)<', part)
    assert found
    assert int(found[2]) == COUNTS[fate]
    page = _page(anna, found[1])
    account = re.search(r'href="(/migrations/[^"]*/accounts/\d+/\?fate=\w+)#behind"', page)
    assert account
    assert f'data-label="Messages">{COUNTS[fate]}<' in page
    listed = _page(anna, account[1])
    assert len(re.findall(r'data-label="UID">\d+<', listed)) == COUNTS[fate]


def test_there_is_no_list_of_a_fate_that_there_is_not(anna: Client, make_migration: Make) -> None:
    migration = ended(make_migration, ["completed"], copied=1)
    assert anna.get(f"/migrations/{migration.code}/messages/lost/").status_code == 404


def test_what_could_only_be_counted_is_said_below_the_list(anna: Client, make_migration: Make) -> None:
    from trasloco.records.models import FolderTally

    migration = ended(make_migration, ["completed"], skipped=1)
    transfer = migration.runs.get(number=1).transfers.get()
    FolderTally.objects.create(transfer=transfer, source="Trash", note="Trash is left out", skipped=40, position=1)
    page = _page(anna, f"/migrations/{migration.code}/accounts/{migration.accounts.get().pk}/?fate=skipped")
    assert "40 messages more are in the folder Trash, which could only be counted: Trash is left out" in page


def test_who_reads_that_nothing_was_compared_can_have_it_compared(anna: Client, make_migration: Make) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    migration = ended(make_migration, ["completed"], copied=5)
    action = f"/migrations/{migration.code}/do/compare/"
    for address in ("completeness/", f"accounts/{migration.accounts.get().pk}/"):
        assert action in _page(anna, f"/migrations/{migration.code}/{address}")
    assert "The new mailboxes are read again and compared." in anna.post(action, follow=True).content.decode()
    (job,) = ProcrastinateJob.objects.filter(task_name="trasloco.verify")
    assert job.args == {"run_id": migration.runs.order_by("number")[0].pk}


def test_without_passwords_nothing_can_be_compared_and_no_button_says_so(anna: Client, make_migration: Make) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    from trasloco.testing.run_states import close

    migration = ended(make_migration, ["completed"], copied=5)
    close(migration)
    action = f"/migrations/{migration.code}/do/compare/"
    assert action not in _page(anna, f"/migrations/{migration.code}/completeness/")
    assert "Nothing is to be compared" in anna.post(action, follow=True).content.decode()
    assert not ProcrastinateJob.objects.filter(task_name="trasloco.verify").exists()
