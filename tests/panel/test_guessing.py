"""Numbers and codes of others, guessed: there is nothing behind them, whatever right one has elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.fix_people import Cast
from tests.panel.test_matrix import contents

MakeClient = Callable[..., Client]


@pytest.fixture
def foreign(cast: Cast) -> dict[str, str]:
    """Pages of alpha's rows, each with a number or code that exists."""
    code, account = cast.moving.code, cast.account.pk
    return {
        "migration": f"/migrations/{code}/",
        "account": f"/migrations/{code}/accounts/{account}/",
        "log": f"/migrations/{code}/accounts/{account}/log/1/",
        "parked": f"/migrations/{code}/accounts/{account}/parked/{cast.parked}/",
        "draft": f"/migrations/new/{cast.draft.code}/csv/",
        "steps of a planned one": f"/migrations/new/{code}/csv/",
        "line": f"/migrations/new/{cast.draft.code}/check/{cast.draft.accounts.get().pk}/",
        "person": f"/people/{cast.people['team'].pk}/",
        "customer": f"/customers/{cast.alpha.pk}/",
        "system": f"/destinations/{cast.system.pk}/",
    }


def test_another_customers_admin_finds_none_of_them(foreign: dict[str, str], cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.people["stranger"])
    for name, path in foreign.items():
        assert client.get(path).status_code == 404, name
        assert client.get(path, headers={"HX-Request": "true"}).status_code == 404, name


@pytest.mark.parametrize("viewer", ["superuser", "admin"])
def test_a_row_of_one_migration_is_not_reached_through_another(viewer: str, cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.people[viewer])
    other = cast.wide.accounts.order_by("line").first()
    moving, wide = cast.moving.code, cast.wide.code
    assert client.get(f"/migrations/{wide}/accounts/{other.pk}/").status_code == 200
    for path in (
        f"/migrations/{moving}/accounts/{other.pk}/",
        f"/migrations/{moving}/accounts/{other.pk}/log/1/",
        f"/migrations/{wide}/accounts/{other.pk}/parked/{cast.parked}/",
        f"/migrations/{wide}/accounts/{other.pk}/log/9/",
        f"/migrations/new/{cast.draft.code}/check/{other.pk}/",
    ):
        assert client.get(path).status_code == 404, path
    # Planned: its steps are over, and who may see it is sent to its own page.
    assert client.get(f"/migrations/new/{moving}/csv/").headers["Location"] == f"/migrations/{moving}/"


def test_a_foreign_account_cannot_be_left_out_through_ones_own_draft(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.people["admin"])
    before = contents()
    answer = client.post(f"/migrations/new/{cast.draft.code}/check/leave-out/", {"account": str(cast.account.pk), "out": "yes"})
    assert answer.status_code == 404
    assert contents() == before


def test_of_a_migration_into_other_domains_too_a_manager_learns_nothing(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.people["manager"])
    wide = cast.wide.code
    assert client.get(f"/migrations/{wide}/").status_code == 404
    for verb in ("start", "stop", "resume", "retry"):
        assert client.post(f"/migrations/{wide}/do/{verb}/").status_code == 404
    shown = client.get("/migrations/").content.decode()
    assert cast.moving.code in shown
    assert wide not in shown
    searched = client.get("/migrations/", {"q": wide}).content.decode()
    assert f"/migrations/{wide}/" not in searched  # what he searched for stands there again, but leads nowhere


def test_the_customer_in_the_address_moves_nobody_but_the_operator(cast: Cast, make_client: MakeClient) -> None:
    shown = make_client(cast.people["stranger"]).get("/people/", {"customer": cast.alpha.pk}).content.decode()
    assert "stranger@beta.example" in shown
    assert "alpha.example" not in shown
    assert "admin@alpha.example" in make_client(cast.people["superuser"]).get("/people/", {"customer": cast.alpha.pk}).content.decode()


@pytest.mark.parametrize("customer", ["0", "99999999999999999999999", "x", "-1", "1\0"])
def test_a_customer_that_is_no_number_or_not_there_is_404(customer: str, cast: Cast, make_client: MakeClient) -> None:
    assert make_client(cast.people["superuser"]).get("/people/", {"customer": customer}).status_code == 404


def test_history_and_mails_tell_each_customer_of_himself_only(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.people["stranger"])
    for path in ("/history/", "/mails/"):
        shown = client.get(path).content.decode()
        assert "alpha.example" not in shown, path
        assert cast.moving.code not in shown, path
    assert cast.moving.code in make_client(cast.people["team"]).get("/history/").content.decode()


def test_from_where_the_operator_came_is_not_told_to_his_customers(cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.history import Actor, note

    note(Actor(cast.people["superuser"], "203.0.113.77"), "customer-changed", "Alpha", customer=cast.alpha)
    note(Actor(cast.people["team"], "203.0.113.78"), "signed-in", "team@alpha.example", customer=cast.alpha)
    seen = make_client(cast.people["admin"]).get("/history/").content.decode()
    assert "203.0.113.78" in seen
    assert "203.0.113.77" not in seen
    assert "203.0.113.77" in make_client(cast.people["superuser"]).get("/history/").content.decode()


def test_a_search_for_what_no_database_takes_finds_nothing(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.people["superuser"])
    for path in ("/history/", "/mails/"):
        assert client.get(path, {"q": "a\0b%_'"}).status_code == 200


def test_a_signed_out_part_of_a_page_asks_for_the_whole_page(cast: Cast, make_client: MakeClient) -> None:
    answer = make_client().get(f"/migrations/{cast.moving.code}/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Refresh"] == "true"
