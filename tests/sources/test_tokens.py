from __future__ import annotations

import subprocess
import sys

import pytest

from tests.fix_tokens import settings
from trasloco.sources.oauth_settings import OauthSettings
from trasloco.sources.tokens import TokenSources, token_source
from trasloco.testing.token_endpoint import TokenEndpoint

KINDS = ("microsoft-app", "microsoft-device", "google-service-account", "google-consent")


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_source_which_says_what_to_do(endpoint: TokenEndpoint, kind: str) -> None:
    source = token_source(settings(kind, endpoint))
    assert "gave the token" in source.remedy
    assert not source.remedy.endswith(".")
    assert not endpoint.given


def test_the_same_credentials_share_one_source(endpoint: TokenEndpoint) -> None:
    known, found = TokenSources(), settings("microsoft-app", endpoint)
    again = OauthSettings.of_secret(found.as_secret())
    assert known.of(found.as_secret()) is known.of(again.as_secret())
    assert known.of(settings("microsoft-app", endpoint, client_secret="other").as_secret()) is not known.of(found.as_secret())


def test_the_providers_libraries_are_loaded_only_when_they_are_wanted() -> None:
    commands = "import sys, trasloco.project.commands.check, trasloco.project.commands.copy"
    program = f"{commands}; print({{'msal', 'google.auth', 'django'}} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
