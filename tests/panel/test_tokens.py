"""One's own tokens in the panel: made after showing who one is, shown once, revoked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.fix_people import PASSWORD, Cast

FORM = {"name": "nightly report", "scopes": ["read"], "days": "30"}


@pytest.fixture
def admin(cast: Cast, make_client: Callable[..., Any]) -> Any:
    """Has shown a moment ago that it is him."""
    return _proved(make_client(cast.people["admin"]))


def _proved(client: Any) -> Any:
    assert client.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return client


def test_a_new_token_is_shown_once_and_works(admin: Any, cast: Cast) -> None:
    answer = admin.post("/profile/tokens/new/", FORM)
    assert "no-store" in answer.headers["Cache-Control"]
    text = re.search(r"trasloco_[\w-]{43}", answer.content.decode())
    assert text is not None
    me = admin.get("/api/v1/me", headers={"Authorization": f"Bearer {text[0]}"}).json()
    assert (me["email"], me["role"], me["token"]["scopes"]) == (cast.people["admin"].email, "admin", ["read"])
    page = admin.get("/profile/tokens/").content.decode()
    assert text[0] not in page
    assert "nightly report" in page


def test_before_a_token_is_made_one_shows_again_who_one_is(cast: Cast, make_client: Callable[..., Any]) -> None:
    from trasloco.records.api_tokens import tokens_of

    answer = make_client(cast.people["admin"]).post("/profile/tokens/new/", FORM)
    assert answer.headers["Location"].startswith("/account/reauthenticate/")
    assert not tokens_of(cast.people["admin"]).exists()


def test_a_revoked_token_works_no_more(admin: Any, cast: Cast) -> None:
    from trasloco.records.api_tokens import tokens_of

    text = re.search(r"trasloco_[\w-]{43}", admin.post("/profile/tokens/new/", FORM).content.decode())
    token = tokens_of(cast.people["admin"]).get()
    assert admin.post(f"/profile/tokens/{token.pk}/revoke/").status_code == 302
    assert text is not None
    assert admin.get("/api/v1/me", headers={"Authorization": f"Bearer {text[0]}"}).status_code == 401


def test_a_manager_is_not_offered_what_he_may_not_do_anyway(cast: Cast, make_client: Callable[..., Any]) -> None:
    assert 'value="admin"' not in _proved(make_client(cast.people["manager"])).get("/profile/tokens/new/").content.decode()
    assert 'value="admin"' in _proved(make_client(cast.people["team"])).get("/profile/tokens/new/").content.decode()


def test_without_a_scope_nothing_is_made_and_it_says_so(admin: Any, cast: Cast) -> None:
    from trasloco.records.api_tokens import tokens_of

    answer = admin.post("/profile/tokens/new/", {"name": "x", "days": "30"})
    assert "This field is required." in answer.content.decode()
    assert not tokens_of(cast.people["admin"]).exists()
