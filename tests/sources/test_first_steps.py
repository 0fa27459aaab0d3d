from __future__ import annotations

import json

import pytest

from tests.fix_tokens import service_key, settings
from trasloco.sources import google_tokens
from trasloco.sources.first_steps import GOOGLE_SCOPE, first_steps
from trasloco.testing.token_endpoint import CLIENT, SECRET, TENANT, TokenEndpoint


def test_the_tenant_s_administrator_gets_a_script_with_his_mailboxes(endpoint: TokenEndpoint) -> None:
    script = first_steps(settings("microsoft-app", endpoint), ["anna@old.example", "o'brien@old.example"])
    assert f"$tenant = '{TENANT}'" in script
    assert f"$clientId = '{CLIENT}'" in script
    assert "    'anna@old.example'\n    'o''brien@old.example'\n)" in script
    assert "ENTERPRISE APPLICATION" in script
    assert SECRET not in script


@pytest.mark.parametrize("nasty", ["x’; Remove-Mailbox a; ’", "x\n'; Remove-Mailbox a; '", "$(Remove-Mailbox a)"])
def test_no_name_of_a_mailbox_becomes_a_command(endpoint: TokenEndpoint, nasty: str) -> None:
    script = first_steps(settings("microsoft-app", endpoint), [nasty])
    (line,) = [line for line in script.splitlines() if "Remove-Mailbox" in line]
    inside = line.strip()[1:-1]
    assert line.strip()[0] == line.strip()[-1] == "'"
    for quote in "'‘’‚‛":
        assert quote not in inside.replace(quote * 2, "")


def test_the_domain_s_administrator_gets_the_client_and_the_scope(endpoint: TokenEndpoint) -> None:
    key = json.dumps(json.loads(service_key(endpoint)) | {"client_id": "1234567"})
    steps = first_steps(settings("google-service-account", endpoint, key=key), [])
    assert "Client ID: 1234567" in steps
    assert google_tokens.ADMIN_SCOPE == GOOGLE_SCOPE
    assert GOOGLE_SCOPE in steps
    assert "PRIVATE KEY" not in steps
    assert "Unique ID" in first_steps(settings("google-service-account", endpoint), [])


def test_where_owners_consent_there_is_nothing_for_an_administrator(endpoint: TokenEndpoint) -> None:
    with pytest.raises(ValueError, match="allowed by the owners"):
        first_steps(settings("google-consent", endpoint), [])
