"""Passwords at rest: AES-256-GCM with one data key for each migration.

The row's identity is the associated data, so a ciphertext copied to another row does not open. The
data key is wrapped by the key ring, which lives outside the database: deleting the wrapped key wipes
all passwords of a migration, wherever their ciphertexts still stand. A wrapped key that was kept elsewhere (an older dump, a dead
row) opens with the master key of then, until that one is given up (``key_rotation``).
"""

from __future__ import annotations

import os
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trasloco.records.key_ring import KEY_BYTES, NONCE_BYTES, KeyProblem, KeyRing
from trasloco.secret import Secret
from trasloco.sentence import sentence as _


class Vault:
    """Locks and opens the secrets of one migration, named by its code."""

    def __init__(self, code: str, data_key: bytes) -> None:
        self._code = code
        self._cipher = AESGCM(data_key)

    @classmethod
    def create(cls, code: str, ring: KeyRing) -> tuple[Vault, bytes, str]:
        """A new vault, its wrapped data key and the id of the wrapping key, both to be stored."""
        data_key = secrets.token_bytes(KEY_BYTES)
        return cls(code, data_key), ring.wrap(data_key, code), ring.newest

    @classmethod
    def open(cls, code: str, wrapped_key: bytes | memoryview | None, key_id: str, ring: KeyRing) -> Vault:
        """The vault of a stored migration. Raises ``KeyProblem``."""
        if wrapped_key is None:
            raise KeyProblem(_("The passwords of migration %(migration)s have been wiped. Give the CSV again to go on.", migration=code))
        return cls(code, ring.unwrap(key_id, bytes(wrapped_key), code))

    def lock(self, secret: Secret, row: str) -> bytes:
        """The ciphertext for ``row``, a text that names the row and the field for ever."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.reveal().encode("utf-8", "surrogatepass"), self._bound(row))

    def reveal(self, ciphertext: bytes | memoryview | None, row: str) -> Secret:
        """The secret again. Raises ``KeyProblem`` when there is none or it belongs to another row."""
        if ciphertext is None:
            raise KeyProblem(_("There is no password stored for %(name)s. Give the CSV again.", name=row))
        stored = bytes(ciphertext)
        try:
            plain = self._cipher.decrypt(stored[:NONCE_BYTES], stored[NONCE_BYTES:], self._bound(row))
        except InvalidTag as error:
            raise KeyProblem(
                _("The stored password of %(name)s does not open with this migration's key. Give the CSV again.", name=row)
            ) from error
        return Secret(plain.decode("utf-8", "surrogatepass"))

    def _bound(self, row: str) -> bytes:
        return f"{self._code}\0{row}".encode("utf-8", "surrogatepass")
