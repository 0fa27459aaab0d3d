"""What the owner of a Google account is asked: the address he opens to sign in, and what is kept until the answer comes.

Apart from ``google_consent``, which takes the answer: a worker and the panel ask without loading what talks HTTP.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from trasloco.secret import Secret
from trasloco.sources.oauth_settings import OauthSettings

AUTH_URI = "https://accounts.google.com/o/oauth2/v2/auth"
BACK = "http://127.0.0.1"
USER_SCOPE = "https://mail.google.com/"


@dataclass(frozen=True, slots=True)
class Asked:
    """A consent that was asked for. url: where the owner goes."""

    url: str
    state: str
    verifier: Secret


def ask_consent(settings: OauthSettings, mailbox: str) -> Asked:
    """Begin: the owner of ``mailbox`` opens ``url``."""
    state, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")
    query = {
        "client_id": settings.value("client_id"),
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": USER_SCOPE,
        "access_type": "offline",
        "prompt": "consent",
        "login_hint": mailbox,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return Asked(f"{settings.value('auth_uri', AUTH_URI)}?{urlencode(query)}", state, Secret(verifier))
