"""With every filter of the pages taken away, the database still shows nothing of another customer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from tests.fix_people import Cast
from tests.panel.addresses import Addresses
from tests.panel.matrix_table import ROOMS

MakeClient = Callable[..., Client]
OF_ALPHA = re.compile(rb"alpha\.example|other\.example|Alpha\b")


@pytest.fixture
def no_filters(monkeypatch: pytest.MonkeyPatch, clean_database: Any) -> Iterator[None]:
    """``access`` and ``rights`` let everybody through to everything, as if each view had forgotten to ask."""
    from trasloco.panel.views import mails
    from trasloco.records.models import Customer, Domain, Mail, MailMigration, Person
    from trasloco.records.rights import Viewer

    monkeypatch.setattr(Viewer, "may", lambda self, right: True)
    monkeypatch.setattr(Viewer, "migrations", lambda self: MailMigration.objects.order_by("-pk"))
    monkeypatch.setattr(Viewer, "customers", lambda self: Customer.objects.all())
    monkeypatch.setattr(Viewer, "domains", lambda self: Domain.objects.all())
    monkeypatch.setattr(Viewer, "people", lambda self: Person.objects.order_by("email"))
    monkeypatch.setattr(mails, "visible_mails", lambda viewer: Mail.objects.select_related("customer", "migration").order_by("-id"))
    yield


async def _first(response: Any) -> bytes:
    content = response.streaming_content
    async for part in content:
        if not part.startswith(b"retry"):
            await content.aclose()
            return bytes(part)
    return b""


def body(response: Any) -> bytes:
    return asyncio.run(_first(response)) if response.streaming else bytes(response.content)


def test_the_filters_are_gone_indeed(no_filters: None, cast: Cast, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the wall, too, the stranger would see alpha's migration: so what stops him below is the wall."""
    from trasloco.records import wall

    monkeypatch.setattr(wall, "_role", None)
    client = make_client(cast.people["stranger"])
    assert b"m1@alpha.example" in client.get(f"/migrations/{cast.moving.code}/").content
    assert b"removable@alpha.example" in client.get(f"/people/{cast.people['removable'].pk}/").content


@pytest.mark.parametrize("room", ROOMS)
def test_no_page_shows_anything_of_another_customer(room: str, no_filters: None, cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.people["stranger"])
    client.raise_request_exception = False  # a page without its row may break; it must not show one
    found = Addresses(cast)
    shown = []
    for name, line in ROOMS[room].items():
        if "o" not in line.get and "r" not in line.get:
            continue
        for path in (found.of(name), f"{found.of(name)}?q=alpha"):
            answer = client.get(path)
            own_words = body(answer).replace(b'value="alpha"', b"")
            if match := OF_ALPHA.search(own_words):
                shown.append(f"{path}: … {own_words[max(0, match.start() - 80) : match.end() + 40]!r}")
    assert not shown, "\n".join(shown)


@pytest.mark.parametrize("form", ["csv", "json", "html"])
def test_no_export_has_anything_of_another_customer(form: str, no_filters: None, cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.people["stranger"])
    for path in (
        f"/migrations/{cast.moving.code}/report.{form}",
        f"/migrations/{cast.moving.code}/accounts/{cast.account.pk}/report.{form}",
        f"/migrations/{cast.moving.code}/accounts/{cast.account.pk}/log/1/?download",
        f"/migrations/{cast.moving.code}/accounts/{cast.account.pk}/parked/{cast.parked}/",
        f"/migrations/{cast.moving.code}/proof/",
    ):
        assert client.get(path).status_code == 404, path


def test_no_action_reaches_another_customers_rows(no_filters: None, cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import MailMigration, Person, Run

    before = list(Run.objects.order_by("pk").values_list("pk", "status"))
    client = make_client(cast.people["stranger"])
    client.raise_request_exception = False
    for path in ("stop/", "delete/", "start/", "retry/"):
        client.post(f"/migrations/{cast.moving.code}/{path}")
    client.post(f"/people/{cast.people['removable'].pk}/remove/")
    client.post(f"/people/{cast.people['removable'].pk}/", {"name": "Taken", "role": "admin", "active": "on"})
    assert list(Run.objects.order_by("pk").values_list("pk", "status")) == before
    assert MailMigration.objects.get(pk=cast.moving.pk).deleting_at is None
    assert Person.objects.get(pk=cast.people["removable"].pk).name != "Taken"


def test_figures_that_were_taken_for_one_customer_are_not_given_to_another(no_filters: None, cast: Cast, make_client: MakeClient) -> None:
    """The panel keeps them for a second: the shelf is each customer's own."""
    path = f"/migrations/{cast.moving.code}/figures/"
    theirs = make_client(cast.people["admin"])
    operator = make_client(cast.people["superuser"])
    assert theirs.get(path).json()["run"] == 1
    assert operator.get(path).json()["run"] == 1
    assert make_client(cast.people["stranger"]).get(path).status_code == 404
    from trasloco.panel.views.live_figures import SHARED, _Figures
    from trasloco.records.wall import Scope

    assert SHARED.latest(_Figures(cast.moving.pk, Scope(str(cast.beta.pk), "0"))) == '{"gone": true}'


def test_streams_of_two_customers_do_not_mix(no_filters: None, cast: Cast, make_client: MakeClient) -> None:
    answers = [make_client(cast.people[name]).get(f"/migrations/{cast.moving.code}/events/") for name in ("admin", "stranger")]
    assert b'"run":1' in body(answers[0])
    assert answers[1].status_code == 404


def test_pages_are_kept_by_nobody(cast: Cast, make_client: MakeClient) -> None:
    """No cache, of a browser or of a proxy, keeps a page of one person for the next."""
    client = make_client(cast.people["admin"])
    for path in ("/migrations/", f"/migrations/{cast.moving.code}/", f"/migrations/{cast.moving.code}/figures/", "/people/", "/history/"):
        kept = client.get(path).headers["Cache-Control"]
        assert "no-store" in kept, path
        assert "private" in kept, path
