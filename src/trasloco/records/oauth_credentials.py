"""OAuth credentials as they are pasted into the panel: settings to be sealed, or what is wrong with them.

Other than on the command line no file is read, and only the providers' own servers are asked for tokens: who writes here
is a customer, and we shall not call servers in our own network for him.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from trasloco.engine.reach import reach
from trasloco.plan.problems import Problem
from trasloco.secret import Secret
from trasloco.sentence import Sentence
from trasloco.sentence import sentence as _
from trasloco.sources.oauth_settings import GOOGLE_SERVICE_ACCOUNT, OauthError, OauthSettings, is_https, parse_oauth

TOKEN_SERVERS = frozenset(
    {
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.chinacloudapi.cn",
        "login.partner.microsoftonline.cn",
        "accounts.google.com",
        "oauth2.googleapis.com",
        "www.googleapis.com",
    }
)
_ADDRESSES = ("authority", "auth_uri", "token_uri")
_REMEDY = _("Write them as the manual's page about OAuth shows, or paste Google's key of the service account as it is.")


def read_credentials(text: str) -> tuple[Secret | None, Sequence[Problem]]:
    """``OauthSettings.as_secret`` of the text, None for an empty or a wrong one; and what is wrong. No value is repeated."""
    if not text.strip():
        return None, ()
    try:
        settings = _settings(text)
    except OauthError as error:
        return None, (_problem(_("OAuth credentials: %(why)s.", why=error.args[0])),)
    if strange := [key for key, address in _addresses(settings) if not _is_theirs(address)]:
        words = _("OAuth credentials: %(key)s names no server of Microsoft or Google.", key=strange[0])
        return None, (_problem(words, _("Leave it out, or write the provider's own.")),)
    return settings.as_secret(), ()


def _settings(text: str) -> OauthSettings:
    """Google's own key file needs nothing around it."""
    try:
        facts: Any = json.loads(text)
    except ValueError:
        facts = None
    if isinstance(facts, dict) and facts.get("type") == "service_account":
        return parse_oauth(json.dumps({"kind": GOOGLE_SERVICE_ACCOUNT, "key_file": "pasted"}), lambda _name: text)
    return parse_oauth(text, _no_file)


def _no_file(_name: str) -> str:
    raise OSError(2, "the panel reads no files; with a certificate use trasloco migrate on the command line")


def _addresses(settings: OauthSettings) -> list[tuple[str, str]]:
    """Key and text of every address in the credentials, those inside of Google's key too."""
    found = {key: settings.value(key) for key in _ADDRESSES if settings.value(key)}
    if settings.kind == GOOGLE_SERVICE_ACCOUNT:
        key = json.loads(settings.value("key"))
        found |= {name: str(key[name]) for name in ("auth_uri", "token_uri") if key.get(name)}
    return list(found.items())


def _is_theirs(address: str) -> bool:
    """A server of theirs, at the port of https."""
    if not is_https(address):
        return False
    server = urlsplit(address)
    return (server.hostname or "").lower() in TOKEN_SERVERS and reach().web.port_refusal(server.port or 443) is None


def _problem(words: Sentence, remedy: Sentence = _REMEDY) -> Problem:
    return Problem(None, "", "oauth-credentials", words, remedy)
