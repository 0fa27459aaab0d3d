"""The keys that protect stored passwords: a file outside the database.

One line for each key: an id, a blank, 32 bytes in base64; ``#`` begins a comment. The last key is
used for new migrations, the others open older ones, so keys can be changed without a break (``key_rotation``): a process
that meets a key it has not read yet reads the file again.
The file is made with one key, mode 0600, when it is first needed.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trasloco.records.private_file import create_private
from trasloco.sentence import sentence as _

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
        text = "# Master keys of Trasloco. Keep a copy in a safe place: without it stored passwords cannot be read.\n" + _new_line()
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
        return frozenset(self._keys)

    def with_new_key(self) -> KeyRing:
        """A ring whose newest key has just been made and added to the file. Raises ``KeyProblem``."""
        text = self._path.read_text("ascii")
        self._write(text + ("" if text.endswith("\n") else "\n") + _new_line())
        return KeyRing.open(self._path)

    def without(self, ids: Collection[str]) -> KeyRing:
        """A ring without these keys, which are taken out of the file; the newest one stays. Raises ``KeyProblem``."""
        gone = set(ids) - {self.newest}
        lines = self._path.read_text("ascii").splitlines(keepends=True)
        self._write("".join(line for line in lines if not gone & set(line.partition("#")[0].split()[:1])))
        return KeyRing.open(self._path)

    def _write(self, text: str) -> None:
        """The file is the old one or the new one, whenever the power goes."""
        path = self._path.resolve()
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            create_private(unfinished, text.encode("ascii"))
            unfinished.replace(path)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise KeyProblem(f"The file of master keys {self._path} cannot be changed: {error.strerror}.") from error

    def wrap(self, data_key: bytes, identity: str) -> bytes:
        """Encrypt a data key with the newest key."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._keys[self.newest]).encrypt(nonce, data_key, identity.encode())

    def unwrap(self, key_id: str, wrapped: bytes, identity: str) -> bytes:
        """The data key again. Raises ``KeyProblem`` when the key is not here or does not fit."""
        key = self._keys.get(key_id)
        if key is None:  # changed since this process read it, perhaps
            self._keys = KeyRing.open(self._path)._keys
            key = self._keys.get(key_id)
        if key is None:
            raise KeyProblem(
                _(
                    "The passwords of this migration are protected by master key %(key)s, which is not in %(path)s. "
                    "Restore that file from a backup, or give the CSV again.",
                    key=key_id,
                    path=str(self._path),
                )
            )
        try:
            return AESGCM(key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], identity.encode())
        except InvalidTag as error:
            raise KeyProblem(
                _(
                    "Master key %(key)s in %(path)s is not the one that protects this migration's passwords. "
                    "Restore that file from a backup, or give the CSV again.",
                    key=key_id,
                    path=str(self._path),
                )
            ) from error


def _new_line() -> str:
    return f"{secrets.token_hex(4)} {base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n"


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
