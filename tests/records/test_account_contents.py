"""What stayed behind of one account, a page at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trasloco.project.database import Database

Make = Callable[..., Any]


def _account(migration: Any) -> Any:
    from trasloco.records.models import LedgerFolder, LedgerMessage

    account = migration.accounts.get(line=1)
    folder = LedgerFolder.objects.create(account=account, source_name=b"Entw&APw-rfe", destination_name=b"x")
    fates = {1: (1, ""), 2: (1, "repaired (NUL)"), 3: (2, ""), 4: (3, "repaired (NUL)"), 5: (4, "rule"), 6: (5, "NO"), 7: (6, "gone")}
    LedgerMessage.objects.bulk_create(
        LedgerMessage(folder=folder, source_uid=uid, size=uid, fate=fate, run=1, reason=reason) for uid, (fate, reason) in fates.items()
    )
    return account


def test_it_is_what_is_not_there_as_it_was_and_nothing_else(make_migration: Make) -> None:
    from trasloco.records.account_contents import Exceptions

    found = Exceptions(_account(make_migration()))
    assert found.counts == {"repaired": 2, "skipped": 1, "refused": 1, "vanished": 1}
    assert [(line.uid, line.fate, line.folder) for line in found[0:10]] == [
        (2, "repaired", "Entwürfe"),
        (4, "repaired", "Entwürfe"),
        (6, "refused", "Entwürfe"),
        (7, "vanished", "Entwürfe"),
        (5, "skipped", "Entwürfe"),
    ]


def test_a_page_is_cut_out_of_it(make_migration: Make) -> None:
    from trasloco.records.account_contents import Exceptions

    found = Exceptions(_account(make_migration()))
    assert len(found) == 5
    assert [line.uid for line in found[1:3]] == [4, 6]
    assert found[5:8] == []


def test_one_fate_alone(make_migration: Make) -> None:
    from trasloco.records.account_contents import Exceptions

    account = _account(make_migration())
    assert [line.uid for line in Exceptions(account, "refused")[0:5]] == [6]
    assert len(Exceptions(account, "no such fate")) == 0


def test_an_account_without_any_has_none(make_migration: Make, clean_database: Database) -> None:
    from trasloco.records.account_contents import Exceptions

    found = Exceptions(make_migration().accounts.get(line=2))
    assert (len(found), found.counts, found[0:5]) == (0, {}, [])
