"""The sign-in services of Microsoft and Google on loopback, as far as tokens for mailboxes go, and the book in which a mail
server looks tokens up (RFC 7662).

    with TokenEndpoint(certificate) as endpoint:
        ... authority https://localhost:port/tenant, token_uri https://localhost:port/token ...

Asked wrongly it refuses as the originals do: with their codes and words. ``logins``: how often a token opens a mailbox before
it counts as run out, None = always; ``expires_in``: seconds that are told; ``lifetime``: seconds of ``clock`` after which it has
really run out, None = never.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import jwt

from trasloco.testing.certificates import Certificate
from trasloco.testing.web_server import Answer, Request, WebServer

TENANT, CLIENT, SECRET = "tenant.example", "client-id", "client-secret"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


class TokenEndpoint:
    """Both services while it is entered. ``given``: tokens by mailbox ("" = of an app, for all). ``approved``: the owner has signed in."""

    def __init__(self, certificate: Certificate, *, expires_in: int = 3600, logins: int | None = None, public_key: str = "") -> None:
        self.expires_in, self.logins, self.public_key = expires_in, logins, public_key
        self.lifetime: float | None = None
        self.clock: Callable[[], float] = time.monotonic
        self.given: Counter[str] = Counter()
        self.approved, self.mailbox, self.revoked, self.down = False, "anna@old.example", set[str](), False
        self.challenge = ""
        self._tokens: dict[str, list[Any]] = {}
        self._numbers, self._lock = itertools.count(1), threading.Lock()
        base = f"/{TENANT}"
        self.web = WebServer(
            {
                f"{base}/v2.0/.well-known/openid-configuration": self._configuration,
                f"{base}/oauth2/v2.0/token": self._microsoft,
                f"{base}/oauth2/v2.0/devicecode": self._device,
                "/token": self._google,
            },
            certificate,
        )
        self.book = WebServer({"/introspect": self._introspect})

    def __enter__(self) -> Self:
        self.web.__enter__()
        self.book.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.book.__exit__(kind, error, trace)
        self.web.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        """``https://localhost:port``."""
        return f"https://localhost:{self.web.port}"

    @property
    def introspection(self) -> str:
        """Where a mail server asks; the token is appended."""
        return f"{self.book.url}/introspect?token="

    def opens(self, token: str) -> str | None:
        """Whose mailbox this token opens now ("" = any); None when it has run out, was revoked, or never was."""
        with self._lock:
            entry = self._good(token)
            if entry is None or (self.logins is not None and entry[1] >= self.logins):
                return None
            entry[1] += 1
            return str(entry[0])

    def still_opens(self, token: str, mailbox: str) -> bool:
        """Whether a server that looks at tokens during a session lets this one go on."""
        with self._lock:
            entry = self._good(token)
            return entry is not None and entry[0] in ("", mailbox) and mailbox not in self.revoked

    def _good(self, token: str) -> list[Any] | None:
        entry = self._tokens.get(token)
        if entry is None or entry[0] in self.revoked or (self.lifetime is not None and self.clock() > entry[2] + self.lifetime):
            return None
        return entry

    def issue(self, mailbox: str) -> str:
        """A new token for this mailbox."""
        with self._lock:
            token = f"token-{next(self._numbers)}"
            self._tokens[token] = [mailbox, 0, self.clock()]
            self.given[mailbox] += 1
            return token

    def _give(self, mailbox: str, **more: Any) -> Answer:
        return _json({"token_type": "Bearer", "access_token": self.issue(mailbox), "expires_in": self.expires_in, **more})

    def _introspect(self, request: Request) -> Answer:
        mailbox = self.opens(parse_qs(urlsplit(request.path).query).get("token", [""])[0])
        return _json({"active": mailbox is not None, "username": mailbox or ""})

    # -- Microsoft

    def _configuration(self, request: Request) -> Answer:
        base = f"{self.url}/{TENANT}"
        return _json(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            }
        )

    def _device(self, request: Request) -> Answer:
        page = "https://microsoft.example/device"
        return _json({"device_code": "device", "user_code": "ABC123", "verification_uri": page, "expires_in": 900, "interval": 1})

    def _microsoft(self, request: Request) -> Answer:
        form = _form(request)
        if self.down:
            return Answer(b"<html>down</html>", 503)
        if form.get("client_id") != CLIENT:
            return _refused("unauthorized_client", "AADSTS700016: Application with identifier 'x' was not found in the directory.")
        grant = form.get("grant_type")
        if grant == "client_credentials":
            if form.get("client_secret") != SECRET and not self._signed(form.get("client_assertion", "")):
                return _refused("invalid_client", "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1", 401)
            if form.get("scope") != "https://outlook.office365.com/.default":
                return _refused("invalid_scope", "AADSTS70011: The provided value for the input parameter 'scope' is not valid.")
            return self._give("")
        if grant == DEVICE_CODE:
            if not self.approved:
                return _refused("authorization_pending", "AADSTS70016: OAuth 2.0 device flow error. Authorization is pending.")
            return self._person()
        if grant == "refresh_token" and form.get("refresh_token") == "refresh" and self.mailbox not in self.revoked:
            return self._person()
        return _refused("invalid_grant", "AADSTS50173: The provided grant has expired due to it being revoked.")

    def _signed(self, assertion: str) -> bool:
        """Whether it is the app's own, signed with its certificate's key (RFC 7523)."""
        try:
            claims = jwt.decode(
                assertion, self.public_key, algorithms=["RS256", "PS256"], audience=f"{self.url}/{TENANT}/oauth2/v2.0/token"
            )
        except jwt.InvalidTokenError:
            return False
        return bool(claims["iss"] == claims["sub"] == CLIENT)

    def _person(self) -> Answer:
        client_info = base64.urlsafe_b64encode(json.dumps({"uid": "uid", "utid": "utid"}).encode()).rstrip(b"=").decode()
        claims = {
            "iss": f"{self.url}/{TENANT}/v2.0",
            "aud": CLIENT,
            "sub": "sub",
            "exp": 4102444800,
            "iat": 1,
            "preferred_username": self.mailbox,
        }
        id_token = jwt.encode(claims, "k" * 32, algorithm="HS256")
        scope = "https://outlook.office.com/IMAP.AccessAsUser.All openid profile offline_access"
        return self._give(self.mailbox, refresh_token="refresh", id_token=id_token, client_info=client_info, scope=scope)

    # -- Google

    def _google(self, request: Request) -> Answer:
        form = _form(request)
        if self.down:
            return Answer(b"<html>down</html>", 503)
        if form.get("grant_type") == JWT_BEARER:
            return self._delegated(form.get("assertion", ""))
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return _refused("invalid_client", "The OAuth client was not found.", 401)
        if form.get("grant_type") == "authorization_code":
            digest = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
            if form.get("code") != "code" or digest != self.challenge or form.get("redirect_uri") != "http://127.0.0.1":
                return _refused("invalid_grant", "Malformed auth code.")
            return self._give(self.mailbox, refresh_token="refresh")
        if form.get("refresh_token") != "refresh" or self.mailbox in self.revoked:
            return _refused("invalid_grant", "Token has been expired or revoked.")
        return self._give(self.mailbox)

    def _delegated(self, assertion: str) -> Answer:
        try:
            claims = jwt.decode(assertion, self.public_key, algorithms=["RS256"], audience="https://oauth2.googleapis.com/token")
        except jwt.InvalidTokenError:
            return _refused("invalid_grant", "Invalid JWT Signature.")
        if claims.get("scope") != "https://www.googleapis.com/auth/gmail.imap_admin":
            return _refused("unauthorized_client", "Client is unauthorized to retrieve access tokens using this method.", 401)
        mailbox = str(claims.get("sub", ""))
        if mailbox in self.revoked:
            return _refused("invalid_grant", "Account has been deleted")
        return self._give(mailbox)


def _form(request: Request) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(request.body.decode()).items()}


def _json(facts: dict[str, Any], status: int = 200) -> Answer:
    return Answer(json.dumps(facts).encode(), status, {"Content-Type": "application/json"})


def _refused(code: str, words: str, status: int = 400) -> Answer:
    return _json({"error": code, "error_description": words}, status)
