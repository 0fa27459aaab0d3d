"""What a Google account's owner is asked is made without what talks to Google."""

from __future__ import annotations

import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

from trasloco.secret import Secret
from trasloco.sources.google_question import BACK, ask_consent
from trasloco.sources.oauth_settings import OauthSettings

_LOADED = """
import django
django.setup()
import trasloco.jobs.worker
import sys
print(*[name for name in ("requests", "google.auth", "msal") if name in sys.modules])
"""


def test_each_question_has_a_state_and_a_challenge_of_its_own() -> None:
    settings = OauthSettings("google-consent", {"client_id": Secret("app"), "client_secret": Secret("secret")})
    first, second = (ask_consent(settings, "anna@old.example") for _ in range(2))
    asked = parse_qs(urlsplit(first.url).query)
    assert asked["redirect_uri"] == [BACK]
    assert asked["state"] == [first.state]
    assert first.state != second.state
    assert first.verifier.reveal() != second.verifier.reveal()
    assert "secret" not in first.url


def test_a_worker_is_up_without_what_talks_to_providers(tmp_path: object) -> None:
    """Some 8 MiB of each worker; who needs them loads them then."""
    environment = {"DJANGO_SETTINGS_MODULE": "trasloco.project.settings", "TRASLOCO_STATE_DIR": str(tmp_path), "PATH": ""}
    ended = subprocess.run([sys.executable, "-c", _LOADED], env=environment, check=True, capture_output=True, text=True)
    assert ended.stdout.split() == []
