"""Signing in: the limit of tries, a forgotten password, an app as second factor, sessions, and what is not offered."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.fix_people import PASSWORD, Cast

MakeClient = Callable[..., Client]
ADMIN = "admin@alpha.example"


def _sign_in(client: Client, email: str = ADMIN, password: str = PASSWORD) -> Any:
    return client.post("/account/login/", {"login": email, "password": password})


def test_the_right_password_lets_in_and_is_noted(cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import HistoryEntry

    client = make_client()
    assert _sign_in(client, "ADMIN@Alpha.Example").headers["Location"] == "/", "whatever the case"
    assert client.get("/migrations/").status_code == 200
    entry = HistoryEntry.objects.get(verb="signed-in")
    assert (entry.person, entry.customer, entry.address) == (cast.people["admin"], cast.alpha, "127.0.0.1")


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(cast: Cast, make_client: MakeClient) -> None:
    words = []
    for email in (ADMIN, "nobody@alpha.example", "invited@alpha.example"):
        answer = _sign_in(make_client(), email, "not this one")
        assert answer.status_code == 200
        words.append(re.sub(r'value="[^"]*"|"X-CSRFToken": "[^"]*"', "", answer.content.decode()))
    assert words[0] == words[1] == words[2]


def test_a_failed_try_is_noted_for_people_there_are(cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import HistoryEntry

    _sign_in(make_client(), ADMIN, "not this one")
    _sign_in(make_client(), "secret-typed-into-the-wrong-field@example.net", "x")
    entry = HistoryEntry.objects.get(verb="sign-in-failed")
    assert (entry.subject, entry.customer, entry.person) == (ADMIN, cast.alpha, None)


def test_after_five_wrong_passwords_the_right_one_has_to_wait(cast: Cast, make_client: MakeClient) -> None:
    for _ in range(5):
        _sign_in(make_client(), ADMIN, "not this one")
    client = make_client()
    answer = _sign_in(client)
    assert answer.status_code == 200
    assert b"Too many failed" in answer.content
    assert b"panel/css" in answer.content, "on our own page"
    assert client.get("/migrations/").status_code == 302
    assert _sign_in(make_client(), "team@alpha.example").status_code == 302, "others are not held up"


def test_too_many_tries_from_one_address_get_a_page_of_ours(cast: Cast, make_client: MakeClient) -> None:
    answer = None
    for number in range(40):
        answer = _sign_in(make_client(), f"n{number}@alpha.example", "x")
        if answer.status_code != 200:
            break
    assert answer is not None
    assert answer.status_code == 429
    page = answer.content.decode()
    assert "Too many tries" in page
    assert "panel/css" in page
    assert "account_login" not in page


def test_a_forgotten_password_is_chosen_anew_by_mail_once(cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import Mail, Person

    client = make_client()
    assert client.post("/account/password/reset/", {"email": ADMIN}).headers["Location"] == "/account/password/reset/done/"
    mail = Mail.objects.get(recipient=ADMIN, subject__startswith="Trasloco: choose")
    link = _reset_link(mail.text)
    assert link in mail.html
    form = client.get(link).headers["Location"]
    answer = client.post(form, {"password1": "entirely other words", "password2": "entirely other words"}, follow=True)
    assert b"Your password is changed" in answer.content
    assert Person.objects.get(email=ADMIN).check_password("entirely other words")
    assert _sign_in(make_client(), ADMIN, "entirely other words").status_code == 302
    assert b"This link works no more" in make_client().get(link).content
    assert Mail.objects.filter(recipient=ADMIN, subject__contains="was changed").exists(), "he is told"


def test_a_reset_answers_the_same_for_strangers_and_writes_to_none(cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import Mail

    before = Mail.objects.count()
    answer = make_client().post("/account/password/reset/", {"email": "nobody@example.net"})
    assert answer.headers["Location"] == "/account/password/reset/done/"
    assert Mail.objects.count() == before


def test_a_reset_ends_the_sessions_there_are(cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import Mail

    before = make_client(cast.people["admin"])
    client = make_client()
    client.post("/account/password/reset/", {"email": ADMIN})
    form = client.get(_reset_link(Mail.objects.get(recipient=ADMIN, subject__startswith="Trasloco: choose").text)).headers["Location"]
    assert before.get("/migrations/").status_code == 200
    client.post(form, {"password1": "entirely other words", "password2": "entirely other words"})
    assert before.get("/migrations/").status_code == 302


def test_a_reset_mail_speaks_the_persons_language_and_leads_where_the_operator_said(cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import Installation, Mail, Person

    Installation.objects.update(public_url="https://moves.example.net")
    Person.objects.filter(email=ADMIN).update(language="it")
    make_client().post("/account/password/reset/", {"email": ADMIN})
    mail = Mail.objects.get(recipient=ADMIN, text__contains="/password/reset/key/")
    assert "https://moves.example.net/account/password/reset/key/" in mail.text
    assert mail.language == "it"
    assert "testserver" not in mail.text


@pytest.mark.parametrize("path", ["/account/login/", "/account/password/reset/", "/", "/first-start/x/"])
def test_a_host_that_is_not_ours_is_refused(path: str, cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import Mail

    before = Mail.objects.count()
    client = make_client()
    assert client.get(path, headers={"Host": "evil.example"}).status_code == 400
    assert client.post(path, {"email": ADMIN}, headers={"Host": "evil.example"}).status_code == 400
    assert Mail.objects.count() == before


def test_a_forwarded_host_bends_no_link(cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import Mail

    make_client().post("/account/password/reset/", {"email": ADMIN}, headers={"X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in Mail.objects.get(text__contains="/password/reset/key/").text


def test_where_one_goes_after_signing_in_stays_within_the_panel(cast: Cast, make_client: MakeClient) -> None:
    data = {"login": ADMIN, "password": PASSWORD}
    assert make_client().post("/account/login/?next=/people/", data | {"next": "/people/"}).headers["Location"] == "/people/"
    for evil in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        assert make_client().post("/account/login/", data | {"next": evil}).headers["Location"] == "/"


def test_a_changed_password_keeps_this_session_and_ends_the_others(cast: Cast, make_client: MakeClient) -> None:
    from trasloco.records.models import HistoryEntry

    here, there = make_client(), make_client()
    _sign_in(here)
    _sign_in(there)
    words = {"oldpassword": PASSWORD, "password1": "entirely other words", "password2": "entirely other words"}
    assert here.post("/account/password/change/", words).headers["Location"] == "/profile/"
    assert here.get("/profile/").status_code == 200
    assert there.get("/profile/").status_code == 302
    assert HistoryEntry.objects.filter(verb="password-changed", person=cast.people["admin"], customer=cast.alpha).count() == 1


def test_all_other_sessions_can_be_ended(cast: Cast, make_client: MakeClient) -> None:
    here, there = make_client(), make_client()
    _sign_in(here)
    _sign_in(there)
    there.get("/profile/")
    assert b"Sign out everywhere else" in here.get("/account/sessions/").content
    here.post("/account/sessions/")
    assert there.get("/profile/").status_code == 302
    assert here.get("/profile/").status_code == 200


def test_an_app_as_second_factor_is_set_up_asked_for_and_switched_off(cast: Cast, make_client: MakeClient) -> None:
    from allauth.mfa.models import Authenticator

    client = make_client()
    _sign_in(client)
    secret = _set_up(client)
    stored = Authenticator.objects.get(user=cast.people["admin"], type="totp").data["secret"]
    assert secret not in stored, "encrypted in the database"
    codes = re.findall(r"\b\d{8}\b", client.get("/account/2fa/recovery-codes/").content.decode())
    assert len(codes) == 10
    seeds = Authenticator.objects.get(user=cast.people["admin"], type="recovery_codes").data["seed"]
    assert ":" in seeds

    asked = make_client()
    assert _sign_in(asked).headers["Location"] == "/account/2fa/authenticate/"
    assert asked.get("/migrations/").status_code == 302, "the password alone is not enough"
    assert b"Incorrect code" in asked.post("/account/2fa/authenticate/", {"code": "000000"}).content
    assert asked.post("/account/2fa/authenticate/", {"code": codes[0]}).headers["Location"] == "/"
    assert asked.get("/migrations/").status_code == 200

    again = make_client()
    _sign_in(again)
    assert b"Incorrect code" in again.post("/account/2fa/authenticate/", {"code": codes[0]}).content, "each works once"
    assert again.post("/account/2fa/authenticate/", {"code": _code(secret, later=30)}).headers["Location"] == "/"

    client.post("/account/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=cast.people["admin"], type="totp").exists()
    assert _sign_in(make_client()).headers["Location"] == "/"


def test_second_factors_are_changed_only_by_who_shows_his_password_again(cast: Cast, make_client: MakeClient) -> None:
    client = make_client()
    _sign_in(client)
    for path in ("totp/activate/", "webauthn/add/", "recovery-codes/generate/"):
        assert client.get(f"/account/2fa/{path}").headers["Location"].startswith("/account/reauthenticate/"), path
    client.post("/account/reauthenticate/", {"password": "not this one"})
    assert client.get("/account/2fa/totp/activate/").status_code == 302


@pytest.mark.parametrize("path", ["signup/", "email/", "password/set/", "confirm-email/", "confirm-email/x/", "login/code/confirm/"])
def test_what_is_not_offered_is_not_there(path: str, cast: Cast, make_client: MakeClient) -> None:
    for client in (make_client(), make_client(cast.people["admin"])):
        assert client.get(f"/account/{path}").status_code == 404
        assert client.post(f"/account/{path}", {"email": "x@example.net", "password1": PASSWORD}).status_code == 404


def test_signing_out_takes_a_post(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.people["admin"])
    assert client.get("/account/logout/").status_code == 200
    assert client.get("/migrations/").status_code == 200
    client.post("/account/logout/")
    assert client.get("/migrations/").status_code == 302


def test_a_form_without_its_token_is_refused_on_a_page_of_ours(cast: Cast, make_client: MakeClient) -> None:
    client = Client(enforce_csrf_checks=True)
    make_client()
    answer = client.post("/account/login/", {"login": ADMIN, "password": PASSWORD})
    assert answer.status_code == 403
    assert b"The page was too old" in answer.content


def _reset_link(text: str) -> str:
    found = re.search(r"http://testserver(/account/password/reset/key/\S+)", text)
    assert found, text
    return found.group(1)


def _set_up(client: Client) -> str:
    """An app for the one who is signed in; returns its secret."""
    client.get("/account/2fa/totp/activate/")
    client.post("/account/reauthenticate/?next=/account/2fa/totp/activate/", {"password": PASSWORD})
    page = client.get("/account/2fa/totp/activate/").content.decode()
    found = re.search(r'id="authenticator_secret" value="([A-Z2-7]+)"', page)
    assert found, page
    answer = client.post("/account/2fa/totp/activate/", {"code": _code(found.group(1))})
    assert answer.status_code == 302, answer.content.decode()
    return found.group(1)


def _code(secret: str, later: int = 0) -> str:
    """What an app shows (RFC 6238); ``later`` seconds from now."""
    from base64 import b32decode
    from hashlib import sha1
    from hmac import digest
    from time import time

    made = digest(b32decode(secret + "=" * (-len(secret) % 8)), int((time() + later) // 30).to_bytes(8, "big"), sha1)
    offset = made[-1] & 15
    return f"{(int.from_bytes(made[offset : offset + 4], 'big') & 0x7FFFFFFF) % 10**6:06d}"
