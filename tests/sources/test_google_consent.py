"""The owner of a Google account allows it in a browser of his own."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.fix_tokens import settings
from trasloco.engine.token_source import TokenUnavailable
from trasloco.sources.google_consent import take_consent
from trasloco.sources.google_question import Asked, ask_consent
from trasloco.testing.token_endpoint import TokenEndpoint

ANNA = "anna@old.example"


def asked(endpoint: TokenEndpoint) -> Asked:
    """What the browser is shown; the service remembers the challenge as Google does."""
    found = ask_consent(settings("google-consent", endpoint), ANNA)
    query = parse_qs(urlsplit(found.url).query)
    assert (query["scope"], query["access_type"], query["login_hint"]) == (["https://mail.google.com/"], ["offline"], [ANNA])
    assert found.verifier.reveal() not in found.url
    endpoint.challenge = query["code_challenge"][0]
    return found


def test_the_pasted_address_becomes_a_consent(endpoint: TokenEndpoint) -> None:
    found = asked(endpoint)
    kept = take_consent(settings("google-consent", endpoint), found, f" http://127.0.0.1/?state={found.state}&code=code&scope=x \n")
    assert kept.reveal() == "refresh"


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("http://127.0.0.1/?error=access_denied", "access_denied"),
        ("http://127.0.0.1/?state=other&code=code", "not the address of the page"),
        ("code", "not the address of the page"),
        ("http://127.0.0.1/?state={state}&code=wrong", "invalid_grant: Malformed auth code."),
    ],
)
def test_what_is_no_consent(endpoint: TokenEndpoint, pasted: str, words: str) -> None:
    found = asked(endpoint)
    with pytest.raises(TokenUnavailable, match=words):
        take_consent(settings("google-consent", endpoint), found, pasted.format(state=found.state))


def test_google_is_away(endpoint: TokenEndpoint) -> None:
    found = asked(endpoint)
    away = settings("google-consent", endpoint, token_uri="https://localhost:1/token")
    with pytest.raises(TokenUnavailable, match="could not be reached"):
        take_consent(away, found, f"http://127.0.0.1/?state={found.state}&code=code")
