"""Tokens of Google: a service account with domain-wide delegation, and a person's own consent.

``google-auth`` does the protocol; it is called in threads, one call at a time for a mailbox. Scopes:
developers.google.com/workspace/gmail/imap/xoauth2-protocol.
"""

from __future__ import annotations

import asyncio
import json
import threading
from abc import ABC, abstractmethod
from collections import defaultdict
from typing import Any

import google.auth.exceptions
import google.oauth2.credentials
import google.oauth2.service_account
from google.auth.transport.requests import Request

from trasloco.engine.admission import NotAdmitted
from trasloco.engine.token_source import TokenUnavailable
from trasloco.secret import Secret
from trasloco.sentence import sentence as _
from trasloco.sources.first_steps import GOOGLE_SCOPE, SIGN_IN, SIGN_IN_AGAIN
from trasloco.sources.guarded_session import GuardedSession, not_asked
from trasloco.sources.oauth_settings import OauthSettings

ADMIN_SCOPE = GOOGLE_SCOPE
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address

_DELEGATION = _(
    "In the Admin console of the domain (Security, API controls, Domain-wide delegation) authorise the client id of the service "
    "account for the scope %(scope)s",
    scope=ADMIN_SCOPE,
)


class _Google(ABC):
    """What both have in common: credentials by mailbox, refreshed when they are no longer valid."""

    remedy = ""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    async def token(self, mailbox: str, *, fresh: bool = False) -> Secret:
        """See ``TokenSource``."""
        return await asyncio.to_thread(self._token, mailbox.casefold(), fresh)

    def _token(self, mailbox: str, fresh: bool) -> Secret:
        with self._locks[mailbox]:
            credentials = self._known.get(mailbox)
            if credentials is None:
                credentials = self._known[mailbox] = self._credentials(mailbox)
            if fresh or not credentials.valid:
                self._refresh(credentials, mailbox)
            return Secret(str(credentials.token))

    def _refresh(self, credentials: Any, mailbox: str) -> None:
        try:
            with GuardedSession() as session:
                credentials.refresh(Request(session))
        except NotAdmitted as error:
            raise not_asked(error) from None
        except google.auth.exceptions.TransportError as error:
            raise TokenUnavailable(_("Google could not be reached (%(name)s)", name=type(error).__name__), permanent=False) from None
        except google.auth.exceptions.RefreshError as error:
            code, said = _said(error)
            passing = bool(getattr(error, "retryable", False))
            raise TokenUnavailable(_("Google says “%(status)s”", status=said), self._advice(code, mailbox), permanent=not passing) from None
        except (google.auth.exceptions.GoogleAuthError, ValueError) as error:
            raise TokenUnavailable(
                _("the credentials cannot be used (%(name)s)", name=type(error).__name__), self.remedy, permanent=True
            ) from None

    @abstractmethod
    def _credentials(self, mailbox: str) -> Any:
        """What google-auth refreshes for this mailbox. Raises ``TokenUnavailable``."""

    @abstractmethod
    def _advice(self, code: str, mailbox: str) -> str:
        """What to do about an error code of the token endpoint."""


class GoogleServiceAccount(_Google):
    """A token for each mailbox of a Workspace domain, in its owner's name, without him (domain-wide delegation)."""

    remedy = _(
        "Google gave the token, but Gmail does not take it: check that Gmail and IMAP are on for this user. %(advice)s", advice=_DELEGATION
    )

    def __init__(self, settings: OauthSettings) -> None:
        super().__init__()
        self._key: dict[str, Any] = json.loads(settings.value("key"))

    def _credentials(self, mailbox: str) -> Any:
        try:
            account = google.oauth2.service_account.Credentials
            return account.from_service_account_info(self._key, scopes=[ADMIN_SCOPE], subject=mailbox)
        except (google.auth.exceptions.GoogleAuthError, ValueError) as error:
            words = _("the key of the service account cannot be read (%(name)s)", name=type(error).__name__)
            raise TokenUnavailable(words, _("Make a new JSON key for it in the Google Cloud console"), permanent=True) from None

    def _advice(self, code: str, mailbox: str) -> str:
        if code == "invalid_grant":
            return _("Check that this user exists in the domain and is not suspended, and that this machine's clock is right")
        return _DELEGATION


class GoogleConsent(_Google):
    """Tokens of people who allowed it once, each for his own mailbox."""

    remedy = _(
        "Google gave the token, but Gmail does not take it: check that IMAP is on for this account. %(advice)s", advice=SIGN_IN_AGAIN
    )

    def __init__(self, settings: OauthSettings) -> None:
        super().__init__()
        self._settings = settings

    def _credentials(self, mailbox: str) -> Any:
        consent = self._settings.consents.get(mailbox)
        if consent is None:
            words = _("its owner has not given his consent yet")
            raise TokenUnavailable(words, SIGN_IN, permanent=True)
        return google.oauth2.credentials.Credentials(
            None,
            refresh_token=consent.reveal(),
            token_uri=self._settings.value("token_uri", TOKEN_URI),
            client_id=self._settings.value("client_id"),
            client_secret=self._settings.value("client_secret"),
        )

    def _advice(self, code: str, mailbox: str) -> str:
        return _("Check client_id and client_secret of the app") if code == "invalid_client" else SIGN_IN_AGAIN


def _said(error: google.auth.exceptions.RefreshError) -> tuple[str, str]:
    """Code and words of a refusal: google-auth gives "code: words" and, if there was one, the answer's JSON."""
    answer = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else {}
    code = str(answer.get("error", ""))
    words = f"{code}: {answer.get('error_description', '')}".strip(": ") if code else str(error.args[0] if error.args else "nothing")
    return code, words.split("\n")[0][:300]
