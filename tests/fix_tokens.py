"""The providers' sign-in services on loopback, and credentials for them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from trasloco.secret import Secret
from trasloco.sources.oauth_settings import OauthSettings
from trasloco.testing.certificates import Certificate
from trasloco.testing.token_endpoint import CLIENT, SECRET, TENANT, TokenEndpoint

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_PLAIN = serialization.NoEncryption()
PRIVATE = _KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, _PLAIN).decode()
PUBLIC = _KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenEndpoint]:
    """Both services; this process and its children trust their certificate, and may ask them."""
    certificate = Certificate.make(tmp_path, self_signed=False, names=("localhost",))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.ca_file))
    monkeypatch.setenv("TRASLOCO_ALLOW_ADDRESSES", "127.0.0.1;::1")
    with TokenEndpoint(certificate, public_key=PUBLIC) as found:
        yield found


def settings(kind: str, endpoint: TokenEndpoint, consents: Mapping[str, str] | None = None, /, **values: str) -> OauthSettings:
    """What an operator would have in his file."""
    facts = {
        "microsoft-app": {"tenant": TENANT, "client_id": CLIENT, "client_secret": SECRET, "authority": endpoint.url},
        "microsoft-device": {"tenant": TENANT, "client_id": CLIENT, "authority": endpoint.url},
        "google-service-account": {"key": service_key(endpoint)},
        "google-consent": {"client_id": CLIENT, "client_secret": SECRET, "token_uri": f"{endpoint.url}/token"},
    }[kind] | values
    kept = {name: Secret(text) for name, text in (consents or {}).items()}
    return OauthSettings(kind, {key: Secret(value) for key, value in facts.items()}, kept)


def service_key(endpoint: TokenEndpoint) -> str:
    """The JSON key of a service account, as the console gives it."""
    facts = {"type": "service_account", "client_email": "mover@project.example", "private_key": PRIVATE, "private_key_id": "1"}
    return json.dumps(facts | {"token_uri": f"{endpoint.url}/token"})
