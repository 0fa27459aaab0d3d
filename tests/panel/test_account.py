"""One account: folders on both sides, what stayed behind and why, parked messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.test import Client

from trasloco.testing.run_states import begin, close, set_states

Make = Callable[..., Any]


def _account(migration: Any, line: int = 1) -> Any:
    return migration.accounts.get(line=line)


def _page(client: Client, account: Any, query: str = "") -> str:
    answer = client.get(f"/migrations/{account.migration.code}/accounts/{account.pk}/{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def _rows(page: str, table: int) -> list[list[str]]:
    """The texts of the cells of the page's n-th table."""
    body = re.findall(r"<tbody>(.*?)</tbody>", page)[table - 1]
    rows = (re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body))
    return [[" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in row] for row in rows]


def _with_messages(migration: Any) -> Any:
    """The first account with two folders: 3 copied, 2 refused (one parked), 120 left out."""
    from trasloco.records.clock import now
    from trasloco.records.models import FolderTally, LedgerFolder, LedgerMessage, ParkedMessage

    run = begin(migration)
    set_states(run, ["completed_with_errors", "completed", "completed"])
    account = _account(migration)
    transfer = run.transfers.get(account=account)
    FolderTally.objects.create(transfer=transfer, position=1, source="INBOX", destination="INBOX", copied=3, refused=2)
    FolderTally.objects.create(transfer=transfer, position=2, source="Trash", note="Trash is left out", skipped=120)
    inbox, trash = (LedgerFolder.objects.create(account=account, source_name=name, destination_name=name) for name in (b"INBOX", b"Trash"))
    rows = [(inbox, uid, 1, "") for uid in (1, 2)] + [(inbox, 3, 1, "repaired (NUL bytes replaced)")]
    rows += [(inbox, uid, 5, "NO [LIMIT] too big") for uid in (4, 5)] + [(trash, uid, 4, "Trash is left out") for uid in range(1, 121)]
    LedgerMessage.objects.bulk_create(
        LedgerMessage(folder=folder, source_uid=uid, size=2048, fate=fate, run=1, reason=reason) for folder, uid, fate, reason in rows
    )
    ParkedMessage.objects.create(folder=inbox, source_uid=4, at=now(), message=b"Subject: big\r\n\r\n\xff")
    return account


def test_folders_stand_with_their_counts_on_both_sides(anna: Client, make_migration: Make) -> None:
    account = _with_messages(make_migration())
    page = _page(anna, account)
    assert _rows(page, 2) == [["INBOX", "INBOX", "5", "3", "2"], ["Trash Trash is left out", "left out", "120", "0", "120"]]
    assert "<dd>125</dd>" in page, "seen on the old server"
    assert re.findall(r'id="fate-(\w+)" href="[^"]*">(\d+)<', page) == [("copied", "3"), ("skipped", "120"), ("refused", "2")]


def test_every_message_that_stayed_behind_is_listed_refused_ones_first(anna: Client, make_migration: Make) -> None:
    account = _with_messages(make_migration())
    page = _page(anna, account)
    assert "all that are not there as they were <b>123</b>" in page
    shown = _rows(page, 3)
    assert [row[:3] for row in shown[:4]] == [
        ["INBOX", "3", "there, mended"],
        ["INBOX", "4", "refused"],
        ["INBOX", "5", "refused"],
        ["Trash", "1", "left out"],
    ]
    assert shown[1][3:] == ["2.0 KB", "NO [LIMIT] too big", "Message (.eml)"]
    assert len(shown) == 100
    assert [int(row[1]) for row in _rows(_page(anna, account, "?page=2"), 3)] == list(range(98, 121))


def test_they_are_filtered_by_fate(anna: Client, make_migration: Make) -> None:
    account = _with_messages(make_migration())
    page = _page(anna, account, "?fate=refused")
    assert [row[1] for row in _rows(page, 3)] == ["4", "5"]
    assert "all that are not there as they were <b>123</b>" in page


def test_a_parked_message_comes_as_it_was(anna: Client, make_migration: Make) -> None:
    from trasloco.records.models import HistoryEntry, ParkedMessage

    account = _with_messages(make_migration())
    address = f"/migrations/{account.migration.code}/accounts/{account.pk}/parked/{ParkedMessage.objects.get().pk}/"
    assert address in _page(anna, account)
    answer = anna.get(address)
    assert answer.content == b"Subject: big\r\n\r\n\xff"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{account.migration.code}-4.eml"'
    assert HistoryEntry.objects.filter(verb="parked-downloaded").exists()
    stranger = _account(account.migration, 2)
    assert anna.get(address.replace(f"/accounts/{account.pk}/", f"/accounts/{stranger.pk}/")).status_code == 404


def test_a_failed_account_says_why_what_to_do_and_can_be_tried_again(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    set_states(begin(migration), ["failed", "completed", "completed"])
    page = _page(anna, _account(migration))
    assert "Wrong login or password" in page
    assert "the server says “[AUTHENTICATIONFAILED]" in page
    assert "Try this account again" in page
    assert "Try this account again" not in _page(anna, _account(migration, 2))


def test_without_passwords_a_failed_account_leads_to_one_more_run(anna: Client, make_migration: Make) -> None:
    migration = make_migration(second_minutes=None)
    set_states(begin(migration), ["failed", "completed", "completed"])
    close(migration)
    page = _page(anna, _account(migration))
    assert "Try this account again" not in page
    assert f"/migrations/{migration.code}/again/?only=failed" in page


def test_the_folders_of_an_earlier_run_can_be_seen(anna: Client, make_migration: Make) -> None:
    account = _with_messages(make_migration())
    set_states(begin(account.migration), ["completed"] * 3)
    assert "as run 1 found them" in _page(anna, account), "the second run found none yet"
    assert "as run 2 found them" in _page(anna, account, "?run=2")


def test_it_is_live_while_its_run_is_under_way(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    run = begin(migration)
    set_states(run, ["running", "waiting", "completed"])
    account = _account(migration)
    assert "every 2s" in _page(anna, account)
    address = f"/migrations/{migration.code}/accounts/{account.pk}/"
    assert anna.get(address, headers={"HX-Request": "true"}).status_code == 200
    set_states(run, ["completed"] * 3)
    assert anna.get(address, headers={"HX-Request": "true"}).status_code == 286


def test_before_any_run_it_says_so(anna: Client, make_migration: Make) -> None:
    assert "No run has begun yet." in _page(anna, _account(make_migration()))


def test_an_account_of_another_migration_is_not_there(anna: Client, make_migration: Make) -> None:
    one, other = make_migration(), make_migration()
    assert anna.get(f"/migrations/{one.code}/accounts/{_account(other).pk}/").status_code == 404
