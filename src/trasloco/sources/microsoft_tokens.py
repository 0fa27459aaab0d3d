"""Tokens of Microsoft: app-only (client credentials) and delegated (a consent given by device code).

``msal`` does the protocol and keeps tokens until they run out; it is called in threads, one call at a time for a source.
Scopes and their meaning: learn.microsoft.com, "Authenticate an IMAP, POP or SMTP connection using OAuth".
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msal
import requests
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from trasloco.engine.admission import NotAdmitted
from trasloco.engine.token_source import TokenUnavailable
from trasloco.secret import Secret
from trasloco.sentence import sentence as _
from trasloco.sources.first_steps import SIGN_IN, SIGN_IN_AGAIN
from trasloco.sources.guarded_session import GuardedSession, not_asked
from trasloco.sources.oauth_settings import OauthSettings

AUTHORITY = "https://login.microsoftonline.com"
APP_SCOPES = ["https://outlook.office365.com/.default"]
USER_SCOPES = ["https://outlook.office.com/IMAP.AccessAsUser.All"]

_WAITING = frozenset({"authorization_pending", "slow_down"})  # RFC 8628 3.5: the owner has not signed in yet

# Errors of the token endpoint (RFC 6749 5.2, RFC 8628 3.5) that pass by themselves.
_PASSING = frozenset({"temporarily_unavailable", "server_error", "slow_down", "request_timeout"})
_ADVICE: tuple[tuple[str, str], ...] = (
    ("AADSTS7000215", _("The client secret is wrong: take its value, not its id, from Certificates & secrets of the app registration")),
    ("AADSTS7000222", _("The client secret has expired: make a new one in Certificates & secrets of the app registration")),
    ("AADSTS700016", _("The app is not known in this tenant: check client_id and tenant, and that an administrator has given consent")),
    ("AADSTS90002", _("The tenant is not known: write its id or one of its domains")),
    ("AADSTS50173", _("The consent was revoked, or the password changed. %(advice)s", advice=SIGN_IN_AGAIN)),
    ("AADSTS700082", _("The consent is too old. %(advice)s", advice=SIGN_IN_AGAIN)),
    ("AADSTS50057", _("The account is disabled: an administrator of the tenant has to enable it")),
    ("AADSTS65001", _("The consent is missing: an administrator of the tenant has to give it. %(advice)s", advice=SIGN_IN_AGAIN)),
)


class MicrosoftApp:
    """One token for all mailboxes of a tenant that the app may open (IMAP.AccessAsApp)."""

    remedy = _(
        "Microsoft gave the token, but Exchange does not let the app into this mailbox: run Add-MailboxPermission with FullAccess for it, "
        "check that New-ServicePrincipal was given the object id of the enterprise application, and that IMAP is on for the mailbox"
    )

    def __init__(self, settings: OauthSettings) -> None:
        self._settings = settings
        self._app: Any = None
        self._lock = threading.Lock()
        self._given: set[str] = set()

    async def token(self, mailbox: str, *, fresh: bool = False) -> Secret:
        """See ``TokenSource``."""
        return await asyncio.to_thread(_asked, lambda: self._ask(mailbox, fresh))

    def _ask(self, mailbox: str, fresh: bool) -> Mapping[str, Any]:
        with self._lock:
            self._app = self._app or _confidential_app(self._settings)
            if fresh:
                self._app.remove_tokens_for_client()
            answer: Mapping[str, Any] = self._app.acquire_token_for_client(APP_SCOPES)
            return answer


def _confidential_app(settings: OauthSettings) -> Any:
    """The app with its secret or certificate. Raises TokenUnavailable, and ValueError for an authority or tenant that is none."""
    credential: Any = settings.value("client_secret")
    if not credential:
        key = settings.value("certificate")
        try:
            load_pem_private_key(key.encode("utf-8", "replace"), None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            remedy = _("certificate_file must hold the private key of the certificate, as PEM and without a password")
            raise TokenUnavailable(_("the key of the app's certificate cannot be read"), remedy, permanent=True) from None
        credential = {"private_key": key, "thumbprint": settings.value("thumbprint")}
    authority = f"{settings.value('authority', AUTHORITY).rstrip('/')}/{settings.value('tenant')}"
    return msal.ConfidentialClientApplication(
        settings.value("client_id"),
        client_credential=credential,
        authority=authority,
        instance_discovery=False,
        http_client=GuardedSession(),
    )


class MicrosoftDevice:
    """Tokens of people who signed in once; a mailbox without a consent of its own is opened by the only one there is,
    as an administrator with FullAccess opens shared mailboxes."""

    remedy = _(
        "Microsoft gave the token, but Exchange does not take it for this mailbox: check that IMAP is on for it, and that the person who "
        "signed in owns it or has FullAccess. %(advice)s",
        advice=SIGN_IN_AGAIN,
    )

    def __init__(self, settings: OauthSettings) -> None:
        self._settings = settings
        self._apps: dict[str, Any] = {}
        self._lock = threading.Lock()

    async def token(self, mailbox: str, *, fresh: bool = False) -> Secret:
        """See ``TokenSource``."""
        return await asyncio.to_thread(_asked, lambda: self._ask(mailbox, fresh))

    def _ask(self, mailbox: str, fresh: bool) -> Mapping[str, Any]:
        consents = self._settings.consents
        name = mailbox.casefold() if mailbox.casefold() in consents or len(consents) != 1 else next(iter(consents))
        if name not in consents:
            words = _("nobody has signed in for it yet")
            raise TokenUnavailable(words, SIGN_IN, permanent=True)
        with self._lock:
            app = self._apps.get(name)
            if app is None:
                cache = msal.SerializableTokenCache()
                cache.deserialize(consents[name].reveal())
                app = self._apps[name] = device_app(self._settings, cache)
            accounts = app.get_accounts()
            answer = app.acquire_token_silent_with_error(USER_SCOPES, accounts[0], force_refresh=fresh) if accounts else None
            return answer or {"error": "invalid_grant", "error_description": "the consent holds no account"}


def device_app(settings: OauthSettings, cache: Any) -> Any:
    """The app as people sign in to it. Raises ValueError for an authority that is none."""
    authority = f"{settings.value('authority', AUTHORITY).rstrip('/')}/{settings.value('tenant', 'common')}"
    return msal.PublicClientApplication(
        settings.value("client_id"), authority=authority, token_cache=cache, instance_discovery=False, http_client=GuardedSession()
    )


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What the owner is shown: he opens ``url`` in any browser and types ``code``. seconds: as long as it holds; interval: between
    two questions whether he did."""

    url: str
    code: str
    seconds: float
    interval: float


class DeviceSignIn:
    """One owner's sign-in (RFC 8628): begun with an address and a code, then asked about until it is done. Both calls block."""

    def __init__(self, settings: OauthSettings) -> None:
        self._settings = settings
        self._cache = msal.SerializableTokenCache()
        self._app: Any = None
        self._flow: dict[str, Any] = {}

    def begin(self) -> DeviceCode:
        """Raises TokenUnavailable."""

        def ask() -> Mapping[str, Any]:
            self._app = device_app(self._settings, self._cache)
            answer: Mapping[str, Any] = self._app.initiate_device_flow(USER_SCOPES)
            return answer

        self._flow = dict(_answer(ask))
        if "user_code" not in self._flow:
            _token(self._flow)
        seconds, interval = float(self._flow.get("expires_in", 900)), float(self._flow.get("interval", 5))
        return DeviceCode(str(self._flow["verification_uri"]), str(self._flow["user_code"]), seconds, max(1.0, interval))

    def ask(self) -> Secret | None:
        """The consent to be kept; None while the owner has not signed in. Raises TokenUnavailable."""
        answer = _answer(lambda: self._app.acquire_token_by_device_flow(self._flow, exit_condition=lambda _flow: True))
        if answer.get("error") in _WAITING:
            return None
        _token(answer)
        return Secret(self._cache.serialize())


def consent_by_device(settings: OauthSettings, mailbox: str, show: Callable[[str], None]) -> Secret:
    """Let the owner of ``mailbox`` sign in: ``show`` gets the words with address and code. Waits until he did.

    Returns the consent to be kept. Raises TokenUnavailable."""
    sign_in = DeviceSignIn(settings)
    begun = sign_in.begin()
    show(f"{mailbox}: open {begun.url} in any browser, type the code {begun.code}, and sign in as its owner.")
    end = time.monotonic() + begun.seconds
    while time.monotonic() < end:
        if kept := sign_in.ask():
            return kept
        time.sleep(begun.interval)
    raise TokenUnavailable(_("nobody signed in as long as the code held"), SIGN_IN_AGAIN, permanent=True)


def _asked(question: Callable[[], Mapping[str, Any]]) -> Secret:
    """The access token of an answer, or what went wrong in the provider's words."""
    return _token(_answer(question))


def _answer(question: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """Raises TokenUnavailable when there is none."""
    try:
        return question()
    except NotAdmitted as error:
        raise not_asked(error) from None
    except (requests.RequestException, msal.exceptions.MsalServiceError) as error:
        # without an answer, or with one that says 5xx
        raise TokenUnavailable(_("Microsoft could not be reached (%(name)s)", name=type(error).__name__), permanent=False) from None
    except (ValueError, RuntimeError) as error:
        # msal's way to say that authority or tenant lead nowhere, or that what answers is not Microsoft
        remedy = _("Check tenant, authority and certificate of the OAuth credentials")
        raise TokenUnavailable(_("the sign-in service refuses (%(words)s)", words=_first_line(error)), remedy, permanent=True) from None


def _token(answer: Mapping[str, Any]) -> Secret:
    if "access_token" in answer:
        return Secret(str(answer["access_token"]))
    code, said = str(answer.get("error", "")), _first_line(answer.get("error_description") or answer.get("error", "nothing"))
    advice = next((words for sign, words in _ADVICE if sign in said), "")
    if not advice and code == "invalid_grant":
        advice = SIGN_IN_AGAIN
    raise TokenUnavailable(
        _("Microsoft says “%(status)s”", status=said), advice or _("Check the app in Entra"), permanent=code not in _PASSING
    )


def _first_line(words: object) -> str:
    """Microsoft adds trace ids and times in further lines."""
    return str(words).strip().split("\n")[0].strip()[:300]
