"""One migration: what its page says in each stage, and the table of its accounts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from trasloco.records.key_ring import KeyRing
from trasloco.testing.run_states import begin, close, set_states

Make = Callable[..., Any]
WELL = ["completed"] * 3


def _page(client: Client, migration: Any, query: str = "") -> str:
    answer = client.get(f"/migrations/{migration.code}/{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def _accounts(page: str) -> list[str]:
    return re.findall(r'id="account-\d+" href="[^"]*"><b>([^<]*)<', page)


def test_a_draft_goes_on_in_its_steps(anna: Client, make_migration: Make) -> None:
    from trasloco.records.models import MailMigration

    migration = make_migration()
    MailMigration.objects.filter(pk=migration.pk).update(planned_at=None)
    migration.runs.all().delete()
    assert anna.get(f"/migrations/{migration.code}/").headers["Location"] == f"/migrations/new/{migration.code}/check/"


def test_before_the_first_run_it_says_when_and_that_nothing_is_to_do(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    page = _page(anna, migration)
    assert "Nothing has to be done until then" in page
    assert "Start the first run now" in page
    assert "Change the MX records now" not in page


def test_while_it_runs_it_says_how_far_and_what_is_wrong(anna: Client, make_migration: Make) -> None:
    migration = make_migration(accounts=4)
    set_states(begin(migration), ["completed", "failed", "running", "waiting"])
    page = _page(anna, migration)
    assert "Run 1 is under way: 2 of 4 accounts are done." in page
    assert "1 of 4 accounts has failed." in page
    assert "1 account: Wrong login or password" in page
    assert "Authentication failed." in page, "the server's words"
    assert "Try them all again now" in page
    assert "Stop the run" in page
    assert "Delete (not while a run is in progress)" in page
    assert "/delete/" not in page


def test_between_the_runs_it_says_to_change_the_mx(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    set_states(begin(migration), WELL)
    page = _page(anna, migration)
    assert "Change the MX records now." in page
    assert "The second run begins" in page
    assert "Start the second run now" in page


def test_accounts_that_failed_are_named_before_the_mx_is_changed(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    set_states(begin(migration), ["completed", "failed", "failed"])
    page = _page(anna, migration)
    assert "But look at the 2 accounts first that have failed" in page


def test_a_first_run_that_failed_as_a_whole_says_not_to_change_the_mx(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    set_states(begin(migration), ["failed"] * 3)
    page = _page(anna, migration)
    assert "do not change the MX records yet" in page
    assert "Change the MX records now" not in page


def test_without_a_second_run_the_mx_is_changed_after_the_first(anna: Client, make_migration: Make) -> None:
    migration = make_migration(second_minutes=None)
    set_states(begin(migration), WELL)
    close(migration)
    page = _page(anna, migration)
    assert "Change the MX records now." in page
    assert "No second run is planned" in page
    assert "Run once more" in page


def test_an_empty_mailbox_is_complete_with_0_of_0(anna: Client, make_migration: Make) -> None:
    migration = make_migration(accounts=1)
    run = begin(migration)
    set_states(run, ["completed"])
    run.transfers.update(expected_messages=0, done_messages=0)
    assert "0 of 0" in " ".join(_page(anna, migration).split())


def test_at_the_end_it_says_so(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    set_states(begin(migration), WELL)
    set_states(begin(migration), WELL)
    close(migration)
    page = _page(anna, migration)
    assert "All runs have ended, and every account is complete." in page
    assert "The passwords have been wiped." in page
    assert "every 2s" not in page
    assert anna.get(f"/migrations/{migration.code}/", headers={"HX-Request": "true"}).status_code == 286


def test_what_failed_at_the_end_needs_its_passwords_again(anna: Client, make_migration: Make) -> None:
    migration = make_migration(second_minutes=None)
    set_states(begin(migration), ["completed", "completed", "failed"])
    close(migration)
    page = _page(anna, migration)
    assert f"/migrations/{migration.code}/again/?only=failed" in page
    assert "Try them all again now" not in page


def test_a_stopped_run_can_be_gone_on_with(anna: Client, make_migration: Make) -> None:
    from trasloco.records.history import Actor
    from trasloco.records.planning import stop

    migration = make_migration()
    set_states(begin(migration), ["completed", "running", "waiting"])
    stop(Actor(migration.asked_by), migration)
    page = _page(anna, migration)
    assert "Run 1 was stopped." in page
    assert "Go on with the run" in page


@pytest.mark.parametrize(
    ("state", "expected"),
    [("", [1, 2, 3, 4]), ("failed", [2]), ("waiting", [4]), ("attention", [2, 3]), ("left-out", []), ("nonsense", [1, 2, 3, 4])],
)
def test_accounts_are_filtered_by_status(anna: Client, make_migration: Make, state: str, expected: list[int]) -> None:
    migration = make_migration(accounts=4)
    set_states(begin(migration), ["running", "failed", "completed_with_errors", "waiting"])
    found = _accounts(_page(anna, migration, f"?state={state}"))
    assert found == [f"a{number}@{migration.domains[0]}" for number in expected]


def test_accounts_are_found_by_address_or_login(anna: Client, make_migration: Make) -> None:
    migration = make_migration(accounts=12)
    assert _accounts(_page(anna, migration, "?q=a12@old")) == [f"a12@{migration.domains[0]}"]


def test_an_account_left_out_is_shown_as_such(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    migration.accounts.filter(line=2).update(left_out=True)
    set_states(begin(migration), ["completed", "completed"])
    page = _page(anna, migration, "?state=left-out")
    assert _accounts(page) == [f"a2@{migration.domains[0]}"]
    assert "left out" in page


def test_500_accounts_come_in_pages_and_with_few_queries(anna: Client, make_migration: Make) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    small, large = make_migration(accounts=3), make_migration(accounts=500)
    set_states(begin(small), WELL)
    run = begin(large)
    run.transfers.update(status="completed")
    with CaptureQueriesContext(connection) as few:
        _page(anna, small)
    with CaptureQueriesContext(connection) as many:
        page = _page(anna, large)
    assert len(_accounts(page)) == 50
    assert "Page 1 of 10" in page
    assert len(many) <= len(few) + 3


def test_the_live_part_brings_top_and_table_and_opens_no_form_anew(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    set_states(begin(migration), ["running", "waiting", "waiting"])
    answer = anna.get(f"/migrations/{migration.code}/?state=running", headers={"HX-Request": "true"})
    part = answer.content.decode()
    assert 'hx-swap-oob="innerHTML"' in part
    assert _accounts(" ".join(part.split())) == [f"a1@{migration.domains[0]}"]
    assert 'name="q"' not in part, "what somebody types is not swapped away"
    seen = {"HX-Request": "true", "X-Seen": answer.headers["X-Digest"]}
    assert anna.get(f"/migrations/{migration.code}/?state=running", headers=seen).status_code == 204


def test_the_mx_of_a_migration_from_before_domains_were_watched_is_asked_for_when_it_matters(
    anna: Client, make_migration: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRASLOCO_DNS", "127.0.0.1:9")  # nobody answers
    migration = make_migration()
    migration.mx_watches.all().delete()
    before = anna.get(f"/migrations/{migration.code}/mx/")
    assert "MX" not in before.content.decode()
    set_states(begin(migration), WELL)
    page = anna.get(f"/migrations/{migration.code}/mx/").content.decode()
    assert migration.domains[0] in page
    assert "the name server does not answer" in page


def test_a_migration_of_the_command_line_is_shown_to_the_operator(anna: Client, ring: KeyRing) -> None:
    from trasloco.records.actions import begin_run
    from trasloco.testing.migration_rows import small_migration

    migration = small_migration(ring, 3)
    assert "no run" not in _page(anna, migration)
    set_states(begin_run(migration), ["completed", "failed", "completed"])
    page = _page(anna, migration)
    assert "1 of 3 accounts has failed." in page
    assert _accounts(page) == ["a1@example.net", "a2@example.net", "a3@example.net"]
    assert migration.code in anna.get("/migrations/").content.decode()
    account = migration.accounts.get(line=2)
    for address in ("delete/", f"accounts/{account.pk}/", f"accounts/{account.pk}/log/1/"):
        assert anna.get(f"/migrations/{migration.code}/{address}").status_code == 200, address
    answer = anna.get(f"/migrations/{migration.code}/again/", follow=True)
    assert "made on the command line" in answer.content.decode()
