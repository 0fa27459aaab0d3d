"""The installation's key for proofs: Ed25519, a file of mode 0600 in the state directory, made at first use.

Whoever has the file can seal proofs in this installation's name, so it never leaves the machine; the
public half is in every proof, and its fingerprint is what a customer compares.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from trasloco.records.private_file import create_private
from trasloco.records.proof_format import fingerprint

FILE_NAME = "proof.key"


class ProofKeyProblem(Exception):
    """The key file or a public key cannot be used; the words are for the operator."""


class ProofKey:
    """Signs; ``ProofKey.open`` finds or makes it."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def __repr__(self) -> str:
        return f"ProofKey({self.fingerprint})"

    @classmethod
    def open(cls, path: Path) -> ProofKey:
        """The key in this file; a new one is made when there is no such file. Raises ``ProofKeyProblem``."""
        try:
            return cls._parse(path.read_bytes(), path)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise ProofKeyProblem(f"The key of the proofs {path} cannot be read: {error.strerror}.") from error
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            create_private(path, pem)
        except OSError as error:
            raise ProofKeyProblem(f"The key of the proofs {path} cannot be made: {error.strerror}.") from error
        return cls.open(path)  # what is in the file now: two processes may have come here at once

    @classmethod
    def _parse(cls, pem: bytes, path: Path) -> ProofKey:
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ProofKeyProblem(f"{path} is not a private key. Restore it from a backup, or move it away to have a new one.") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise ProofKeyProblem(f"{path} holds a key of another kind than Ed25519. Restore it from a backup, or move it away.")
        return cls(key)

    @property
    def public(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self._key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    @property
    def public_pem(self) -> str:
        """The public key as a PEM file (SubjectPublicKeyInfo), for other programs."""
        pem = self._key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return pem.decode("ascii")

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public)

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(message)


def signature_holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Is this the signature of the key's owner over these bytes? Malformed keys and signatures are not."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_public_key(pem: bytes) -> bytes:
    """The raw public key of a PEM file. Raises ``ProofKeyProblem``."""
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ProofKeyProblem("it is not a public key in PEM form, as trasloco proof --key prints it") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ProofKeyProblem("it is a public key of another kind than Ed25519")
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
