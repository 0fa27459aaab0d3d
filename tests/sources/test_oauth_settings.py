"""What an operator writes into the file of --source-oauth, and what he is told of mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from trasloco.secret import Secret
from trasloco.sources.oauth_settings import OauthError, OauthSettings, parse_oauth

KEY = {"type": "service_account", "client_email": "m@p.example", "private_key": "PEM-TEXT", "token_uri": "https://t.example"}
FILES = {"key.json": json.dumps(KEY), "other.json": json.dumps(KEY | {"type": "authorized_user"}), "list.json": "[]", "app.pem": "PEM-TEXT"}
APP = 'kind = "microsoft-app"\ntenant = "t"\nclient_id = "c"\n'


def read(name: str) -> str:
    if name not in FILES:
        raise FileNotFoundError(2, "No such file or directory")
    return FILES[name]


def parsed(text: str, files: Callable[[str], str] = read) -> OauthSettings:
    return parse_oauth(text, files)


def test_toml_and_json_say_the_same() -> None:
    toml = parsed(APP + 'client_secret = " s3cret "\n')
    assert toml == parsed('{"kind": "microsoft-app", "tenant": "t", "client_id": "c", "client_secret": "s3cret"}')
    assert (toml.kind, toml.value("client_secret"), toml.value("authority", "default")) == ("microsoft-app", "s3cret", "default")
    assert "s3cret" not in repr(toml)


def test_files_that_are_named_are_read() -> None:
    assert parsed('kind = "google-service-account"\nkey_file = "key.json"').value("key") == FILES["key.json"]
    found = parsed(APP + 'certificate_file = "app.pem"\nthumbprint = "AB"')
    assert found.value("certificate") == "PEM-TEXT"


def test_who_needs_the_owners_consent() -> None:
    assert parsed('kind = "microsoft-device"\nclient_id = "c"').by_consent
    assert not parsed(APP + 'client_secret = "x"').by_consent


def test_it_is_stored_as_one_secret_and_comes_back() -> None:
    found = OauthSettings("google-consent", {"client_id": Secret("c"), "client_secret": Secret("s")}, {"anna@x": Secret("refresh")})
    assert OauthSettings.of_secret(found.as_secret()) == found
    assert "refresh" not in str(found.as_secret())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "kind is missing"),
        ('kind = "yahoo"', "kind is missing or not known"),
        ("kind = 7", "kind is missing or not known"),
        ("what is this", "neither TOML nor JSON"),
        ('{"kind": }', r"neither TOML nor JSON \(line 1\)"),
        (APP + 'password = "hidden"', "the key password has no meaning for microsoft-app"),
        (APP + 'client_secret = ""', "client_secret must be a text, and not empty"),
        (APP + "client_secret = 5", "client_secret must be a text"),
        ('kind = "microsoft-app"\nclient_id = "c"', "tenant is missing; microsoft-app needs tenant, client_id"),
        (APP, "give either client_secret or certificate_file"),
        (APP + 'client_secret = "hidden"\ncertificate_file = "app.pem"\nthumbprint = "x"', "give either"),
        (APP + 'certificate_file = "app.pem"', "come together"),
        (APP + 'certificate_file = "none.pem"\nthumbprint = "x"', "the file of certificate_file cannot be read: No such file"),
        (APP + 'client_secret = "hidden"\nauthority = "http://login.example"', "authority must be an https URL"),
        ('kind = "google-service-account"\nkey_file = "other.json"', "not the JSON key of a service account"),
        ('kind = "google-service-account"\nkey_file = "list.json"', "not the JSON key of a service account"),
        ('kind = "google-service-account"\nkey_file = "app.pem"', "not the JSON key of a service account"),
    ],
)
def test_a_mistake_is_named_and_no_value_is_repeated(text: str, words: str) -> None:
    with pytest.raises(OauthError, match=words) as caught:
        parsed(text)
    assert "hidden" not in str(caught.value)
