"""``trasloco authorize``: owners sign in, and what they allow is kept."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import click
import pytest
from click.testing import CliRunner

from trasloco.project.commands import authorize as module
from trasloco.project.commands.authorize import authorize
from trasloco.project.oauth_file import read_oauth
from trasloco.testing.token_endpoint import CLIENT, SECRET, TENANT, TokenEndpoint

ANNA = "anna@old.example"


def written(directory: Path, *lines: str) -> str:
    file = directory / "oauth.toml"
    file.write_text("\n".join(lines), "utf-8")
    file.chmod(0o600)
    return str(file)


def microsoft(directory: Path, endpoint: TokenEndpoint) -> str:
    facts = ('kind = "microsoft-device"', f'client_id = "{CLIENT}"', f'tenant = "{TENANT}"', f'authority = "{endpoint.url}"')
    return written(directory, *facts)


def kept(file: str) -> list[str]:
    found = read_oauth(file)
    assert found is not None
    return list(found.consents)


def test_an_owner_signs_in_at_microsoft(tmp_path: Path, endpoint: TokenEndpoint) -> None:
    endpoint.approved = True
    file = microsoft(tmp_path, endpoint)
    done = CliRunner().invoke(authorize, [file, ANNA], standalone_mode=False)
    assert done.return_value == 0, done.output
    assert "type the code ABC123" in done.output
    assert f"{ANNA}: allowed; kept in {file}.consents" in done.output
    assert kept(file) == [ANNA]


def test_an_owner_signs_in_at_google(tmp_path: Path, endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = ('kind = "google-consent"', f'client_id = "{CLIENT}"', f'client_secret = "{SECRET}"', f'token_uri = "{endpoint.url}/token"')
    file = written(tmp_path, *facts)
    said: list[str] = []
    monkeypatch.setattr(module, "say", said.append)

    def pasted(text: str, **more: str) -> str:
        query = parse_qs(urlsplit(next(line for line in said if line.startswith("https://accounts.google.com"))).query)
        endpoint.challenge = query["code_challenge"][0]
        return f"http://127.0.0.1/?state={query['state'][0]}&code=code"

    monkeypatch.setattr(click, "prompt", pasted)
    done = CliRunner().invoke(authorize, [file, ANNA], standalone_mode=False)
    assert (done.return_value, kept(file)) == (0, [ANNA])


def test_who_did_not_sign_in_is_named(tmp_path: Path, endpoint: TokenEndpoint) -> None:
    facts = ('kind = "microsoft-device"', 'client_id = "other"', f'tenant = "{TENANT}"', f'authority = "{endpoint.url}"')
    endpoint.approved = True
    done = CliRunner().invoke(authorize, [written(tmp_path, *facts), ANNA], standalone_mode=False)
    assert done.return_value == 1
    assert re.search(rf"{ANNA}: Microsoft says “AADSTS700016", done.output)


def test_what_needs_no_consent_has_the_administrator_s_steps_printed(tmp_path: Path) -> None:
    facts = ('kind = "microsoft-app"', 'tenant = "t.example"', 'client_id = "c"', 'client_secret = "s3cret"')
    done = CliRunner().invoke(authorize, [written(tmp_path, *facts), ANNA, "bruno@old.example"], standalone_mode=False)
    assert done.return_value == 0
    assert "New-ServicePrincipal -AppId $clientId" in done.output
    assert f"    '{ANNA}'\n    'bruno@old.example'\n" in done.output
    assert "s3cret" not in done.output
