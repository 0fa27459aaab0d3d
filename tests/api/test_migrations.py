"""Migrations made, listed and deleted by a program."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fix_api import Program
from tests.fix_people import Cast

GOOD = {"destination": "a1@alpha.example", "server": "imap.example.org", "login": "a1", "password": 'se;c"ret'}


@pytest.fixture
def team(cast: Cast, program: Callable[..., Program]) -> Program:
    return program(cast.people["team"])


def test_accounts_are_kept_as_given_and_their_check_begins(cast: Cast, team: Program) -> None:
    from django.conf import settings

    from trasloco.records.key_ring import KeyRing
    from trasloco.records.models import LoginCheck, MailMigration
    from trasloco.records.vault import Vault

    answer = team.post("migrations", {"accounts": [GOOD, {**GOOD, "destination": "a2@alpha.example", "login": "a2"}]})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["stage"], made["domains"], made["customer"]["name"]) == ("draft", ["alpha.example"], "Alpha")
    assert "ret" not in answer.content.decode().replace("retry", "")
    draft = MailMigration.objects.get(code=made["code"])
    account = draft.accounts.get(line=1)
    vault = Vault.open(draft.code, draft.wrapped_key, draft.key_id, KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE))
    assert vault.reveal(account.source_secret, "a1@alpha.example source").reveal() == 'se;c"ret'
    assert LoginCheck.objects.filter(account__migration=draft).count() == 2


def test_with_a_mistake_in_one_line_nothing_is_made_and_each_mistake_is_named(cast: Cast, team: Program) -> None:
    from trasloco.records.models import HistoryEntry, MailMigration

    before = MailMigration.objects.count(), HistoryEntry.objects.count()
    wrong = [GOOD, {**GOOD, "destination": "b@beta.example", "login": "b"}, {**GOOD, "destination": "no address", "login": "c"}]
    answer = team.post("migrations", {"accounts": wrong})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "accounts-not-accepted")
    assert [(each["line"], each["column"]) for each in problem["problems"]] == [(2, "destination"), (3, "destination")]
    assert all(each["words"] and each["remedy"] and each["code"] for each in problem["problems"])
    assert (MailMigration.objects.count(), HistoryEntry.objects.count()) == before


def test_a_csv_and_accounts_have_the_same_mistakes(team: Program) -> None:
    by_json = team.post("migrations", {"accounts": [{**GOOD, "destination": "b@beta.example"}, {**GOOD, "login": ""}]}).json()
    by_csv = team.post("migrations", {"csv": "b@beta.example;imap.example.org;a1;secret\na1@alpha.example;imap.example.org;;secret"}).json()
    assert by_json["problems"] == by_csv["problems"]
    assert len(by_json["problems"]) == 2


def test_an_account_that_looks_like_a_header_is_not_skipped(team: Program) -> None:
    words = {"destination": "destination", "server": "server", "login": "login", "password": "password"}
    problem = team.post("migrations", {"accounts": [words, GOOD]}).json()
    assert {each["line"] for each in problem["problems"]} == {1}


def test_what_is_not_known_is_refused(team: Program) -> None:
    answer = team.post("migrations", {"acounts": [GOOD]})
    assert answer.status_code == 422
    assert "acounts" in str(answer.json()["fields"])


def test_a_manager_gives_only_accounts_of_his_domains(cast: Cast, program: Callable[..., Program]) -> None:
    answer = program(cast.people["manager"]).post("migrations", {"accounts": [{**GOOD, "destination": "x@other.example"}]})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["line"] == 1


def test_the_operator_says_of_which_customer_it_is(cast: Cast, program: Callable[..., Program]) -> None:
    olga = program(cast.people["superuser"])
    assert olga.post("migrations", {}).json()["code"] == "customer-missing"
    assert olga.post("migrations", {"customer": 999_999}).json()["code"] == "customer-unknown"
    made = olga.post("migrations", {"customer": cast.alpha.pk, "accounts": [GOOD]})
    assert made.json()["customer"] == {"id": cast.alpha.pk, "name": "Alpha"}


def test_page_by_page_everything_comes_once_whatever_comes_and_goes(cast: Cast, team: Program) -> None:
    for _ in range(4):
        team.post("migrations", {})
    first = team.get("migrations?limit=2").json()
    team.post("migrations", {})  # the newest first: it belongs before the first page
    team.ask("DELETE", f"migrations/{first['items'][1]['code']}")
    codes = [each["code"] for each in first["items"]]
    cursor = first["next"]
    while cursor is not None:
        page = team.get(f"migrations?limit=2&cursor={cursor}").json()
        codes += [each["code"] for each in page["items"]]
        cursor = page["next"]
    assert len(codes) == len(set(codes)) == 4 + 3  # and those of the cast


def test_found_by_address_and_by_stage(cast: Cast, team: Program) -> None:
    assert [each["code"] for each in team.get("migrations?q=m1@alpha").json()["items"]] == [cast.moving.code]
    assert {each["stage"] for each in team.get("migrations?stage=draft").json()["items"]} == {"draft"}


def test_a_planned_one_cannot_be_changed_and_says_so(cast: Cast, team: Program) -> None:
    answer = team.ask("PATCH", f"migrations/{cast.moving.code}", {"source_tls": "off"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already-planned")
    answer = team.ask("DELETE", f"migrations/{cast.moving.code}")
    assert (answer.status_code, answer.json()["code"]) == (409, "still-runs")


def test_the_history_names_the_token(cast: Cast, team: Program) -> None:
    from trasloco.records.models import HistoryEntry

    code = team.post("migrations", {}).json()["code"]
    entry = HistoryEntry.objects.get(migration_code=code)
    assert (entry.person, entry.details["token"]) == (cast.people["team"], "a program")


def test_a_list_tells_how_many_accounts_there_are_and_how_each_stands(cast: Cast, team: Program) -> None:
    code = team.get("migrations").json()["items"][-1]["code"]
    shown = team.get(f"migrations/{code}").json()
    listed = team.get(f"migrations/{code}/accounts").json()["items"]
    assert shown["accounts"] == len(listed) > 0
    for account in listed:
        alone = team.get(f"migrations/{code}/accounts/{account['id']}").json()
        assert account["check"] == alone["check"]
        assert account["transfer"] in (None, *alone["transfers"])
