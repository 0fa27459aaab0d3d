"""The keys of an installation in one file that a passphrase opens: what a backup may carry of them.

Scrypt (RFC 7914) makes the key of the passphrase, Fernet (AES-128-CBC with HMAC-SHA256) encrypts and authenticates.
The file is JSON: ``{"format": 1, "salt": base64, "n", "r", "p", "sealed": token}``.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from trasloco.secret import Secret

_COST = {"n": 2**16, "r": 8, "p": 1}  # 64 MiB and a fifth of a second for each guess
_MOST_COST = 2**20


class WrongPassphrase(Exception):
    """The passphrase does not open this file, or the file was changed."""


def seal_keys(files: Mapping[str, str], passphrase: Secret) -> bytes:
    """files: name to text."""
    salt = os.urandom(16)
    sealed = _cipher(passphrase, salt, **_COST).encrypt(json.dumps(dict(files)).encode())
    return json.dumps({"format": 1, "salt": base64.b64encode(salt).decode(), **_COST, "sealed": sealed.decode()}, indent=2).encode()


def open_keys(data: bytes, passphrase: Secret) -> dict[str, str]:
    """The files again. Raises ``WrongPassphrase``."""
    try:
        found = json.loads(data)
        cost = {name: int(found[name]) for name in _COST}
        if found["format"] != 1 or cost["n"] * cost["r"] * cost["p"] > _MOST_COST * 8:
            raise WrongPassphrase
        cipher = _cipher(passphrase, base64.b64decode(found["salt"], validate=True), **cost)
        return {str(name): str(text) for name, text in json.loads(cipher.decrypt(found["sealed"])).items()}
    except (ValueError, KeyError, TypeError, AttributeError, InvalidToken) as error:
        raise WrongPassphrase from error


def _cipher(passphrase: Secret, salt: bytes, n: int, r: int, p: int) -> Fernet:
    derived = Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase.reveal().encode())
    return Fernet(base64.urlsafe_b64encode(derived))
