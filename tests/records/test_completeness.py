"""Whether all mail is there: the sums, and what keeps an account from being called complete."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from trasloco.testing.run_states import begin, set_states

Make = Callable[..., Any]
FATE_NUMBERS = {"copied": 1, "adopted": 2, "moved": 3, "skipped": 4, "refused": 5, "vanished": 6}


def messages(account: Any, **counts: int) -> None:
    """So many rows of each fate in the account's INBOX."""
    from trasloco.records.models import LedgerFolder, LedgerMessage

    folder, _ = LedgerFolder.objects.get_or_create(account=account, source_name=b"INBOX", destination_name=b"INBOX")
    fates = [number for name, number in FATE_NUMBERS.items() for _ in range(counts.get(name, 0))]
    LedgerMessage.objects.bulk_create(
        LedgerMessage(folder=folder, source_uid=uid, size=1, fate=fate, run=1, reason="why" if fate > 3 else "")
        for uid, fate in enumerate(fates, 1)
    )


def compared(account: Any, counts: dict[str, int], at: datetime | None = None, sample: int | None = None, words: str = "") -> None:
    from trasloco.records.clock import now
    from trasloco.records.models import Verification

    moment = at or now() + timedelta(seconds=1)
    asked = sum(counts.values())
    Verification.objects.create(account=account, at=moment, sample=sample, asked=asked, counts=counts, failure_words=words)


def ended(make_migration: Make, states: list[str], **counts: int) -> Any:
    """A migration whose run is over; each account that came to its end has these messages."""
    migration = make_migration(accounts=len(states))
    set_states(begin(migration), states)
    for account, state in zip(migration.accounts.order_by("line"), states, strict=True):
        if state.startswith("completed"):
            messages(account, **counts)
    return migration


def missing(migration: Any, account: int | None = None) -> list[tuple[str, int]]:
    from trasloco.records.completeness import completeness

    return [(item.code, item.number) for item in completeness(migration, account).missing]


def test_each_message_has_its_fate_and_they_add_up(make_migration: Make) -> None:
    from trasloco.records.completeness import completeness
    from trasloco.records.queries import report

    migration = ended(make_migration, ["completed"] * 2, copied=5, adopted=2, moved=1, skipped=3, vanished=1)
    found = completeness(migration)
    assert found.messages == {"source": 24, "copied": 10, "adopted": 4, "moved": 2, "skipped": 6, "refused": 0, "vanished": 2}
    assert [name for name, _count in found.fates] == ["copied", "adopted", "moved", "skipped", "vanished"]
    told = report(migration.code)
    assert told is not None
    assert told["accounts"][0]["messages"] == completeness(migration, migration.accounts.get(line=1).pk).messages


def test_it_is_complete_only_when_every_message_was_compared(make_migration: Make) -> None:
    from trasloco.records.completeness import completeness

    migration = ended(make_migration, ["completed"] * 2, copied=5, skipped=1)
    assert missing(migration) == [("not-compared", 2)]
    for account in migration.accounts.all():
        compared(account, {"identical": 4, "line-ends": 1})
    found = completeness(migration)
    assert (found.complete, found.asked, list(found.missing)) == (True, 10, [])


@pytest.mark.parametrize(
    ("counts", "more", "wanted"),
    [
        ({"identical": 3, "missing": 1, "different": 1}, {}, [("different", 2)]),
        ({"identical": 3, "unknown": 2}, {}, [("different", 2)]),
        ({"identical": 3, "present": 2}, {}, [("present", 2)]),
        ({"identical": 3}, {"sample": 3}, [("sampled", 1)]),
        ({"identical": 3}, {"words": "the line broke"}, [("broken-off", 1)]),
    ],
)
def test_what_was_not_found_to_be_well_is_named(
    make_migration: Make, counts: dict[str, int], more: dict[str, Any], wanted: list[tuple[str, int]]
) -> None:
    from trasloco.records.completeness import completeness

    migration = ended(make_migration, ["completed"], copied=5)
    compared(migration.accounts.get(), counts, **more)
    assert missing(migration) == wanted
    assert not completeness(migration).complete


def test_a_comparison_before_the_last_run_counts_for_nothing(make_migration: Make) -> None:
    from trasloco.records.clock import now

    migration = ended(make_migration, ["completed"], copied=5)
    compared(migration.accounts.get(), {"identical": 5}, at=now() - timedelta(hours=1))
    assert missing(migration) == [("not-compared", 1)]


def test_a_refused_message_is_never_complete(make_migration: Make) -> None:
    from trasloco.records.completeness import completeness

    migration = ended(make_migration, ["completed_with_errors"], copied=5, refused=1)
    compared(migration.accounts.get(), {"identical": 5})
    assert missing(migration) == [("refused", 1)]
    assert completeness(migration).wrong


def test_what_is_known_of_and_not_moved_is_still_to_go(make_migration: Make) -> None:
    from trasloco.records.models import LoginCheck

    migration = ended(make_migration, ["running", "failed", "waiting"])
    LoginCheck.objects.filter(account__migration=migration).update(messages=100)
    messages(migration.accounts.get(line=1), copied=30)
    migration.runs.get(number=1).transfers.filter(account__line=1).update(expected_messages=120)
    assert missing(migration) == [("failed", 1), ("under-way", 2), ("to-go", 90 + 100 + 100)]
    assert missing(migration, migration.accounts.get(line=1).pk) == [("under-way", 1), ("to-go", 90)]


def test_before_the_first_run_nothing_is_complete(make_migration: Make) -> None:
    assert missing(make_migration(accounts=2)) == [("under-way", 2)]


def test_who_is_left_out_is_in_no_figure(make_migration: Make) -> None:
    from trasloco.records.completeness import completeness

    migration = ended(make_migration, ["completed", "failed"], copied=5)
    migration.accounts.filter(line=2).update(left_out=True)
    compared(migration.accounts.get(line=1), {"identical": 5})
    found = completeness(migration)
    assert (found.complete, found.accounts, found.left_out) == (True, 1, 1)


def test_a_migration_of_which_all_is_left_out_is_not_complete(make_migration: Make) -> None:
    from trasloco.records.completeness import completeness

    migration = make_migration(accounts=2)
    migration.accounts.update(left_out=True)
    assert not completeness(migration).complete
