"""People on their pages: roles changed and taken away, fields that nobody may set, sessions that end with the right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.fix_people import PASSWORD, Cast
from tests.panel.test_matrix import contents

MakeClient = Callable[..., Client]


def _person(cast: Cast, name: str = "removable") -> str:
    return f"/people/{cast.people[name].pk}/"


def test_an_admin_gives_a_role_with_domains_and_takes_it_back(cast: Cast, make_client: MakeClient) -> None:
    client, person = make_client(cast.people["admin"]), cast.people["removable"]
    domain = str(cast.ids["alpha.example"])
    answer = client.post(_person(cast), {"name": "New", "role": "manager", "domains": [domain], "active": "on"})
    assert answer.status_code == 302
    person.refresh_from_db()
    assert person.name == "New"
    assert [str(found) for found in person.membership.domains.all()] == ["alpha.example"]
    client.post(_person(cast), {"name": "New", "role": "team", "domains": [domain], "active": "on"})
    person = type(person).objects.get(pk=person.pk)
    assert person.membership.role == "team"
    assert not person.membership.domains.exists(), "a team member has no domains of his own"


def test_a_manager_without_a_domain_is_asked_for_one(cast: Cast, make_client: MakeClient) -> None:
    answer = make_client(cast.people["admin"]).post(_person(cast), {"role": "manager", "active": "on"})
    assert answer.status_code == 200
    assert b"Choose at least one domain" in answer.content


def test_a_domain_of_another_customer_cannot_be_given(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.people["admin"])
    before = contents()
    answer = client.post(_person(cast), {"role": "manager", "domains": [str(cast.ids["beta.example"])], "active": "on"})
    assert answer.status_code == 200
    assert contents() == before


@pytest.mark.parametrize("field", ["is_superuser", "customer", "customer_id", "membership", "password", "email", "id", "pk"])
def test_fields_that_are_not_on_the_form_are_not_set(field: str, cast: Cast, make_client: MakeClient) -> None:
    """Nobody makes himself more than he is by sending more than was asked."""
    person = cast.people["removable"]
    before = (person.email, person.password, person.is_superuser, person.pk)
    value = {"email": "x@example.net", "password": "x"}.get(field, str(cast.beta.pk))
    client = make_client(cast.people["admin"])
    assert client.post(_person(cast), {"role": "team", "active": "on", field: value}).status_code == 302
    mine = make_client(person)
    mine.post("/profile/", {"name": "", "language": "en", "time_zone": "UTC", field: value, "role": "admin"})
    person = type(person).objects.get(pk=person.pk)
    assert (person.email, person.password, person.is_superuser, person.pk) == before
    assert person.membership.customer == cast.alpha
    assert person.membership.role == "team"


def test_an_admin_cannot_raise_his_own_limits_with_his_settings(cast: Cast, make_client: MakeClient) -> None:
    data = {"language": "it", "time_zone": "Europe/Rome", "most_lines": "5000", "name": "Other", "is_active": "", "keep_days": "3650"}
    assert make_client(cast.people["admin"]).post("/settings/", data).status_code == 302
    cast.alpha.refresh_from_db()
    assert (cast.alpha.language, cast.alpha.time_zone) == ("it", "Europe/Rome")
    assert (cast.alpha.name, cast.alpha.most_lines, cast.alpha.keep_days, cast.alpha.is_active) == ("Alpha", None, None, True)


def test_the_last_admin_stays_admin_and_stays(cast: Cast, make_client: MakeClient) -> None:
    client, operator, path = make_client(cast.people["admin"]), make_client(cast.people["superuser"]), _person(cast, "admin")
    before = contents()
    for data in ({"role": "team", "active": "on"}, {"role": "admin"}):  # without "active": may not sign in
        answer = client.post(path, data)
        assert answer.status_code == 200
        assert b"the only admin" in answer.content
    answer = operator.post(f"{path}remove/", follow=True)
    assert b"the only admin" in answer.content
    assert contents() == before


def test_nobody_removes_himself(cast: Cast, make_client: MakeClient) -> None:
    answer = make_client(cast.people["admin"]).post(f"{_person(cast, 'admin')}remove/", follow=True)
    assert b"You cannot remove yourself" in answer.content


def test_who_is_removed_while_signed_in_is_out_at_his_next_request(cast: Cast, make_client: MakeClient) -> None:
    theirs = make_client(cast.people["removable"])
    assert theirs.get("/migrations/").status_code == 200
    make_client(cast.people["admin"]).post(f"{_person(cast)}remove/")
    answer = theirs.get("/migrations/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/account/login/")
    assert make_client(cast.people["team"]).get(f"/migrations/{cast.moving.code}/").status_code == 200, "migrations stay"


def test_who_may_not_sign_in_any_more_is_out_at_his_next_request(cast: Cast, make_client: MakeClient) -> None:
    theirs = make_client(cast.people["removable"])
    make_client(cast.people["admin"]).post(_person(cast), {"role": "team"})
    assert theirs.get("/migrations/").status_code == 302


def test_without_a_membership_there_is_only_ones_own_profile(cast: Cast, make_client: MakeClient) -> None:
    theirs = make_client(cast.people["admin"])
    cast.people["admin"].membership.delete()
    for path in ("/migrations/", "/migrations/new/", f"/migrations/{cast.moving.code}/", "/people/", "/history/", "/mails/", "/settings/"):
        assert theirs.get(path).status_code == 404, path
    assert theirs.get("/profile/").status_code == 200
    assert b"You belong to no customer any more" in theirs.get("/").content


def test_domains_that_are_taken_away_take_their_migrations_along(cast: Cast, make_client: MakeClient) -> None:
    theirs = make_client(cast.people["manager"])
    assert theirs.get(f"/migrations/{cast.moving.code}/").status_code == 200
    other = str(cast.ids["other.example"])
    make_client(cast.people["admin"]).post(_person(cast, "manager"), {"role": "manager", "domains": [other], "active": "on"})
    assert theirs.get(f"/migrations/{cast.moving.code}/").status_code == 404


def test_of_a_locked_customer_everybody_is_out_until_he_is_unlocked(cast: Cast, make_client: MakeClient) -> None:
    operator, theirs, others = (make_client(cast.people[name]) for name in ("superuser", "admin", "stranger"))
    operator.post(f"/customers/{cast.alpha.pk}/lock/", {"locked": "yes"})
    assert theirs.get("/migrations/").status_code == 302
    assert others.get("/migrations/").status_code == 200
    signing_in = make_client()
    answer = signing_in.post("/account/login/", {"login": "admin@alpha.example", "password": PASSWORD}, follow=True)
    assert b"You may not sign in now" in answer.content
    assert signing_in.get("/migrations/").status_code == 302
    operator.post(f"/customers/{cast.alpha.pk}/lock/", {"locked": "no"})
    assert signing_in.post("/account/login/", {"login": "admin@alpha.example", "password": PASSWORD}).headers["Location"] == "/"
    assert signing_in.get("/migrations/").status_code == 200


def test_a_second_factor_that_was_lost_is_switched_off_by_an_admin_and_noted(cast: Cast, make_client: MakeClient) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP

    from trasloco.records.models import HistoryEntry

    TOTP.activate(cast.people["removable"], "JBSWY3DPEHPK3PXP")
    assert b"Switch off the second factor" in make_client(cast.people["admin"]).get(_person(cast)).content
    make_client(cast.people["admin"]).post(f"{_person(cast)}second-factor/")
    assert not Authenticator.objects.filter(user=cast.people["removable"]).exists()
    assert HistoryEntry.objects.filter(verb="second-factor-removed", subject=cast.people["removable"].email).exists()


def test_a_profile_is_shown_in_the_language_and_zone_it_names(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.people["team"])
    client.post("/profile/", {"name": "Tea", "language": "it", "time_zone": "Europe/Rome"})
    answer = client.get("/profile/")
    assert answer.headers["Content-Language"] == "it"
    assert b'<html lang="it">' in answer.content
    assert client.post("/profile/", {"name": "Tea", "language": "xx", "time_zone": "Mars/Olympus"}).status_code == 200
