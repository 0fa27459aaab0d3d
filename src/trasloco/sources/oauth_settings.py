"""What the operator writes into the file of ``--source-oauth``: which provider, and the credentials of the app there.

TOML or JSON, flat. Every kind has its keys; anything else in the file is a mistake that is named. The values are
secrets, so no text of an error repeats one. ``docs/oauth.md`` says where each of them is found.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trasloco.secret import Secret
from trasloco.sentence import sentence as _

MICROSOFT_APP, MICROSOFT_DEVICE = "microsoft-app", "microsoft-device"
GOOGLE_SERVICE_ACCOUNT, GOOGLE_CONSENT = "google-service-account", "google-consent"

_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    MICROSOFT_APP: (("tenant", "client_id"), ("client_secret", "certificate_file", "thumbprint", "authority")),
    MICROSOFT_DEVICE: (("client_id",), ("tenant", "authority")),
    GOOGLE_SERVICE_ACCOUNT: (("key_file",), ()),
    GOOGLE_CONSENT: (("client_id", "client_secret"), ("auth_uri", "token_uri")),
}
"""By kind: the keys that must be there, and those that may."""

_FILES = {"key_file": "key", "certificate_file": "certificate"}
"""Keys that name a file; its text is kept under the other name, so that the credentials are one value."""


_HTTPS = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")


class OauthError(ValueError):
    """The credentials cannot be used; str() says why and what to write, and never repeats a value."""


@dataclass(frozen=True, slots=True)
class OauthSettings:
    """kind: of provider and flow. values: by key. consents: what people allowed by signing in, by mailbox (lower case);
    what each is, is the kind's own matter."""

    kind: str
    values: Mapping[str, Secret]
    consents: Mapping[str, Secret] = field(default_factory=dict)

    def value(self, key: str, default: str = "") -> str:
        """The plain value of a key; call it only where it goes to the provider."""
        return self.values[key].reveal() if key in self.values else default

    @property
    def by_consent(self) -> bool:
        """Whether each mailbox's owner has to sign in once."""
        return self.kind in (MICROSOFT_DEVICE, GOOGLE_CONSENT)

    def as_secret(self) -> Secret:
        """All of it as one text, to be encrypted and stored."""
        plain = {
            "kind": self.kind,
            "values": {key: value.reveal() for key, value in self.values.items()},
            "consents": {key: value.reveal() for key, value in self.consents.items()},
        }
        return Secret(json.dumps(plain))

    @classmethod
    def of_secret(cls, secret: Secret) -> OauthSettings:
        """The inverse of ``as_secret``."""
        plain: dict[str, Any] = json.loads(secret.reveal())
        values, consents = ({key: Secret(text) for key, text in plain[name].items()} for name in ("values", "consents"))
        return cls(plain["kind"], values, consents)


def parse_oauth(text: str, read_file: Any) -> OauthSettings:
    """Settings from the text of the file. read_file: gives the text of a file named in it, relative to it; raises OSError.

    Raises OauthError."""
    facts = _facts(text)
    kind = facts.pop("kind", "")
    if not isinstance(kind, str) or kind not in _KEYS:
        raise OauthError(_('kind is missing or not known. Write kind = "..." with one of: %(kinds)s', kinds=", ".join(_KEYS)))
    needed, optional = _KEYS[kind]
    for key, value in facts.items():
        if key not in (*needed, *optional):
            keys = ", ".join((*needed, *optional))
            raise OauthError(_("the key %(key)s has no meaning for %(kind)s; there are %(keys)s", key=key, kind=kind, keys=keys))
        if not isinstance(value, str) or not value.strip():
            raise OauthError(_("%(key)s must be a text, and not empty", key=key))
    for key in needed:
        if key not in facts:
            raise OauthError(_("%(key)s is missing; %(kind)s needs %(keys)s", key=key, kind=kind, keys=", ".join(needed)))
    values = {key: str(value).strip() for key, value in facts.items()}
    for key, name in _FILES.items():
        if key in values:
            values[name] = _content(key, values.pop(key), read_file)
    _check(kind, values)
    return OauthSettings(kind, {key: Secret(value) for key, value in values.items()})


def is_https(text: str) -> bool:
    """Is it an https URL that everybody reads alike? Libraries do not agree whose host ``https://a\\@b/`` names."""
    return _HTTPS.fullmatch(text) is not None


def _facts(text: str) -> dict[str, Any]:
    try:
        facts = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        words = _('it is neither TOML nor JSON. Write lines such as kind = "microsoft-app"')
        if isinstance(error, json.JSONDecodeError):
            words = _('it is neither TOML nor JSON (line %(line)s). Write lines such as kind = "microsoft-app"', line=str(error.lineno))
        raise OauthError(words) from None
    return dict(facts)


def _content(key: str, name: str, read_file: Any) -> str:
    try:
        return str(read_file(name))
    except (OSError, UnicodeDecodeError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise OauthError(_("the file of %(key)s cannot be read: it is no text", key=key)) from None
        raise OauthError(
            _("the file of %(key)s cannot be read: %(reason)s", key=key, reason=error.strerror or type(error).__name__)
        ) from None


def _check(kind: str, values: Mapping[str, str]) -> None:
    if kind == MICROSOFT_APP and ("client_secret" in values) == ("certificate" in values):
        raise OauthError(_("give either client_secret or certificate_file (with thumbprint)"))
    if ("certificate" in values) != ("thumbprint" in values):
        raise OauthError(_("certificate_file and thumbprint come together"))
    for key in ("authority", "auth_uri", "token_uri"):
        if key in values and not is_https(values[key]):
            raise OauthError(_("%(key)s must be an https URL", key=key))
    if kind == GOOGLE_SERVICE_ACCOUNT:
        try:
            key = json.loads(values["key"])
            well = key["type"] == "service_account" and all(key.get(name) for name in ("client_email", "private_key", "token_uri"))
            well = well and is_https(key["token_uri"])
        except (ValueError, KeyError, TypeError, AttributeError):
            well = False
        if not well:
            raise OauthError(_("the file of key_file is not the JSON key of a service account, as the Google Cloud console gives it"))
