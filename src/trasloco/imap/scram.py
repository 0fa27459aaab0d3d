"""SCRAM (RFC 5802, RFC 7677): a login in which the password itself is never sent. No I/O.

``first`` is the initial response; ``answer`` takes each challenge and gives the next one. The server
has to prove that it knows the password too: until it did, ``trouble`` says what is missing, and the
login must not be believed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import stringprep
import unicodedata

from trasloco.sentence import sentence as _

MOST_ITERATIONS = 1_000_000
"""More would keep everything else waiting; servers ask for 4,096 to some hundred thousand."""

_NOT_ALLOWED = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


class Scram:
    """One login. hash_name: as of hashlib ("sha256"). authorization: the mailbox of a master login, "" = login's own.
    nonce: printable ASCII without a comma, of at least 18 random bytes; given by tests only."""

    def __init__(self, hash_name: str, login: str, password: str, authorization: str = "", nonce: str = "") -> None:
        self._hash = hash_name
        self._password = saslprep(password).encode("utf-8", "surrogateescape")
        self._nonce = nonce or secrets.token_urlsafe(24)
        self._header = f"n,{'a=' + _escaped(authorization) if authorization else ''},".encode("utf-8", "surrogateescape")
        self._bare = f"n={_escaped(saslprep(login))},r={self._nonce}".encode("utf-8", "surrogateescape")
        self._signature = b""
        self.trouble: str = _("the server did not prove that it knows the password")

    def __repr__(self) -> str:
        return f"Scram({self._hash})"

    def first(self) -> bytes:
        """client-first-message."""
        return self._header + self._bare

    def answer(self, challenge: bytes) -> bytes | None:
        """client-final-message, then b"" for the server's proof; None when the login must be given up (``trouble`` says why)."""
        if self._signature:
            return self._check(challenge)
        facts = _attributes(challenge)
        nonce, salt, count = facts.get("r", ""), _decoded(facts.get("s", "")), facts.get("i", "")
        if "m" in facts or not nonce.startswith(self._nonce) or nonce == self._nonce or not salt or not count.isdecimal():
            self.trouble = _("the server's challenge does not follow SCRAM")
            return None
        if not 1 <= int(count) <= MOST_ITERATIONS:
            self.trouble = _(
                "the server asks for %(count)s iterations, at most %(most)s are calculated", count=str(count), most=str(MOST_ITERATIONS)
            )
            return None
        return self._prove(challenge, nonce, salt, int(count))

    def _prove(self, challenge: bytes, nonce: str, salt: bytes, iterations: int) -> bytes:
        """RFC 5802 section 3."""
        salted = hashlib.pbkdf2_hmac(self._hash, self._password, salt, iterations)
        client_key = hmac.digest(salted, b"Client Key", self._hash)
        without_proof = b"c=" + base64.b64encode(self._header) + b",r=" + nonce.encode("utf-8")
        message = b",".join((self._bare, challenge, without_proof))
        signature = hmac.digest(hashlib.new(self._hash, client_key).digest(), message, self._hash)
        self._signature = hmac.digest(hmac.digest(salted, b"Server Key", self._hash), message, self._hash)
        proof = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
        return without_proof + b",p=" + base64.b64encode(proof)

    def _check(self, challenge: bytes) -> bytes | None:
        facts = _attributes(challenge)
        if "e" in facts:
            return b""  # the tagged NO follows, with the words for people
        if not hmac.compare_digest(_decoded(facts.get("v", "")), self._signature):
            self.trouble = _("the server gave a wrong proof that it knows the password: it may not be the server it claims to be")
            return None
        self.trouble = ""
        return b""


def saslprep(text: str) -> str:
    """RFC 4013; a text that it forbids, or with characters it does not know, stays as it is: servers differ there."""
    mapped = "".join(" " if stringprep.in_table_c12(char) else char for char in text if not stringprep.in_table_b1(char))
    prepared = unicodedata.normalize("NFKC", mapped)
    if any(stringprep.in_table_a1(char) or any(table(char) for table in _NOT_ALLOWED) for char in prepared):
        return text
    return prepared


def _escaped(name: str) -> str:
    return name.replace("=", "=3D").replace(",", "=2C")


def _attributes(message: bytes) -> dict[str, str]:
    pairs = (part.partition("=") for part in message.decode("utf-8", "replace").split(","))
    return {name: value for name, _, value in pairs}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
