"""Tokens of the API: how long they hold, for whom, and what is kept of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.fix_people import Cast


@pytest.fixture
def made(cast: Cast) -> tuple[Any, str]:
    from trasloco.records.api_tokens import make_token
    from trasloco.records.history import Actor

    return make_token(Actor(cast.people["team"]), "a program", ["write", "read"], 30)


def test_the_token_is_nowhere_in_the_database(made: tuple[Any, str]) -> None:
    from django.db import connection

    token, text = made
    assert token.scopes == ["read", "write"]
    with connection.cursor() as cursor:
        for table in ("trasloco_api_token", "trasloco_history_entry"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{text[15:]}%"])
            assert cursor.fetchone() == (0,)


def test_its_use_is_noted(made: tuple[Any, str]) -> None:
    from trasloco.records.api_tokens import use_token

    token, text = made
    assert token.used_at is None
    use = use_token(text)
    assert use is not None
    assert (use.token.pk, use.wait) == (token.pk, 0)
    token.refresh_from_db()
    assert token.used_at is not None
    assert use_token(text + "x") is None
    assert use_token("") is None


def test_an_expired_one_is_none_and_is_forgotten_a_month_later(made: tuple[Any, str]) -> None:
    from trasloco.records.api_tokens import forget_tokens, use_token
    from trasloco.records.clock import now
    from trasloco.records.models import ApiToken

    token, text = made
    ApiToken.objects.filter(pk=token.pk).update(expires_at=now())
    assert use_token(text) is None
    assert forget_tokens(now() + timedelta(days=29)) == 0
    assert forget_tokens(now() + timedelta(days=31)) == 1


def test_a_revoked_one_is_none(cast: Cast, made: tuple[Any, str]) -> None:
    from trasloco.records.api_tokens import revoke_token, use_token
    from trasloco.records.history import Actor

    token, text = made
    assert revoke_token(Actor(cast.people["team"]), token)
    assert use_token(text) is None
    assert not revoke_token(Actor(cast.people["team"]), token)


def test_of_who_may_not_sign_in_none_works(cast: Cast, made: tuple[Any, str]) -> None:
    from trasloco.records.api_tokens import use_token
    from trasloco.records.models import Customer, Person

    Person.objects.filter(pk=cast.people["team"].pk).update(is_active=False)
    assert use_token(made[1]) is None
    Person.objects.filter(pk=cast.people["team"].pk).update(is_active=True)
    assert use_token(made[1]) is not None
    Customer.objects.filter(pk=cast.alpha.pk).update(is_active=False)
    assert use_token(made[1]) is None


def test_what_is_no_scope_and_no_number_of_days_is_refused(cast: Cast) -> None:
    from trasloco.records.api_tokens import MOST_DAYS, make_token
    from trasloco.records.history import Actor

    actor = Actor(cast.people["team"])
    for scopes, days in (([], 30), (["everything"], 30), (["read"], 0), (["read"], MOST_DAYS + 1)):
        with pytest.raises(ValueError):
            make_token(actor, "a program", scopes, days)


def test_nobody_has_tokens_without_end(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.records import api_tokens
    from trasloco.records.history import Actor

    monkeypatch.setattr(api_tokens, "MOST_TOKENS", 1)
    actor = Actor(cast.people["team"])
    api_tokens.make_token(actor, "one", ["read"], 30)
    with pytest.raises(api_tokens.TooManyTokens):
        api_tokens.make_token(actor, "two", ["read"], 30)
