"""Each page opens for the operator, sends nobody to the sign-in, and is not there for a stranger."""

from __future__ import annotations

import pytest
from django.test import Client

from trasloco.project.database import Database

PAGES = (
    "/setup/",
    "/customers/",
    "/customers/{customer}/",
    "/destinations/",
    "/destinations/new/",
    "/destinations/{system}/",
    "/installation/",
    "/people/?customer={customer}",
    "/history/",
    "/profile/",
    "/migrations/",
    "/migrations/new/",
    "/migrations/new/templates.zip",
    "/migrations/new/{code}/type/",
    "/migrations/new/{code}/csv/",
    "/migrations/new/{code}/when/",
    "/migrations/new/{code}/review/",
    "/account/password/change/",
    "/account/2fa/",
    "/account/sessions/",
)


@pytest.fixture
def client(clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> Client:
    from django.conf import settings

    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["testserver"])
    return Client()


def _cast() -> dict[str, str]:
    """The operator, his customer with a domain and an admin, a stranger's admin, and a draft."""
    from trasloco.records.drafts import start_draft
    from trasloco.records.history import Actor
    from trasloco.records.models import Customer, DestinationSystem, Domain, Person
    from trasloco.records.people_actions import invite, make_superuser

    operator = make_superuser(Actor(), "operator@example.net", "a long password 1")
    alice = Customer.objects.create(name="Alice & Co")
    charlie = Customer.objects.create(name="Charlie")
    system = DestinationSystem.objects.create(name="Ours", host="mx.example.net", user="master")
    Domain.objects.create(name="example.net", customer=alice, destination_system=system)
    for email, customer in (("alice@example.net", alice), ("charlie@example.org", charlie)):
        person = invite(Actor(operator), customer, email, "", "admin", [], "en")
        person.set_password("a long password 1")
        person.save()
    admin = Person.objects.get(email="alice@example.net")
    draft = start_draft(Actor(admin), alice, "standard", "verify")
    return {"customer": str(alice.pk), "system": str(system.pk), "code": draft.code}


def _sign_in(client: Client, email: str) -> None:
    answer = client.post("/account/login/", {"login": email, "password": "a long password 1"})
    assert answer.status_code == 302, answer.content.decode()


def test_every_page_opens_for_the_operator(client: Client) -> None:
    names = _cast()
    _sign_in(client, "operator@example.net")
    for page in PAGES:
        answer = client.get(page.format(**names), follow=True)
        assert answer.status_code == 200, f"{page}: {answer.status_code}"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_nobody_is_sent_to_the_sign_in(client: Client) -> None:
    names = _cast()
    for page in PAGES:
        answer = client.get(page.format(**names))
        assert answer.status_code == 302, page
        assert "/account/login/" in answer.headers["Location"] or "reauthenticate" in answer.headers["Location"], page


@pytest.mark.parametrize(
    ("sent_from", "led_to"),
    [("http://testserver/migrations/{code}/?page=2", "/migrations/{code}/%3Fpage%3D2"), ("https://elsewhere.example/x", "/"), ("", "/")],
)
def test_who_sends_a_form_after_his_session_has_ended_is_led_back_to_its_page(client: Client, sent_from: str, led_to: str) -> None:
    names = _cast()
    headers = {"Referer": sent_from.format(**names)} if sent_from else {}
    answer = client.post("/migrations/{code}/do/start/".format(**names), headers=headers)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/account/login/?next=" + led_to.format(**names)


@pytest.mark.parametrize("email", ["charlie@example.org"])
def test_a_stranger_finds_nothing(client: Client, email: str) -> None:
    names = _cast()
    _sign_in(client, email)
    for page in PAGES:
        if "{" in page and "people" not in page:
            assert client.get(page.format(**names)).status_code == 404, page
    assert client.get("/customers/").status_code == 404
    assert client.post(f"/migrations/{names['code']}/delete/").status_code == 404
