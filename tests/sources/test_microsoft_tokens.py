"""Microsoft's tokens, against a service that answers as Microsoft's does."""

from __future__ import annotations

import pytest

from tests.fix_tokens import PRIVATE, settings
from trasloco.engine.token_source import TokenSource, TokenUnavailable
from trasloco.secret import Secret
from trasloco.sources.microsoft_tokens import DeviceSignIn, MicrosoftApp, MicrosoftDevice, consent_by_device
from trasloco.testing.token_endpoint import TokenEndpoint

ANNA = "anna@old.example"


async def refused(source: TokenSource, mailbox: str = ANNA) -> TokenUnavailable:
    with pytest.raises(TokenUnavailable) as caught:
        await source.token(mailbox)
    return caught.value


async def test_an_app_s_token_is_kept_until_a_fresh_one_is_wanted(endpoint: TokenEndpoint) -> None:
    source = MicrosoftApp(settings("microsoft-app", endpoint))
    first = await source.token(ANNA)
    assert (await source.token("bruno@old.example"), endpoint.given[""]) == (first, 1)
    fresh = await source.token(ANNA, fresh=True)
    assert (fresh != first, endpoint.given[""], endpoint.opens(fresh.reveal())) == (True, 2, "")


async def test_an_app_s_token_that_runs_out_soon_is_not_given_again(endpoint: TokenEndpoint) -> None:
    endpoint.expires_in = 30
    source = MicrosoftApp(settings("microsoft-app", endpoint))
    assert await source.token(ANNA) != await source.token(ANNA)


async def test_an_app_with_a_certificate_signs_for_its_token(endpoint: TokenEndpoint) -> None:
    facts = {"client_secret": "", "certificate": PRIVATE, "thumbprint": "A1" * 20}
    source = MicrosoftApp(settings("microsoft-app", endpoint, **facts))
    assert endpoint.opens((await source.token(ANNA)).reveal()) == ""
    error = await refused(MicrosoftApp(settings("microsoft-app", endpoint, **facts | {"certificate": "no key"})))
    assert (error.permanent, error.words) == (True, "the key of the app's certificate cannot be read")


@pytest.mark.parametrize(
    ("change", "words", "remedy"),
    [
        ({"client_secret": "wrong"}, "AADSTS7000215: Invalid client secret provided.", "take its value, not its id"),
        ({"client_id": "other"}, "AADSTS700016", "check client_id and tenant"),
        ({"tenant": "nowhere.example"}, "the sign-in service refuses", "Check tenant"),
    ],
)
async def test_what_microsoft_refuses_says_what_to_do(endpoint: TokenEndpoint, change: dict[str, str], words: str, remedy: str) -> None:
    error = await refused(MicrosoftApp(settings("microsoft-app", endpoint, **change)))
    assert error.permanent
    assert words in error.words
    assert "Trace" not in error.words
    assert remedy in error.remedy
    assert "client-secret" not in error.words + error.remedy


async def test_a_service_that_is_away_is_asked_again_later(endpoint: TokenEndpoint) -> None:
    error = await refused(MicrosoftApp(settings("microsoft-app", endpoint, authority="https://localhost:1")))
    assert (error.permanent, "could not be reached" in error.words) == (False, True)
    endpoint.down = True
    error = await refused(MicrosoftApp(settings("microsoft-app", endpoint)))
    assert not error.permanent


def consent(endpoint: TokenEndpoint) -> tuple[Secret, list[str]]:
    shown: list[str] = []
    endpoint.approved = True
    return consent_by_device(settings("microsoft-device", endpoint), ANNA, shown.append), shown


async def test_an_owner_signs_in_once_and_tokens_follow(endpoint: TokenEndpoint) -> None:
    kept, shown = consent(endpoint)
    assert "https://microsoft.example/device" in shown[0]
    assert "ABC123" in shown[0]
    source = MicrosoftDevice(settings("microsoft-device", endpoint, {ANNA: kept.reveal()}))
    first = await source.token(ANNA.upper())
    fresh = await source.token(ANNA, fresh=True)
    assert endpoint.opens(first.reveal()) == endpoint.opens(fresh.reveal()) == ANNA
    assert first != fresh
    # the only consent there is opens shared mailboxes too
    assert await source.token("shared@old.example")


async def test_a_revoked_consent_says_to_sign_in_again(endpoint: TokenEndpoint) -> None:
    kept, _ = consent(endpoint)
    endpoint.revoked.add(ANNA)
    source = MicrosoftDevice(settings("microsoft-device", endpoint, {ANNA: kept.reveal()}))
    with pytest.raises(TokenUnavailable) as caught:
        await source.token(ANNA, fresh=True)
    assert caught.value.permanent
    assert "AADSTS50173" in caught.value.words
    assert "Have its owner sign in again" in caught.value.remedy


async def test_nobody_signed_in_yet(endpoint: TokenEndpoint) -> None:
    error = await refused(MicrosoftDevice(settings("microsoft-device", endpoint)))
    assert (error.permanent, error.words) == (True, "nobody has signed in for it yet")


def test_a_sign_in_is_asked_about_until_the_owner_has_done_it(endpoint: TokenEndpoint) -> None:
    sign_in = DeviceSignIn(settings("microsoft-device", endpoint))
    begun = sign_in.begin()
    assert (begun.url, begun.code, begun.seconds, begun.interval) == ("https://microsoft.example/device", "ABC123", 900, 1)
    assert sign_in.ask() is None
    assert sign_in.ask() is None
    endpoint.approved = True
    kept = sign_in.ask()
    assert kept is not None
    assert "refresh" in kept.reveal()


@pytest.mark.parametrize("when", ["begin", "ask"])
def test_a_sign_in_that_microsoft_cannot_answer_says_so(endpoint: TokenEndpoint, when: str) -> None:
    sign_in = DeviceSignIn(settings("microsoft-device", endpoint, authority="https://localhost:1" if when == "begin" else endpoint.url))
    with pytest.raises(TokenUnavailable) as caught:
        sign_in.begin()
        endpoint.down = True
        sign_in.ask()
    assert (caught.value.permanent, "could not be reached" in caught.value.words) == (False, True)
