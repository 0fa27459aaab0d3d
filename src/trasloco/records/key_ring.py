"""The keys that protect stored passwords: a file outside the database.

One line for each key: an id, a blank, 32 bytes in base64; ``#`` begins a comment. The last key is
used for new migrations, the others open older ones, so keys can be changed without a break.
The file is made with one key, mode 0600, when it is first needed.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trasloco.records.private_file import create_private

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyProblem(Exception):
    """A key or ciphertext that does not fit; the words are for the operator and hold no secret."""


class KeyRing:
    """Wraps and unwraps data keys with AES-256-GCM; ``identity`` is bound in as associated data."""

    def __init__(self, path: Path, keys: Mapping[str, bytes]) -> None:
        self._path = path
        self._keys = dict(keys)

    def __repr__(self) -> str:
        return f"KeyRing({self._path}, {len(self._keys)} keys)"

    @classmethod
    def open(cls, path: Path) -> KeyRing:
        """Read the file, or make it if there is none. Raises ``KeyProblem``."""
        try:
            return cls(path, _parse(path.read_text("ascii"), path))
        except FileNotFoundError:
            pass
        except UnicodeDecodeError as error:
            raise KeyProblem(f"{path} is not a file of master keys. Restore it from a backup.") from error
        except OSError as error:
            raise KeyProblem(f"The file of master keys {path} cannot be read: {error.strerror}.") from error
        line = f"{secrets.token_hex(4)} {base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n"
        text = "# Master keys of Trasloco. Keep a copy in a safe place: without it stored passwords cannot be read.\n" + line
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            create_private(path, text.encode())
        except OSError as error:
            raise KeyProblem(f"The file of master keys {path} cannot be made: {error.strerror}.") from error
        return cls.open(path)  # what is in the file now: two processes may have come here at once

    @property
    def newest(self) -> str:
        """The id of the key for new migrations."""
        return next(reversed(self._keys))

    @property
    def ids(self) -> frozenset[str]:
        """Of all keys."""
        return frozenset(self._keys)

    def wrap(self, data_key: bytes, identity: str) -> bytes:
        """Encrypt a data key with the newest key."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._keys[self.newest]).encrypt(nonce, data_key, identity.encode())

    def unwrap(self, key_id: str, wrapped: bytes, identity: str) -> bytes:
        """The data key again. Raises ``KeyProblem`` when the key is not here or does not fit."""
        key = self._keys.get(key_id)
        if key is None:
            raise KeyProblem(
                f"The passwords of this migration are protected by master key {key_id}, which is not in {self._path}. "
                "Restore that file from a backup, or give the CSV again."
            )
        try:
            return AESGCM(key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], identity.encode())
        except InvalidTag as error:
            raise KeyProblem(
                f"Master key {key_id} in {self._path} is not the one that protects this migration's passwords. "
                "Restore that file from a backup, or give the CSV again."
            ) from error


def _parse(text: str, path: Path) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            name, encoded = words
            key = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            key = b""
        if len(key) != KEY_BYTES:
            raise KeyProblem(f"Line {number} of {path} is not a master key (id, blank, 32 bytes in base64). Restore it from a backup.")
        keys[name] = key
    if not keys:
        raise KeyProblem(f"There is no key in {path}. Restore it from a backup; a new one is only made when the file is absent.")
    return keys
