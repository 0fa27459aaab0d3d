"""The pages of accounts that fail in the same way: what they say, and the three things that can be done there."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.fix_wizard import MAILBOXES, WizardCast
from trasloco.engine.logins import HostGates
from trasloco.testing.run_states import begin, close, set_states

Make = Callable[..., Any]
REFUSED = "failed-source-login-refused"


@pytest.fixture
def failing(make_migration: Make) -> Any:
    """Under way, of four accounts the second and the third have failed."""
    migration = make_migration(accounts=4)
    set_states(begin(migration), ["completed", "failed", "failed", "running"])
    return migration


def _page(answer: Any) -> str:
    assert answer.status_code == 200
    return html.unescape(" ".join(answer.content.decode().split()))


def _at(migration: Any, rest: str = "", group: str = REFUSED) -> str:
    return f"/migrations/{migration.code}/failures/{group}/{rest}"


def _area(page: str) -> str:
    found = re.search(r'<textarea[^>]*name="text"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found
    return html.unescape(found[1])


def _states(migration: Any) -> list[str]:
    return list(migration.runs.get(number=1).transfers.order_by("account__line").values_list("status", flat=True))


def test_it_names_the_accounts_the_servers_words_and_what_to_do(anna: Client, failing: Any) -> None:
    page = _page(anna.get(_at(failing)))
    assert "2 accounts: Wrong login or password" in page
    assert '[AUTHENTICATIONFAILED] Authentication failed.</span> <span class="count"> (2 accounts)' in page
    assert "Check the user name" in page
    assert [number for number in range(1, 5) if f"a{number}@{failing.domains[0]}</b>" in page] == [2, 3]
    for words in ("Try these again", "Leave these out", "Keep and check", "These lines as a file"):
        assert words in page


def test_the_page_of_the_migration_leads_to_each_way(anna: Client, failing: Any) -> None:
    page = _page(anna.get(f"/migrations/{failing.code}/"))
    assert f'href="{_at(failing)}"' in page
    assert f'href="{_at(failing)}#passwords"' in page


def test_an_account_leads_to_all_that_fail_like_it(anna: Client, failing: Any) -> None:
    account = failing.accounts.get(line=2)
    assert f'href="{_at(failing)}"' in _page(anna.get(f"/migrations/{failing.code}/accounts/{account.pk}/"))


def test_only_these_are_tried_again(anna: Client, failing: Any) -> None:
    run = failing.runs.get(number=1)
    run.transfers.filter(account__line=3).update(failure_code="connection-refused")
    page = _page(anna.post(_at(failing, "try/"), follow=True))
    assert "1 account is tried again." in page
    assert _states(failing) == ["completed", "waiting", "failed", "running"]


def test_a_group_that_nobody_is_in_any_more_says_so(anna: Client, failing: Any) -> None:
    failing.runs.get(number=1).transfers.update(status="completed")
    assert "No account fails in that way any more." in _page(anna.get(_at(failing), follow=True))


def test_leaving_out_asks_first_and_names_them(anna: Client, failing: Any) -> None:
    page = _page(anna.get(_at(failing, "leave-out/")))
    assert "Leave 2 accounts out?" in page
    assert f"<li>a3@{failing.domains[0]}</li>" in page
    assert _states(failing)[1] == "failed"
    page = _page(anna.post(_at(failing, "leave-out/"), follow=True))
    assert "2 accounts are left out." in page
    assert "have failed" not in page
    assert _states(failing) == ["completed", "left-out", "left-out", "running"]


def test_an_account_left_out_can_be_taken_in_again_on_its_page(anna: Client, failing: Any) -> None:
    anna.post(_at(failing, "leave-out/"))
    address = f"/migrations/{failing.code}/accounts/{failing.accounts.get(line=2).pk}/"
    assert "Take this account in again" in _page(anna.get(address))
    assert "is tried again." in _page(anna.post(f"{address}take-in/", follow=True))
    assert _states(failing)[1] == "waiting"


def test_messages_that_were_refused_cannot_be_left_out_as_an_account(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    set_states(begin(migration), ["completed_with_errors", "completed", "completed"])
    page = _page(anna.get(_at(migration, group="errors--")))
    assert "1 account: single messages were refused" in page
    assert "Leave these out" not in page
    anna.post(_at(migration, "leave-out/", "errors--"))
    assert _states(migration)[0] == "completed_with_errors"


def test_the_lines_come_without_passwords_and_harmless_for_a_spreadsheet(anna: Client, failing: Any) -> None:
    failing.accounts.filter(line=2).update(login="=HYPERLINK(1)")
    answer = anna.get(_at(failing, "passwords.csv"))
    assert answer.headers["Content-Disposition"].endswith('-passwords.csv"')
    domain = failing.domains[0]
    assert answer.content.decode("utf-8-sig").split("\r\n") == [
        f'a2@{domain};127.0.0.1:1;\'=HYPERLINK(1);""',
        f'a3@{domain};127.0.0.1:1;a3@old.example;""',
        "",
    ]


def test_what_comes_back_as_it_went_out_but_for_the_passwords_is_taken(anna: Client, failing: Any) -> None:
    failing.accounts.filter(line=2).update(login="=HYPERLINK(1)")
    before = failing.accounts.get(line=3).source_secret
    text = anna.get(_at(failing, "passwords.csv")).content.decode("utf-8-sig").replace('""', "new", 1)
    file = SimpleUploadedFile("passwords.csv", text.encode("utf-8-sig"))
    page = _page(anna.post(_at(failing, "passwords/"), {"file": file}, follow=True))
    assert "1 password was kept; its login is tried now. 1 line had no password and changed nothing." in page
    assert "being checked" in page
    assert failing.accounts.get(line=3).source_secret == before


def test_what_is_wrong_stands_beside_its_line_and_nothing_is_kept(anna: Client, failing: Any) -> None:
    domain, before = failing.domains[0], failing.accounts.get(line=2).source_secret
    text = f"a2@{domain};127.0.0.1:1;a2@old.example;very secret\na1@{domain};127.0.0.1:1;a1@old.example;other secret\nnonsense\n"
    answer = anna.post(_at(failing, "passwords/"), {"text": text})
    page = _page(answer)
    assert "This account is not one of those that fail in this way.</span> Leave the line out." in page
    assert page.count('class="bad"') == 2
    assert _area(answer.content.decode()).strip() == text.strip()
    assert failing.accounts.get(line=2).source_secret == before
    assert "other secret" not in re.sub(r"<textarea.*?</textarea>", "", page), "masked beside its problem"


def test_it_comes_again_by_itself_while_logins_are_checked(anna: Client, failing: Any) -> None:
    from trasloco.jobs.corrected_logins import check_again
    from trasloco.records.history import SCHEDULE

    assert "every 2s" not in _page(anna.get(_at(failing)))
    check_again(SCHEDULE, failing, [failing.accounts.get(line=2).pk])
    assert "every 2s" in _page(anna.get(_at(failing)))
    failing.runs.get(number=1).transfers.update(status="running")
    answer = anna.get(_at(failing), headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == f"/migrations/{failing.code}/", "the others are there"


def test_lines_without_any_password_are_refused(anna: Client, failing: Any) -> None:
    text = _area(anna.get(_at(failing)).content.decode())
    assert "There is no password in any line." in _page(anna.post(_at(failing, "passwords/"), {"text": text}))


def test_without_the_passwords_it_is_run_once_more_with_these_lines(anna: Client, make_migration: Make) -> None:
    migration = make_migration(accounts=3, second_minutes=None)
    run = begin(migration)
    set_states(run, ["completed", "failed", "failed"])
    run.transfers.filter(account__line=3).update(failure_code="connection-refused")
    close(migration)
    page = _page(anna.get(_at(migration)))
    assert "Keep and check" not in page
    assert "Try these again" not in page
    again = anna.get(f"/migrations/{migration.code}/again/?only={REFUSED}")
    assert _area(again.content.decode()).split()[0].startswith("a2@")
    assert len(_area(again.content.decode()).split()) == 1


def test_what_a_password_does_not_mend_asks_for_none(anna: Client, failing: Any) -> None:
    failing.runs.get(number=1).transfers.update(failure_code="certificate-expired")
    group = "failed-source-certificate-expired"
    assert "Keep and check" not in _page(anna.get(_at(failing, group=group)))
    assert anna.post(_at(failing, "passwords/", group), {"text": "x"}).status_code == 302


def test_imap_switched_off_says_where_to_click(anna: Client, failing: Any) -> None:
    from trasloco.records.models import MailMigration

    failing.runs.get(number=1).transfers.update(failure_code="imap-switched-off")
    MailMigration.objects.filter(pk=failing.pk).update(source_type="gmail")
    page = _page(anna.get(_at(failing, group="failed-source-imap-switched-off")))
    assert "Google has IMAP switched off for this mailbox" in page
    assert "admin.google.com" in page


def test_a_draft_shows_its_failing_logins_in_groups_and_takes_other_passwords(wizard: WizardCast) -> None:
    from trasloco.jobs.login_checks import check_migration

    code = wizard.checked(wizard.line(1, password="wrong") + wizard.line(2) + wizard.line(3, password="wrong"))
    check = f"/migrations/new/{code}/check/"
    page = _page(wizard.client.get(check))
    assert "2 accounts: Wrong login or password" in page
    group = f"/migrations/{code}/failures/check-source-login-refused/"
    assert f'href="{group}"' in page
    text = _area(wizard.client.get(group).content.decode())
    rights = [MAILBOXES[f"user{number}@old.example.org"].replace('"', '""') for number in (1, 3)]
    lines = [line.replace('""', f'"{right}"') for line, right in zip(text.split(), rights, strict=True)]
    assert wizard.client.post(f"{group}passwords/", {"text": "\n".join(lines)}).headers["Location"] == check
    asyncio.run(check_migration(wizard.migration(code).pk, None, wizard.ring, HostGates()))
    assert "All 3 accounts work on both sides." in _page(wizard.client.get(check))


def test_a_draft_checks_these_again_or_is_planned_without_them(wizard: WizardCast) -> None:
    code = wizard.checked(wizard.line(1, password="wrong") + wizard.line(2))
    group = f"/migrations/{code}/failures/check-source-login-refused/"
    assert wizard.client.post(f"{group}try/").status_code == 302
    states = wizard.migration(code).accounts.order_by("line").values_list("check_result__state", flat=True)
    assert list(states) == ["waiting", "ok"]
    wizard.check(code)
    assert "1 account is left out." in _page(wizard.client.post(f"{group}leave-out/", follow=True))
    assert wizard.migration(code).accounts.get(line=1).left_out
