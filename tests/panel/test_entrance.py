"""One-time links: each makes one person, once, in its time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.test import Client

from tests.fix_people import PASSWORD, Cast
from trasloco.project.database import Database

MakeClient = Callable[..., Client]


def _first_link() -> str:
    from trasloco.project.first_start import first_start_path

    return first_start_path()


def _invited(cast: Cast, make_client: MakeClient, email: str = "new@example.net") -> str:
    """The path of the link that the page shows."""
    client = make_client(cast.people["admin"])
    answer = client.post("/people/", {"email": email, "role": "team", "language": "en"}, follow=True)
    return _link(answer.content.decode())


def _link(page: str) -> str:
    found = re.search(r"https?://[^/\s]+(/invitation/[^\s<]+)", page)
    assert found, page
    return found.group(1)


def test_the_first_link_makes_the_superuser_and_signs_him_in(make_client: MakeClient) -> None:
    from trasloco.records.models import Person

    client, link = make_client(), _first_link()
    assert client.get(link).status_code == 200
    answer = client.post(link, {"email": "op@example.net", "name": "Olga", "password": PASSWORD})
    assert answer.headers["Location"] == "/setup/"
    assert client.get("/setup/").status_code == 200
    assert Person.objects.get().is_superuser


def test_the_first_link_works_once(make_client: MakeClient) -> None:
    link = _first_link()
    make_client().post(link, {"email": "op@example.net", "password": PASSWORD})
    assert make_client().get(link).status_code == 404
    assert make_client().post(link, {"email": "second@example.net", "password": PASSWORD}).status_code == 404


def test_the_first_link_works_for_a_day(make_client: MakeClient) -> None:
    link = _first_link()
    with patch("django.core.signing.time.time", return_value=_now() + 24 * 3600 + 60):
        assert make_client().get(link).status_code == 404


def test_a_forged_first_link_is_404(make_client: MakeClient) -> None:
    assert make_client().get("/first-start/ImZpcnN0Ig:1xWMAF:Zv3nG2Xu888OEdk2F0vlrUlBn51xl6qyr91w5F7JU6k/").status_code == 404


def test_a_weak_password_is_refused_beside_its_field(make_client: MakeClient) -> None:
    answer = make_client().post(_first_link(), {"email": "op@example.net", "password": "short"})
    assert answer.status_code == 200
    assert b"too short" in answer.content


def test_two_first_superusers_at_once_are_one(clean_database: Database) -> None:
    from trasloco.records.first_superuser import SuperuserThere, make_first_superuser

    make_first_superuser(None, "op@example.net", PASSWORD, "")
    with pytest.raises(SuperuserThere):
        make_first_superuser(None, "second@example.net", PASSWORD, "")


def test_an_invitation_is_mailed_shown_once_and_lets_a_password_be_chosen(cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import HistoryEntry, Mail, Person

    link = _invited(cast, make_client)
    mail = Mail.objects.get(recipient="new@example.net")
    assert link in mail.text
    assert link in mail.html
    assert mail.customer == cast.alpha
    assert "/invitation/" not in make_client(cast.people["admin"]).get("/people/").content.decode(), "shown only once"
    client = make_client()
    assert b"new@example.net" in client.get(link).content
    assert client.post(link, {"password": PASSWORD}).headers["Location"] == "/migrations/"
    assert client.get("/migrations/").status_code == 200
    assert Person.objects.get(email="new@example.net").check_password(PASSWORD)
    assert HistoryEntry.objects.filter(verb="invitation-accepted", subject="new@example.net").exists()


def test_an_invitation_works_once(cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import Person

    link = _invited(cast, make_client)
    make_client().post(link, {"password": PASSWORD})
    again = make_client()
    assert again.get(link).status_code == 404
    assert again.post(link, {"password": "another long password"}).status_code == 404
    assert b"This link works no more" in again.get(link).content
    assert Person.objects.get(email="new@example.net").check_password(PASSWORD)


def test_an_invitation_works_for_three_days(cast: Cast, make_client: MakeClient) -> None:
    from django.contrib.auth.tokens import default_token_generator

    link = _invited(cast, make_client)
    now = default_token_generator._now()
    with patch.object(default_token_generator, "_now", return_value=now + timedelta(days=3, minutes=1)):
        assert make_client().get(link).status_code == 404
    with patch.object(default_token_generator, "_now", return_value=now + timedelta(days=2, hours=23)):
        assert make_client().get(link).status_code == 200


def test_a_repeated_invitation_ends_the_one_before(cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import Mail, Person

    first = _invited(cast, make_client)
    person = Person.objects.get(email="new@example.net")
    answer = make_client(cast.people["admin"]).post(f"/people/{person.pk}/invite-again/", follow=True)
    second = _link(answer.content.decode())
    assert second != first
    assert Mail.objects.filter(recipient="new@example.net").count() == 2
    assert make_client().get(first).status_code == 404
    assert make_client().get(second).status_code == 200


def test_who_has_a_password_is_not_invited_again(cast: Cast, make_client: MakeClient) -> None:
    answer = make_client(cast.people["admin"]).post(f"/people/{cast.people['team'].pk}/invite-again/", follow=True)
    assert b"has chosen a password already" in answer.content
    cast.people["team"].refresh_from_db()
    assert cast.people["team"].check_password(PASSWORD)


def test_an_invitation_ends_when_the_person_is_kept_out_or_removed(cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import Person

    link = _invited(cast, make_client)
    person = Person.objects.get(email="new@example.net")
    admin = make_client(cast.people["admin"])
    admin.post(f"/people/{person.pk}/", {"role": "team"})  # may not sign in
    assert make_client().get(link).status_code == 404
    admin.post(f"/people/{person.pk}/", {"role": "team", "active": "on"})
    assert make_client().get(link).status_code == 200
    admin.post(f"/people/{person.pk}/remove/")
    assert make_client().get(link).status_code == 404


@pytest.mark.parametrize("email", ["TEAM@alpha.example", "stranger@beta.example", "operator@panel.example"])
def test_an_address_that_signs_in_already_is_not_invited(email: str, cast: Cast, make_client: MakeClient) -> None:
    answer = make_client(cast.people["admin"]).post("/people/", {"email": email, "role": "team", "language": "en"})
    assert answer.status_code == 200
    assert b"Somebody signs in with this address already" in answer.content


@pytest.mark.parametrize("who", ["AA", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw", "_w", "%00"])
def test_a_forged_invitation_is_over(who: str, cast: Cast, make_client: MakeClient) -> None:
    assert make_client().get(f"/invitation/{who}/x-y/").status_code == 404


def test_links_are_below_the_address_the_operator_has_given(cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import Installation, Mail

    Installation.objects.update(public_url="https://moves.example.net")
    _invited(cast, make_client)
    assert "https://moves.example.net/invitation/" in Mail.objects.get(recipient="new@example.net").text


def _now() -> float:
    import time

    return time.time()
