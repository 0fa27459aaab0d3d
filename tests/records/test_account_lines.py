"""The accounts of a migration by state, by words, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trasloco.testing.run_states import begin, set_states

Make = Callable[..., Any]


def _states(migration: Any) -> list[str]:
    from trasloco.records.account_lines import account_lines, accounts_with_state
    from trasloco.records.overviews import current_run

    run = current_run(migration)
    return [line.state for line in account_lines(accounts_with_state(migration, run), run)]


def test_an_account_has_the_state_of_its_transfer_or_a_word_of_its_own(make_migration: Make) -> None:
    migration = make_migration()
    migration.accounts.filter(line=2).update(left_out=True)
    assert _states(migration) == ["planned", "left-out", "planned"]
    set_states(begin(migration), ["running", "failed"])
    assert _states(migration) == ["running", "left-out", "failed"]


def test_each_line_knows_its_state_in_every_run_and_its_refused_messages(make_migration: Make) -> None:
    from trasloco.records.account_lines import account_lines, accounts_with_state
    from trasloco.records.models import FolderTally

    migration = make_migration()
    set_states(begin(migration), ["completed", "failed", "completed"])
    run = begin(migration)
    set_states(run, ["completed_with_errors", "completed", "completed"])
    transfer = run.transfers.get(account__line=1)
    for name, refused, skipped in (("INBOX", 2, 0), ("Sent", 1, 5)):
        FolderTally.objects.create(transfer=transfer, source=name, refused=refused, skipped=skipped)
    first, second, _ = account_lines(accounts_with_state(migration, run), run)
    assert (first.states, first.refused, first.skipped) == ({1: "completed", 2: "completed_with_errors"}, 3, 5)
    assert second.states == {1: "failed", 2: "completed"}
    assert second.transfer is not None
    assert second.transfer.run_id == run.pk


def test_counts_are_by_state_with_those_that_need_somebody_beside_them(make_migration: Make) -> None:
    from trasloco.records.account_lines import ATTENTION, state_counts

    migration = make_migration(accounts=5)
    run = begin(migration)
    set_states(run, ["completed", "failed", "completed_with_errors", "waiting", "waiting"])
    run.transfers.filter(account__line=5).update(attempts=1)
    counts = state_counts(migration, run)
    assert counts == {"completed": 1, "failed": 1, "completed_with_errors": 1, "waiting": 2, ATTENTION: 3}
