"""OAuth credentials in which somebody names a server inside: in the panel's form, and wherever a token is asked for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator

import pytest

from tests.fix_tokens import PRIVATE, service_key, settings
from tests.fix_wizard import WizardCast
from tests.panel.test_oauth_credentials import page_of, service_account
from tests.security.conftest import Door
from trasloco.engine.token_source import TokenUnavailable
from trasloco.secret import Secret
from trasloco.sources.guarded_session import GuardedSession
from trasloco.sources.oauth_settings import OauthSettings
from trasloco.sources.tokens import token_source
from trasloco.testing.certificates import Certificate
from trasloco.testing.token_endpoint import CLIENT, SECRET, TENANT, TokenEndpoint
from trasloco.testing.web_server import Answer, WebServer
from trasloco.testing.zone import Zone

ANNA = "anna@old.example"
OUTSIDE = "127.0.0.2"

ELSEWHERE = (
    "https://127.0.0.1:{port}",
    "https://[::1]:{port}",
    "https://[::ffff:127.0.0.1]:{port}",
    "https://localhost:{port}",
    "https://2130706433:{port}",
    "https://0x7f.1:{port}",
    "https://inside.example:{port}",
    "https://mixed.example:{port}",
    "https://login.microsoftonline.com.inside.example:{port}",
    "https://login.microsoftonline.com@127.0.0.1:{port}",
    "https://login.microsoftonline.com:443@127.0.0.1:{port}",
    "https://127.0.0.1:{port}\\\\@login.microsoftonline.com",
    "https://127.0.0.1:{port}/\\\\@login.microsoftonline.com/",
    "https://127.0.0.1:{port}#@login.microsoftonline.com",
    "https://127.0.0.1:{port}?@login.microsoftonline.com",
    "https://login.microsoftonline.com%40127.0.0.1:{port}",
    "https://ｌogin.microsoftonline.com:{port}",
    "http://login.microsoftonline.com:{port}",
    "HTTPS://127.0.0.1:{port}",
    "https:127.0.0.1:{port}",
    "file:///etc/passwd",
)


def begin(wizard: WizardCast) -> str:
    answer = wizard.client.post("/migrations/new/", {"source_type": "office365"})
    return str(answer.headers["Location"].split("/")[3])


def app(authority: str) -> str:
    return f'kind = "microsoft-app"\ntenant = "{TENANT}"\nclient_id = "{CLIENT}"\nclient_secret = "{SECRET}"\nauthority = "{authority}"\n'


@pytest.mark.parametrize("authority", ELSEWHERE)
def test_the_form_takes_no_server_but_the_providers_own(authority: str, wizard: WizardCast, door: Door, zone: Callable[..., Zone]) -> None:
    zone()
    page = page_of(wizard.give(begin(wizard), f"anna@example.net;192.0.2.1;{ANNA};\n", oauth=app(authority.format(port=door.port))))
    assert "names no server of Microsoft or Google" in page or "authority must be an https URL" in page, page
    assert not wizard.customer.migrations.get().accounts.exists()


@pytest.mark.parametrize("key", ["token_uri", "auth_uri"])
@pytest.mark.parametrize("address", [*ELSEWHERE[:8], "https://127.0.0.1:{port}\\@oauth2.googleapis.com/token"])
def test_neither_does_it_take_googles_key_with_another_server(
    address: str, key: str, wizard: WizardCast, door: Door, zone: Callable[..., Zone]
) -> None:
    zone()
    answer = wizard.client.post("/migrations/new/", {"source_type": "gmail"})
    code = str(answer.headers["Location"].split("/")[3])
    page = page_of(wizard.give(code, f"anna@example.net;;{ANNA};\n", oauth=service_account(**{key: address.format(port=door.port)})))
    assert "names no server of Microsoft or Google" in page or "is not the JSON key of a service account" in page, page


def test_the_form_takes_no_other_port_of_theirs(wizard: WizardCast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRASLOCO_ALLOW_PORTS", "")
    page = page_of(wizard.give(begin(wizard), f"anna@example.net;192.0.2.1;{ANNA};\n", oauth=app("https://login.microsoftonline.com:8443")))
    assert "names no server of Microsoft or Google" in page


def test_a_providers_name_that_leads_inside_is_not_asked_by_the_panels_check(
    wizard: WizardCast, door: Door, zone: Callable[..., Zone]
) -> None:
    zone({("login.microsoftonline.com", "A"): ["127.0.0.1"]})

    code, credentials = begin(wizard), app(f"https://login.microsoftonline.com:{door.port}")
    answer = wizard.give(code, f"anna@example.net;127.0.0.1:{wizard.source.port};{ANNA};\n", oauth=credentials)
    assert answer.status_code == 302, answer.content.decode()
    wizard.check(code)
    (account,) = wizard.customer.migrations.get().accounts.select_related("check_result")
    assert account.check_result.source["code"] == "token-refused"
    assert "was not asked: it was not contacted (its address is 127.0.0.1)" in account.check_result.source["words"]


# Where a token is asked for, whoever wrote the credentials


def refused(found: OauthSettings) -> TokenUnavailable:
    with pytest.raises(TokenUnavailable) as failure:
        asyncio.run(token_source(found).token(ANNA))
    return failure.value


def elsewhere(kind: str, address: str) -> OauthSettings:
    values = {
        "microsoft-app": {"tenant": TENANT, "client_id": CLIENT, "client_secret": SECRET, "authority": address},
        "google-service-account": {"key": google_key(f"{address}/token")},
        "google-consent": {"client_id": CLIENT, "client_secret": SECRET, "token_uri": f"{address}/token"},
    }[kind]
    return OauthSettings(kind, {key: Secret(value) for key, value in values.items()}, {ANNA: Secret("refresh")})


def google_key(token_uri: str) -> str:
    facts = {"type": "service_account", "client_email": "mover@project.example", "private_key": PRIVATE, "private_key_id": "1"}
    return json.dumps(facts | {"token_uri": token_uri})


@pytest.mark.parametrize("kind", ["microsoft-app", "google-service-account", "google-consent"])
@pytest.mark.parametrize(
    "address", [address for address in ELSEWHERE if "\\" not in address and "@" not in address and address.startswith("https://")]
)
def test_no_token_is_asked_for_inside(kind: str, address: str, door: Door, zone: Callable[..., Zone]) -> None:
    zone()
    error = refused(elsewhere(kind, address.format(port=door.port)))
    reasons = ("it was not contacted", "is not known", "could not be reached", "the sign-in service refuses")
    assert any(words in error.words for words in reasons), error.words


@pytest.mark.parametrize("kind", ["microsoft-app", "google-service-account", "google-consent"])
def test_a_port_of_something_else_is_not_asked(kind: str, zone: Callable[..., Zone], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRASLOCO_ALLOW_PORTS", "")
    monkeypatch.setenv("TRASLOCO_ALLOW_ADDRESSES", "127.0.0.1")
    zone()
    error = refused(elsewhere(kind, "https://inside.example:5432"))
    assert "5432 is no usual port of https (443)" in error.words
    assert "--allow-ports 5432" in error.remedy
    assert error.permanent


@pytest.fixture
def stranger(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, zone: Callable[..., Zone]) -> Iterator[WebServer]:
    """A web server at the only address that is allowed, under the name stranger.example."""
    certificate = Certificate.make(tmp_path_factory.mktemp("certificate"), self_signed=False, names=("stranger.example",))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.ca_file))
    monkeypatch.setenv("TRASLOCO_ALLOW_ADDRESSES", OUTSIDE)
    zone({("stranger.example", "A"): [OUTSIDE]})
    with WebServer({}, certificate, host=OUTSIDE) as web:
        yield web


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["https://127.0.0.1:{port}/", "http://127.0.0.1:{port}/", "https://inside.example:{port}/", "/again"])
def test_no_redirection_is_followed(status: int, target: str, stranger: WebServer, door: Door) -> None:
    stranger.answers["/token"] = Answer(status=status, headers={"Location": target.format(port=door.port)})
    with GuardedSession() as session:
        for ask in (session.get, session.post):
            assert ask(f"https://stranger.example:{stranger.port}/token").status_code == status
    assert [request.path for request in stranger.requests] == ["/token", "/token"]


def test_what_a_sign_in_service_names_is_held_against_the_policy_too(stranger: WebServer, door: Door) -> None:
    """Microsoft's is asked where its token endpoint is; our secret would go there."""
    base = f"https://stranger.example:{stranger.port}/{TENANT}"
    facts = {"issuer": f"{base}/v2.0", "authorization_endpoint": f"{base}/a", "token_endpoint": f"https://127.0.0.1:{door.port}/token"}
    stranger.answers[f"/{TENANT}/v2.0/.well-known/openid-configuration"] = Answer(json.dumps(facts).encode())
    error = refused(elsewhere("microsoft-app", f"https://stranger.example:{stranger.port}"))
    assert "127.0.0.1 is a loopback address" in error.words
    assert stranger.requests


def test_a_proxy_of_the_environment_is_not_asked(endpoint: TokenEndpoint, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{door.port}")
    for found in (settings("microsoft-app", endpoint), settings("google-service-account", endpoint, key=service_key(endpoint))):
        assert asyncio.run(token_source(found).token(ANNA)).reveal().startswith("token-")


def test_plain_http_has_no_way_out(door: Door) -> None:
    import requests

    with GuardedSession() as session, pytest.raises(requests.exceptions.InvalidSchema):
        session.get(f"http://127.0.0.1:{door.port}/")
