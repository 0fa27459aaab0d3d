"""Accounts that fail in the same way, told once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from trasloco.testing.run_states import begin, set_states

Make = Callable[..., Any]


def test_each_way_is_told_once_failed_ones_first(make_migration: Make) -> None:
    from trasloco.records.failure_groups import run_groups

    migration = make_migration(accounts=9)
    run = begin(migration)
    set_states(run, ["failed"] * 6 + ["completed_with_errors", "waiting", "completed"])
    run.transfers.filter(account__line=8).update(attempts=2, failure_code="connection-timeout", failure_side="source")
    found = run_groups(run)
    assert [(group.key, group.count) for group in found] == [
        ("failed-source-login-refused", 6),
        ("errors--", 1),
        ("again-source-connection-timeout", 1),
    ]
    assert [member.address for member in found[0].members] == [f"a{n}@{migration.domains[0]}" for n in range(1, 7)]
    assert run_groups(None) == []


def test_the_same_failure_of_the_other_side_is_another_group(make_migration: Make) -> None:
    from trasloco.records.failure_groups import run_groups

    migration = make_migration()
    run = begin(migration)
    set_states(run, ["failed"] * 3)
    run.transfers.filter(account__line=2).update(failure_side="destination")
    assert [(group.side, group.count) for group in run_groups(run)] == [("source", 2), ("destination", 1)]


def test_words_are_counted_without_what_is_an_accounts_own(make_migration: Make) -> None:
    from trasloco.records.failure_groups import run_groups

    migration = make_migration(accounts=3)
    run = begin(migration)
    set_states(run, ["failed"] * 3)
    run.transfers.filter(account__line=3).update(failure_words="Source x: a3@old.example is locked. Ask a3@old.example.")
    (group,) = run_groups(run)
    assert [(wording.words, wording.count) for wording in group.wordings] == [
        ("[AUTHENTICATIONFAILED] Authentication failed.", 2),
        ("Source x: … is locked. Ask ….", 1),
    ]
    assert group.more_wordings == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Source x: bob could not sign in; the server says “[X] no “bob” here”. Check login.", "[X] no “bob” here"),
        ("Source x: while reading in “INBOX” it hung up", "Source x: while reading in “INBOX” it hung up"),
        ("Source x: BOB@old.example.: (.*)", "Source x: ….: (.*)"),
        ("", ""),
    ],
)
def test_the_servers_own_words_are_what_it_says(words: str, said: str) -> None:
    from trasloco.records.failure_groups import server_words

    assert server_words(words, "bob@new.example", "bob@old.example") == said


def test_what_is_tried_again_says_when_the_first_is(make_migration: Make) -> None:
    from trasloco.records.clock import now
    from trasloco.records.failure_groups import run_groups

    migration = make_migration()
    run = begin(migration)
    set_states(run, ["waiting", "waiting", "completed"])
    early, late = now() + timedelta(hours=1), now() + timedelta(hours=2)
    for line, hour in ((1, late), (2, early)):
        run.transfers.filter(account__line=line).update(attempts=1, not_before=hour, failure_code="server-busy", failure_side="source")
    (group,) = run_groups(run)
    assert (group.kind, group.next_try, group.count) == ("again", early, 2)


def test_an_account_whose_sides_both_fail_stands_with_the_old_server(make_migration: Make) -> None:
    from trasloco.records.failure_groups import check_groups
    from trasloco.records.models import CheckState, LoginCheck

    migration = make_migration(accounts=3)
    refused = {"ok": False, "code": "login-refused", "words": "the server says “no”", "server": ""}
    checks = LoginCheck.objects.filter(account__migration=migration)
    checks.update(state=CheckState.FAILED, destination=refused)
    checks.filter(account__line=1).update(source=refused)
    checks.filter(account__line=3).update(source={"ok": True, "code": "", "words": "", "server": ""})
    found = check_groups(migration)
    assert [(group.key, group.count) for group in found] == [("check-destination-login-refused", 2), ("check-source-login-refused", 1)]
    migration.accounts.filter(line=1).update(left_out=True)
    assert len(check_groups(migration)) == 1


def test_the_key_of_an_account_is_that_of_its_group(make_migration: Make) -> None:
    from trasloco.records.failure_groups import group_key, run_groups

    migration = make_migration(accounts=4)
    run = begin(migration)
    set_states(run, ["failed", "completed_with_errors", "waiting", "completed"])
    run.transfers.filter(account__line=3).update(attempts=1, failure_code="silent", failure_side="source")
    keys = [group_key(transfer) for transfer in run.transfers.order_by("account__line")]
    assert sorted(keys[:3]) == sorted(group.key for group in run_groups(run))
    assert keys[3] == ""
