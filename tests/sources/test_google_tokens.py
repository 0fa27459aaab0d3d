"""Google's tokens, against a service that checks signatures and answers as Google's does."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fix_tokens import service_key, settings
from trasloco.engine.token_source import TokenSource, TokenUnavailable
from trasloco.sources.first_steps import SIGN_IN, SIGN_IN_AGAIN
from trasloco.sources.google_tokens import GoogleConsent, GoogleServiceAccount
from trasloco.testing.token_endpoint import TokenEndpoint

ANNA, BRUNO = "anna@old.example", "bruno@old.example"


async def refused(source: TokenSource, mailbox: str = ANNA, *, fresh: bool = False) -> TokenUnavailable:
    with pytest.raises(TokenUnavailable) as caught:
        await source.token(mailbox, fresh=fresh)
    return caught.value


async def test_each_mailbox_has_its_own_token_kept_until_a_fresh_one_is_wanted(endpoint: TokenEndpoint) -> None:
    source = GoogleServiceAccount(settings("google-service-account", endpoint))
    anna = await source.token(ANNA)
    assert endpoint.opens((await source.token(BRUNO)).reveal()) == BRUNO
    assert (await source.token("Anna@OLD.example"), endpoint.given[ANNA]) == (anna, 1)
    assert (await source.token(ANNA, fresh=True) != anna, endpoint.given[ANNA]) == (True, 2)


async def test_a_token_that_runs_out_soon_is_not_given_again(endpoint: TokenEndpoint) -> None:
    endpoint.expires_in = 30
    source = GoogleServiceAccount(settings("google-service-account", endpoint))
    assert await source.token(ANNA) != await source.token(ANNA)


async def test_a_user_who_is_gone_is_told_with_google_s_words(endpoint: TokenEndpoint) -> None:
    endpoint.revoked.add(ANNA)
    error = await refused(GoogleServiceAccount(settings("google-service-account", endpoint)))
    assert (error.permanent, error.words) == (True, "Google says “invalid_grant: Account has been deleted”")
    assert "exists in the domain and is not suspended" in error.remedy


async def test_a_missing_delegation_is_told(endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trasloco.sources.google_tokens.ADMIN_SCOPE", "https://mail.google.com/")
    error = await refused(GoogleServiceAccount(settings("google-service-account", endpoint)))
    assert error.permanent
    assert "unauthorized_client" in error.words
    assert "Domain-wide delegation" in error.remedy


async def test_a_key_that_is_none_is_told_without_showing_it(endpoint: TokenEndpoint) -> None:
    key = json.loads(service_key(endpoint)) | {"private_key": "not a key"}
    error = await refused(GoogleServiceAccount(settings("google-service-account", endpoint, key=json.dumps(key))))
    assert error.permanent
    assert "cannot be read" in error.words
    assert "not a key" not in error.words


async def test_a_key_of_another_account_is_refused(endpoint: TokenEndpoint) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key = json.loads(service_key(endpoint)) | {"private_key": pem.decode()}
    error = await refused(GoogleServiceAccount(settings("google-service-account", endpoint, key=json.dumps(key))))
    assert "Invalid JWT Signature" in error.words


async def test_a_consent_gives_tokens_until_it_is_revoked(endpoint: TokenEndpoint) -> None:
    source = GoogleConsent(settings("google-consent", endpoint, {ANNA: "refresh"}))
    assert endpoint.opens((await source.token(ANNA)).reveal()) == ANNA
    endpoint.revoked.add(ANNA)
    error = await refused(source, fresh=True)
    assert "Token has been expired or revoked" in error.words
    assert error.remedy == SIGN_IN_AGAIN


async def test_nobody_consented_yet_and_a_wrong_app(endpoint: TokenEndpoint) -> None:
    error = await refused(GoogleConsent(settings("google-consent", endpoint)))
    assert (error.permanent, error.remedy) == (True, SIGN_IN)
    error = await refused(GoogleConsent(settings("google-consent", endpoint, {ANNA: "refresh"}, client_secret="wrong")))
    assert error.remedy == "Check client_id and client_secret of the app"


async def test_a_service_that_is_away_is_asked_again_later(endpoint: TokenEndpoint) -> None:
    away = settings("google-consent", endpoint, {ANNA: "refresh"}, token_uri="https://localhost:1/token")
    error = await refused(GoogleConsent(away))
    assert (error.permanent, "could not be reached" in error.words) == (False, True)
