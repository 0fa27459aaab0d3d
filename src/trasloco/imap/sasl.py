"""Ways to log in (RFC 9051 6.2.2, 6.2.3) and the choice between them. No I/O.

``Credentials`` say who; ``methods`` gives the ways the server's capabilities allow, best first; a
method's ``initial`` and ``answer`` are its half of the dialogue. A refused login is never tried a
second time with another method: three wrong passwords lock accounts. Only a server that says it
does not know the *mechanism* is asked with the next one (``unsupported``).

The order: inside TLS PLAIN first, as it works with whatever a server stores of a password; without
TLS SCRAM first, where it is offered, so that the password is not read on the way. CRAM-MD5 comes
last: many servers offer it without storing what it needs.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from trasloco.imap.errors import LoginImpossible
from trasloco.imap.scram import Scram
from trasloco.imap.status_text import readable
from trasloco.imap.values import Capabilities, Kind, StatusText
from trasloco.secret import Secret
from trasloco.sentence import sentence as _

_NOT_KNOWN = re.compile(
    r"(unsupported|not supported|unknown|unrecogni[sz]ed|invalid|disabled)\b.*\bmechanism|mechanism\b.*\b(not |un)", re.I
)


# A BAD that is about who signs in, or when, and not about how: old servers and Exchange answer a wrong password so.
_ABOUT_WHO = re.compile(
    r"authenticat|credential|password|passwd|\buser|account|login (failed|failure|incorrect|denied|error|invalid)|denied|not allowed"
    r"|throttl|backoff|too many|try again|temporar|unavailable|connected",
    re.I,
)


class Acting(enum.Enum):
    """How the mailbox of somebody else is asked for."""

    AUTHZID = "authzid"  # the authorization identity of SASL (RFC 4616, RFC 5802)
    PROXYAUTH = "proxyauth"  # LOGIN, then PROXYAUTH user (Netscape, iPlanet, Sun, Oracle)
    MASTERAUTH = "x-masterauth"  # X-MASTERAUTH with the master password alone, then X-SETUSER user (Kerio)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who logs in.

    login, secret: the name and password (or OAuth token) given to the server.
    authorization: the mailbox opened, when ``login`` is a master user's; "" = login's own. acting: how that is asked for.
    oauth: ``secret`` is a bearer token.
    charset: of name and password on the wire; UTF-8 by the book, Latin-1 for servers older than that.
    """

    login: str
    secret: Secret
    authorization: str = ""
    acting: Acting = Acting.AUTHZID
    oauth: bool = False
    charset: str = "utf-8"

    def in_latin_1(self) -> Credentials | None:
        """The same for a server that compares Latin-1 bytes; None when that makes no difference or cannot be."""
        text = self.login + self.secret.reveal() + self.authorization
        if text.isascii() or self.oauth or self.charset != "utf-8" or any(character > "\xff" for character in text):
            return None
        return replace(self, charset="latin-1")

    @property
    def display(self) -> str:
        """``user@x``, or ``user@x (by master)``."""
        return f"{self.authorization} (by {self.login})" if self.authorization else self.login


@dataclass(frozen=True, slots=True)
class Method:
    """One way to log in.

    mechanism: name for AUTHENTICATE; "" is the LOGIN command.
    initial: the initial response, sent at once with SASL-IR, else after the first ``+``;
    None for mechanisms in which the server speaks first.
    answer: from a challenge (decoded) to the response; None gives the login up.
    trouble: after the server's OK, why it is not to be believed; "" = it is.
    """

    mechanism: str
    initial: Callable[[], bytes] | None
    answer: Callable[[bytes], bytes | None]
    trouble: Callable[[], str] = lambda: ""

    @property
    def name(self) -> str:
        return self.mechanism or "LOGIN"


def methods(credentials: Credentials, capabilities: Capabilities, host: str = "", port: int = 0, *, encrypted: bool = True) -> list[Method]:
    """The ways this server offers for these credentials, best first. Raises LoginImpossible."""
    if credentials.oauth:
        found = _oauth(credentials, capabilities, host, port)
        if not found:
            raise LoginImpossible(_("the server offers no login by OAuth token (neither OAUTHBEARER nor XOAUTH2)"))
        return found
    plain = [Method("PLAIN", lambda: _plain(credentials), lambda _: b"")]
    if "AUTH=PLAIN" not in capabilities or "\0" in credentials.secret.reveal():
        plain = []
    scram = _scram(credentials, capabilities)
    if credentials.authorization and credentials.acting is Acting.AUTHZID:
        found = plain + scram if encrypted else scram + plain
        if not found:
            raise LoginImpossible(_("the server does not offer SASL PLAIN, which a master login with an authorization identity needs"))
        return found
    found = list(plain)
    if "LOGINDISABLED" not in capabilities:
        found.append(Method("", None, lambda _: b""))
    if "AUTH=LOGIN" in capabilities:
        found.append(_login(credentials))
    found = found + scram if encrypted else scram + found
    if "AUTH=CRAM-MD5" in capabilities:
        found.append(Method("CRAM-MD5", None, lambda challenge: _cram_md5(credentials, challenge)))
    if not found:
        raise LoginImpossible(_("the server allows no login by password on this connection (LOGINDISABLED); it may ask for TLS first"))
    return found


def unsupported(status: StatusText) -> bool:
    """Whether a refusal is about the mechanism and not about the name or password."""
    if status.code == "CANNOT" or (status.code == "" and _NOT_KNOWN.search(status.words) is not None):
        return True
    return status.kind is Kind.BAD and status.code == "" and _ABOUT_WHO.search(status.words) is None


def login_bytes(credentials: Credentials) -> tuple[bytes, bytes]:
    """Name and password for the LOGIN command: UTF-8, any byte."""
    return _text(credentials, credentials.login), _text(credentials, credentials.secret.reveal())


def secret_forms(credentials: Credentials) -> tuple[str, ...]:
    """How the secret may look in words a server says back: plain, quoted, and as base64."""
    plain = _text(credentials, credentials.secret.reveal())
    if len(plain) < 3:
        return ()  # would tear words apart, and tell more than it hides
    quoted = plain.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    coded = [base64.b64encode(text) for text in (_plain(credentials), plain)]
    forms = dict.fromkeys(readable(form) for form in (plain, quoted, *coded))
    return tuple(sorted(filter(None, forms), key=len, reverse=True))


def encode_response(response: bytes) -> bytes:
    """A client response on its own line: base64, nothing for an empty one."""
    return base64.b64encode(response)


def decode_challenge(text: bytes) -> bytes:
    """What follows ``+``: base64, or b"" when a server puts words there."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _text(credentials: Credentials, value: str) -> bytes:
    return value.encode(credentials.charset, "surrogateescape")


def _plain(credentials: Credentials) -> bytes:
    """RFC 4616: authorization NUL authentication NUL password."""
    texts = (credentials.authorization, credentials.login, credentials.secret.reveal())
    return b"\0".join(_text(credentials, text) for text in texts)


def _login(credentials: Credentials) -> Method:
    """The old LOGIN mechanism: two prompts, whatever they say."""
    texts = [*login_bytes(credentials)]
    return Method("LOGIN", None, lambda _: texts.pop(0) if texts else b"")


def _cram_md5(credentials: Credentials, challenge: bytes) -> bytes:
    """RFC 2195."""
    digest = hmac.new(_text(credentials, credentials.secret.reveal()), challenge, "md5").hexdigest()
    return _text(credentials, credentials.login) + b" " + digest.encode("ascii")


def master_response(credentials: Credentials, challenge: bytes) -> bytes:
    """What answers Kerio's X-MASTERAUTH: MD5 in hex over challenge and master password, as they stand."""
    return hashlib.md5(challenge + _text(credentials, credentials.secret.reveal()), usedforsecurity=False).hexdigest().encode("ascii")


def _scram(credentials: Credentials, capabilities: Capabilities) -> list[Method]:
    """The stronger hash first. Names and passwords are Unicode here: nothing for those who try Latin-1."""
    if credentials.charset != "utf-8":
        return []
    offered = [item for item in (("SCRAM-SHA-256", "sha256"), ("SCRAM-SHA-1", "sha1")) if f"AUTH={item[0]}" in capabilities]
    authorization = credentials.authorization if credentials.acting is Acting.AUTHZID else ""
    logins = [(name, Scram(hash_name, credentials.login, credentials.secret.reveal(), authorization)) for name, hash_name in offered]
    return [Method(name, login.first, login.answer, partial(getattr, login, "trouble")) for name, login in logins]


def _oauth(credentials: Credentials, capabilities: Capabilities, host: str, port: int) -> list[Method]:
    token, user = _text(credentials, credentials.secret.reveal()), _text(credentials, credentials.authorization or credentials.login)
    found = []
    if "AUTH=OAUTHBEARER" in capabilities:
        escaped = user.replace(b"=", b"=3D").replace(b",", b"=2C")
        # RFC 7628 3.1; a failed login is told as JSON, to be answered with ^A before the tagged NO.
        bearer = b"n,a=%s,\x01host=%s\x01port=%d\x01auth=Bearer %s\x01\x01" % (escaped, host.encode("idna"), port, token)
        found.append(Method("OAUTHBEARER", lambda: bearer, lambda _: b"\x01"))
    if "AUTH=XOAUTH2" in capabilities:
        bearer2 = b"user=%s\x01auth=Bearer %s\x01\x01" % (user, token)
        found.append(Method("XOAUTH2", lambda: bearer2, lambda _: b""))
    return found


class Dialogue:
    """One AUTHENTICATE in progress: what to send for each ``+``.

    ``words`` keeps what the server said in a challenge that was not a question: the JSON of a failed
    OAuth login. ``given_up``: we broke the login off (``*``, RFC 9051 6.2.2); whatever the server says then, it failed.
    """

    def __init__(self, method: Method, *, initial_sent: bool) -> None:
        self._method = method
        self._initial_due = method.initial is not None and not initial_sent
        self.words = ""
        self.given_up = False

    def __repr__(self) -> str:
        return f"Dialogue({self._method.name})"

    def answer(self, text: bytes) -> bytes:
        """The line for a ``+ text``."""
        challenge = decode_challenge(text)
        if self._initial_due and self._method.initial is not None:
            self._initial_due = False
            return encode_response(self._method.initial())
        if challenge.startswith(b"{"):
            self.words = readable(challenge)
        response = self._method.answer(challenge)
        if response is None:
            self.given_up = True
            return b"*"
        return encode_response(response)

    @property
    def trouble(self) -> str:
        """Why a server's OK is not to be believed, "" when it is."""
        return self._method.trouble()
