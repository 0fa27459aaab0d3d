"""The consent of a Google account's owner: he signs in with any browser, and what the browser then shows comes back to us.

The flow is the one for installed programs (authorization code with PKCE, RFC 7636). The last page of it leads to this
machine's loopback address, where nothing listens: its whole address, from the browser's address line, is what is pasted
here. So the browser may run anywhere.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from trasloco.engine.admission import NotAdmitted
from trasloco.engine.token_source import TokenUnavailable
from trasloco.secret import Secret
from trasloco.sentence import sentence as _
from trasloco.sources.google_question import BACK, Asked
from trasloco.sources.google_tokens import TOKEN_URI
from trasloco.sources.guarded_session import GuardedSession, not_asked
from trasloco.sources.oauth_settings import OauthSettings


def take_consent(settings: OauthSettings, asked: Asked, pasted: str) -> Secret:
    """End: from the address of the browser's last page to the consent to be kept (a refresh token). Raises TokenUnavailable."""
    answer = {key: values[0] for key, values in parse_qs(urlsplit(pasted.strip()).query).items()}
    if "error" in answer:
        raise TokenUnavailable(_("Google says “%(status)s”", status=answer["error"]), _("The owner has to allow it"), permanent=True)
    if answer.get("state") != asked.state or "code" not in answer:
        words = _("that is not the address of the page this sign-in ended on")
        raise TokenUnavailable(words, _("Copy the whole address, beginning with http://127.0.0.1"), permanent=True)
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "client_id": settings.value("client_id"),
        "client_secret": settings.value("client_secret"),
        "redirect_uri": BACK,
        "code_verifier": asked.verifier.reveal(),
    }
    facts = _exchanged(settings.value("token_uri", TOKEN_URI), form)
    if not facts.get("refresh_token"):
        said = f"{facts.get('error', 'nothing')}: {facts.get('error_description', '')}".strip(": ")
        raise TokenUnavailable(
            _("Google says “%(status)s”", status=said), _("Check client_id and client_secret, and begin again"), permanent=True
        )
    return Secret(str(facts["refresh_token"]))


def _exchanged(url: str, form: dict[str, str]) -> dict[str, Any]:
    try:
        with GuardedSession() as session:
            facts: dict[str, Any] = session.post(url, data=form).json()
    except NotAdmitted as error:
        raise not_asked(error) from None
    except requests.RequestException as error:
        raise TokenUnavailable(
            _("Google could not be reached (%(name)s)", name=type(error).__name__), _("Begin again"), permanent=False
        ) from None
    return facts
